/**
 * The page's server: on this machine's loopback alone, for one browser.
 *
 * @module
 */

import { tcpClientUser } from "../../../lib/system/tcp_client.ts";
import { Access, type Refusal } from "./access.ts";
import { ASSETS } from "./assets.ts";
import { eventStream } from "./events.ts";
import type { InspectSource } from "../watching/snapshot.ts";
import { noLongerThan } from "../../../lib/system/waiting.ts";

/** Milliseconds that open answers get at the end. */
const GRACE = 1_000;
/** Bytes of what the page asks for. */
const BODY_MAX = 4_096;

/** On every answer. Nothing that the page shows can load, run or send anything. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** The page, served until it is closed or its button ends it. */
export class InspectServer implements AsyncDisposable {
  readonly #source: InspectSource;
  readonly #access: Access;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #ended = new AbortController();
  readonly #closed = Promise.withResolvers<void>();

  /**
   * @param port 0 for one that is free
   * @throws {Deno.errors.AddrInUse}
   */
  constructor(source: InspectSource, port: number) {
    this.#source = source;
    let access: Access | null = null;
    const answer = (request: Request, { remoteAddr }: Deno.ServeHandlerInfo<Deno.NetAddr>) =>
      this.#answer(request, remoteAddr.port, access!);
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen() {},
      onError: (error) => plain(500, `This failed: ${(error as Error).message}`),
    }, answer);
    access = this.#access = new Access(this.#server.addr.port);
  }

  /** The link to the page, which works once. */
  get link(): string {
    return this.#access.link;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Resolves once the page is served no more. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Tells open pages that this is the end, and ends. */
  async close(): Promise<void> {
    if (!this.#ended.signal.aborted) {
      this.#ended.abort();
      // A browser that keeps a connection open without reading is not waited for.
      await noLongerThan(GRACE, this.#server.shutdown());
      this.#closed.resolve();
    }
    await this.closed;
  }

  /** What `await using` calls: {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: Request, clientPort: number, access: Access): Promise<Response> {
    const refusal = access.refuses(request);
    if (refusal !== null) return refuse(refusal);
    if (access.isLink(request)) {
      const unusable = access.use(request, tcpClientUser(clientPort, this.port));
      if (unusable !== null) return refuse(unusable);
      const headers = { ...HEADERS, location: access.folder, "set-cookie": access.cookie };
      return new Response(null, { status: 303, headers });
    }
    const foreign = access.refusesSession(request);
    if (foreign !== null) return refuse(foreign);
    const name = new URL(request.url).pathname.slice(access.folder.length);
    if (request.method === "POST") return await this.#act(name, request);
    if (name === "events") {
      const headers = { ...HEADERS, "content-type": "text/event-stream" };
      return new Response(eventStream(this.#source, this.#ended.signal), { headers });
    }
    const asset = ASSETS.get(name);
    if (asset === undefined) return refuse({ status: 404, why: "There is nothing here." });
    return new Response(asset.text, { headers: { ...HEADERS, "content-type": asset.type } });
  }

  async #act(name: string, request: Request): Promise<Response> {
    // No form of a page can send this type, should a browser tell no origin.
    if (request.headers.get("content-type") !== "application/json") {
      return refuse({ status: 415, why: "What is asked for must be JSON." });
    }
    if (name === "end") {
      // The answer leaves first.
      setTimeout(() => void this.close(), 0);
      return answerJson({ ended: true });
    }
    if (name !== "cancel") return refuse({ status: 404, why: "There is nothing here." });
    const asked = await readTask(request);
    if (asked === null) {
      return refuse({ status: 400, why: "Give {app, pid, call}: a name and two numbers." });
    }
    try {
      const cancelled = await this.#source.cancel(asked.app, asked.pid, asked.call);
      return answerJson({ problem: cancelled ? null : "It had ended already." });
    } catch (error) {
      return answerJson({ problem: error instanceof Error ? error.message : String(error) });
    }
  }
}

async function readTask(
  request: Request,
): Promise<{ app: string; pid: number; call: number } | null> {
  if (Number(request.headers.get("content-length") ?? Infinity) > BODY_MAX) return null;
  try {
    const { app, pid, call } = await request.json();
    const numbers = Number.isSafeInteger(pid) && Number.isSafeInteger(call);
    if (typeof app === "string" && numbers) return { app, pid, call };
  } catch {
    // No JSON, or null: the answer says what to give.
  }
  return null;
}

function answerJson(value: unknown): Response {
  const headers = { ...HEADERS, "content-type": "application/json" };
  return new Response(JSON.stringify(value), { headers });
}

function refuse({ status, why }: Refusal): Response {
  return plain(status, why);
}

function plain(status: number, text: string): Response {
  const headers = { ...HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}
