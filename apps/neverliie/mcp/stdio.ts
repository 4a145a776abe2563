/**
 * The assistant's end: messages on standard input and output, one a line. What cannot be read is
 * answered as JSON-RPC and MCP say, told on standard error, and does not end the server.
 *
 * @see https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#stdio
 * @module
 */

import { joinedBytes } from "../../joined_bytes.ts";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  InitializeRequestSchema,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  ListToolsRequestSchema,
  PingRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import process from "node:process";
import { InexactNumberError, parseExactly } from "../../../lib/config/exact_numbers.ts";
import { tell } from "../../output.ts";

/** Longest message, in bytes. */
const MESSAGE_MAX = 10 << 20;
const LF = 10;
const CR = 13;

/** The requests that are served, as their params are to be. */
const REQUESTS = {
  initialize: InitializeRequestSchema,
  ping: PingRequestSchema,
  "tools/list": ListToolsRequestSchema,
  "tools/call": CallToolRequestSchema,
} as const;

/** What is wrong with a message. */
interface Fault {
  code: number;
  why: string;
  /** Of the request that is refused; `null` where that is not known. */
  id: string | number | null;
  /** Whether it is answered: notifications and responses are not. */
  answered: boolean;
}

/** Standard input and output, as the SDK takes them. */
export class StdioTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;
  /** Why nothing could be written any more; `null` where it could, or its reader has left. */
  unwritten: Error | null = null;
  #parts: Uint8Array[] = [];
  #length = 0;

  start(): Promise<void> {
    process.stdin.on("data", this.#onData);
    process.stdin.on("end", this.#onEnd);
    process.stdin.on("error", this.#onFailure);
    process.stdout.on("error", this.#onUnwritten);
    return Promise.resolve();
  }

  close(): Promise<void> {
    process.stdin.off("data", this.#onData);
    process.stdin.off("end", this.#onEnd);
    process.stdin.off("error", this.#onFailure);
    // With a read left behind the process would go on until the input ends.
    process.stdin.pause();
    this.onclose?.();
    return Promise.resolve();
  }

  send(message: JSONRPCMessage | { id: null }): Promise<void> {
    return new Promise((resolve) => {
      try {
        // (A pipe tells later what is wrong with it, a file at once.)
        if (process.stdout.write(`${JSON.stringify(message)}\n`)) resolve();
        else process.stdout.once("drain", resolve);
      } catch (error) {
        this.#onUnwritten(error as Error);
        resolve();
      }
    });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    let at = 0;
    for (let end; (end = chunk.indexOf(LF, at)) >= 0; at = end + 1) {
      this.#hold(chunk.subarray(at, end));
      this.#takeLine();
    }
    this.#hold(chunk.subarray(at));
  };

  readonly #onEnd = (): void => {
    // (The last line may have no end.)
    this.#takeLine();
    void this.close();
  };

  readonly #onFailure = (error: Error): void => {
    this.onerror?.(error);
    void this.close();
  };

  /** A reader that leaves is the assistant's end as good as that of the input, and no failure. */
  readonly #onUnwritten = (error: Error & { code?: string }): void => {
    if (error.code !== "EPIPE" && !(error instanceof Deno.errors.BrokenPipe)) {
      this.unwritten ??= new Error(`Cannot write to standard output: ${error.message}`);
    }
    void this.close();
  };

  /** Of a line that is too long, nothing is kept but how long it is. */
  #hold(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > MESSAGE_MAX) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #takeLine(): void {
    const length = this.#length;
    const line = joinedBytes(this.#parts);
    this.#parts = [];
    this.#length = 0;
    if (length > MESSAGE_MAX) {
      const why = `a message of ${length} bytes is over ${MESSAGE_MAX >> 20} MiB`;
      return this.#refuse(fault(ErrorCode.InvalidRequest, why));
    }
    const read = readMessage(line.at(-1) === CR ? line.subarray(0, -1) : line);
    if (read === null) return;
    if ("fault" in read) this.#refuse(read.fault);
    else this.onmessage?.(read.message);
  }

  #refuse({ code, why, id, answered }: Fault): void {
    tell(`neverliie: Cannot take a message of the assistant: ${why}`);
    if (answered) void this.send({ jsonrpc: "2.0", id: id!, error: { code, message: why } });
  }
}

function fault(code: number, why: string, id: string | number | null = null): Fault {
  return { code, why, id, answered: true };
}

/** The message on a line; `null` for a blank one. */
function readMessage(line: Uint8Array): { message: JSONRPCMessage } | { fault: Fault } | null {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(line);
    if (text.trim() === "") return null;
    value = JSON.parse(text);
  } catch (error) {
    const why = `it is no JSON in UTF-8: ${(error as Error).message}`;
    return { fault: fault(ErrorCode.ParseError, why) };
  }
  const found = faultOf(value) ?? numberFault(text, value as JSONRPCMessage);
  return found === null ? { message: value as JSONRPCMessage } : { fault: found };
}

/** Why a value is no message, or none that can be served. */
function faultOf(value: unknown): Fault | null {
  const invalid = (why: string) => fault(ErrorCode.InvalidRequest, why);
  if (Array.isArray(value)) return invalid("batches are not supported: send one by one");
  const message = asObject(value);
  if (message === null) return invalid("a message must be an object");
  const { id, method, params } = message;
  const known = typeof id === "string" || Number.isSafeInteger(id);
  if (typeof method === "string" && known) {
    if (params !== undefined && asObject(params) === null) {
      return fault(ErrorCode.InvalidParams, '"params" must be an object', id as string | number);
    }
    const schema = Object.hasOwn(REQUESTS, method)
      ? REQUESTS[method as keyof typeof REQUESTS]
      : null;
    const checked = schema?.safeParse(value);
    if (checked?.success === false) {
      const why = checked.error.issues.map(issueText).join("; ");
      return fault(ErrorCode.InvalidParams, why, id as string | number);
    }
  }
  if (JSONRPCMessageSchema.safeParse(value).success) return null;
  const wrong = invalid(
    'it is no message of JSON-RPC 2.0: it needs "jsonrpc": "2.0" and a "method", or the "id" and ' +
      'the "result" or "error" of one, and nothing else; an "id" is a text or a whole number',
  );
  // A notification has no answer, and a response neither.
  const silent = method === undefined
    ? "result" in message || "error" in message
    : typeof method === "string" && id === undefined;
  return { ...wrong, id: known ? id as string | number : null, answered: !silent };
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : null;
}

/** Zod's words: `params.name: Invalid input: expected string, received undefined`. */
function issueText({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

/** Arguments that would reach their tool as other numbers than the assistant wrote. */
function numberFault(text: string, message: JSONRPCMessage): Fault | null {
  try {
    parseExactly(text);
    return null;
  } catch (error) {
    if (!(error instanceof InexactNumberError)) throw error;
    const id = "id" in message ? message.id ?? null : null;
    const answered = "method" in message && id !== null;
    return { ...fault(ErrorCode.InvalidParams, error.message, id), answered };
  }
}
