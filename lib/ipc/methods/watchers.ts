/**
 * The calls of a process, told to those who watch it while it answers them, and ended where they
 * ask for it: `$/watch` and `$/cancelCall`. While nobody watches, it costs a look at one number a
 * call.
 *
 * @module
 */

import { ErrorCode, RemoteError } from "../wire/errors.ts";
import { asRecord } from "../base/record.ts";
import { argument } from "../wire/message.ts";
import type { IncomingRequest } from "../session/answering/incoming_request.ts";
import { WatchedCall } from "./watched_call.ts";
import { sizeOf, type WatchEvent } from "./watch_event.ts";

export type { CallBegan, CallEnded, CallProgress, WatchEvent } from "./watch_event.ts";

/** Events that wait for one watcher… */
const QUEUE_MAX = 10_000;
/** …and bytes of them, about; more are dropped and counted. */
const QUEUE_BYTES = 4 << 20;
/** Milliseconds between two tellings of a stream's progress. */
const PROGRESS_INTERVAL = 200;

/** One who watches. */
class Watcher {
  readonly withParams: boolean;
  readonly withProgress: boolean;
  readonly #queue: WatchEvent[] = [];
  /** The next of the queue; those before it have been handed out. */
  #at = 0;
  #bytes = 0;
  #dropped = 0;
  #wake: (() => void) | null = null;
  #ended = false;

  constructor(request: IncomingRequest) {
    this.withParams = argument(request.params, "params") === true;
    this.withProgress = asRecord(request.params)?.["progress"] === true;
    request.onAbort(() => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  add(event: WatchEvent): void {
    const size = sizeOf(event);
    if (this.#queue.length - this.#at < QUEUE_MAX && this.#bytes + size <= QUEUE_BYTES) {
      this.#queue.push(event);
      this.#bytes += size;
    } else this.#dropped++;
    this.#wake?.();
  }

  /** The events as they come, until the watcher leaves. */
  async *events(): AsyncGenerator<WatchEvent> {
    while (!this.#ended) {
      while (this.#at < this.#queue.length) {
        const event = this.#queue[this.#at++]!;
        this.#bytes -= sizeOf(event);
        yield event;
        if (this.#ended) return;
      }
      this.#queue.length = this.#at = 0;
      if (this.#dropped > 0) {
        const count = this.#dropped;
        this.#dropped = 0;
        yield { event: "dropped", at: Date.now(), count };
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = null;
      }
    }
  }
}

/** Those who watch one process. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  /** How many of them want to be told of progress. */
  #withProgress = 0;
  /** Streams that have made items which nobody was told of. */
  readonly #advanced = new Set<WatchedCall>();
  #progressTimer: ReturnType<typeof setTimeout> | undefined;
  #calls = 0;

  /** Whether anybody watches. */
  get any(): boolean {
    return this.#watchers.size > 0;
  }

  /**
   * Answers `$/watch {params?: boolean, progress?: boolean}`: the events, until the caller ends the
   * stream.
   *
   * @param inFlight what is being answered now
   */
  async *watch(
    request: IncomingRequest,
    inFlight: () => IncomingRequest[],
  ): AsyncGenerator<WatchEvent> {
    const watcher = new Watcher(request);
    const at = Date.now();
    watcher.add({ event: "watching", at, pid: Deno.pid });
    for (const running of new Set(inFlight())) {
      if (running.method.startsWith("$/") || isOver(running)) continue;
      const call = this.#observe(running, running.since ?? at);
      watcher.add(call.began(watcher, true));
    }
    this.#watchers.add(watcher);
    if (watcher.withProgress) this.#withProgress++;
    try {
      yield* watcher.events();
    } finally {
      this.#watchers.delete(watcher);
      if (watcher.withProgress && --this.#withProgress === 0) {
        clearTimeout(this.#progressTimer);
        this.#progressTimer = undefined;
        this.#advanced.clear();
      }
    }
  }

  /**
   * Answers `$/cancelCall {call: number, pid?: number}`: ends the call of that number for its
   * caller, too. Whoever names the process does not end the call of another that came after it.
   */
  cancel(request: IncomingRequest, inFlight: IncomingRequest[]): { cancelled: boolean } {
    const { call, pid = Deno.pid } = asRecord(request.params) ?? {};
    if (!Number.isSafeInteger(call) || !Number.isSafeInteger(pid)) {
      throw new RemoteError("$/cancelCall takes { call, pid? }: numbers", ErrorCode.InvalidParams);
    }
    const found = inFlight.find((running) => running.observer?.call === call);
    if (found === undefined || isOver(found) || pid !== Deno.pid) return { cancelled: false };
    const { name = null, pid: by } = request.caller.identity ?? {};
    const who = by === undefined ? "" : ` by ${name ?? "a client"} (process ${by})`;
    found.cancel(`from outside${who}`);
    return { cancelled: true };
  }

  /** A call, a stream or a notification has come. */
  began(request: IncomingRequest): void {
    const call = this.#observe(request, Date.now());
    for (const watcher of this.#watchers) watcher.add(call.began(watcher, false));
  }

  #observe(request: IncomingRequest, since: number): WatchedCall {
    if (request.observer instanceof WatchedCall) return request.observer;
    const call = new WatchedCall(++this.#calls, request, since, this);
    request.observer = call;
    return call;
  }

  /** A stream has made an item. What it has made at the end of an interval is told. */
  advanced(call: WatchedCall): void {
    if (this.#withProgress === 0) return;
    this.#advanced.add(call);
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = undefined;
      for (const advanced of this.#advanced) this.#tellProgress(advanced);
    }, PROGRESS_INTERVAL);
  }

  #tellProgress(call: WatchedCall): void {
    if (!this.#advanced.delete(call)) return;
    const event = call.progress();
    for (const watcher of this.#watchers) if (watcher.withProgress) watcher.add(event);
  }

  /** A call is over. */
  ended(call: WatchedCall, event: WatchEvent): void {
    this.#tellProgress(call);
    if (this.#advanced.size === 0) {
      clearTimeout(this.#progressTimer);
      this.#progressTimer = undefined;
    }
    for (const watcher of this.#watchers) watcher.add(event);
  }
}

/** Whether nothing is made for it any more, though its caller may not have read all. */
function isOver({ aborted, stream }: IncomingRequest): boolean {
  return aborted || stream?.finished === true;
}
