/**
 * A server of HTTP on 127.0.0.1 that keeps what it was asked for.
 *
 * @module
 */

/** The base of the registries. */
export abstract class LoopbackServer implements AsyncDisposable {
  /** The paths that were asked for since the last look. */
  readonly #asked: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Whether it refuses every request: a registry that is out of order. */
  down = false;
  /** Milliseconds that each answer takes. */
  delay = 0;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, async ({ url }) => {
      if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
      const path = decodeURIComponent(new URL(url).pathname);
      this.#asked.push(path);
      const response = this.down ? null : this.respond(path);
      return response ?? new Response("nothing here", { status: 404 });
    });
  }

  /** With "/" at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** What was asked for since the last call, in order. */
  takeAsked(): string[] {
    return this.#asked.splice(0);
  }

  /** The answer to a request, or `null` where there is none. */
  protected abstract respond(path: string): Response | null;

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** An address on loopback where nobody listens. */
export function nobodysUrl(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}/`;
}
