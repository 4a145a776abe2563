/**
 * One call while somebody watches.
 *
 * @module
 */

import { pack, type Packed } from "../wire/bytes.ts";
import { toWireError } from "../wire/errors.ts";
import type { IncomingRequest, RequestObserver } from "../session/answering/incoming_request.ts";
import {
  type CallBegan,
  type CallEnded,
  type CallProgress,
  type WatchEvent,
  withSize,
} from "./watch_event.ts";

/** Largest params that are told, in characters of JSON and bytes. */
const PARAMS_MAX = 16 << 10;
/** Names of params that are told, how long each may be, and how long a method's name. */
const NAMES_MAX = 50;
const NAME_MAX = 200;
/** Longest text of an error that is told. */
const MESSAGE_MAX = 1_000;

/** What a watcher asked for. */
interface Wants {
  withParams: boolean;
  withProgress: boolean;
}

/** Who is told what becomes of calls. */
interface Audience {
  advanced(call: WatchedCall): void;
  ended(call: WatchedCall, event: WatchEvent): void;
}

/** A request as those who watch are told of it. */
export class WatchedCall implements RequestObserver {
  readonly call: number;
  readonly #request: IncomingRequest;
  readonly #method: string;
  readonly #since: number;
  /** On `performance.now()`'s clock. */
  readonly #start: number;
  readonly #audience: Audience;
  #over = false;

  /** @param since when it began, in milliseconds since the epoch */
  constructor(call: number, request: IncomingRequest, since: number, audience: Audience) {
    this.call = call;
    this.#request = request;
    this.#method = cut(request.method, NAME_MAX);
    this.#since = since;
    this.#start = performance.now() - Math.max(0, Date.now() - since);
    this.#audience = audience;
    request.onAbort(() => this.ended("cancelled"));
  }

  /** How it is told that it began. */
  began({ withParams, withProgress }: Wants, running: boolean): CallBegan {
    const { params = {}, caller, stream } = this.#request;
    const names = Array.isArray(params)
      ? params.length
      : Object.keys(params).slice(0, NAMES_MAX).map((name) => cut(name, NAME_MAX));
    const event: CallBegan = {
      event: "began",
      at: this.#since,
      call: this.call,
      method: this.#method,
      names,
      from: caller.identity,
    };
    if (running) event.running = true;
    let size = this.#method.length;
    if (running && stream !== null) {
      event.items = stream.made;
      if (withProgress && stream.latest !== null) {
        event.value = JSON.parse(stream.latest);
        size += stream.latest.length;
      }
    }
    if (typeof names !== "number") { for (const name of names) size += name.length; }
    if (withParams) size += addParams(event, params);
    return withSize(event, size);
  }

  advanced(): void {
    this.#audience.advanced(this);
  }

  /** How far its stream is. */
  progress(): CallProgress {
    const { call } = this;
    const items = this.#request.stream?.made ?? 0;
    const event: CallProgress = {
      event: "progress",
      at: Date.now(),
      call,
      method: this.#method,
      items,
    };
    const latest = this.#request.stream?.latest ?? null;
    if (latest === null) return event;
    return withSize({ ...event, value: JSON.parse(latest) }, latest.length);
  }

  ended(outcome: CallEnded["outcome"], thrown?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const milliseconds = Math.round((performance.now() - this.#start) * 1_000) / 1_000;
    const { call } = this;
    const event: CallEnded = {
      event: "ended",
      at: Date.now(),
      call,
      method: this.#method,
      outcome,
      milliseconds,
    };
    const { stream } = this.#request;
    if (stream !== null) event.items = stream.made;
    if (outcome !== "failed") return this.#audience.ended(this, event);
    const { code, message } = toWireError(thrown);
    const error = { code, message: cut(message, MESSAGE_MAX) };
    this.#audience.ended(this, withSize({ ...event, error }, error.message.length));
  }
}

/** The params as they are now, since their handler may change them. @returns what they take */
function addParams(event: CallBegan, params: unknown): number {
  let packed: Packed;
  try {
    // Bytes are measured before anybody makes text of them.
    packed = pack(params, true);
  } catch {
    // A peer may have written what cannot be written again: 1e999, or very deep nesting.
    return 0;
  }
  const { text, parts } = packed;
  const size = parts.reduce((sum, { bytes }) => sum + bytes.length, text.length);
  if (size > PARAMS_MAX) {
    event.size = size;
    return 0;
  }
  event.params = JSON.parse(parts.length === 0 ? text : pack(params, false).text);
  return size;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
