/**
 * What is said on each connection, held against the protocol: one response for each request, and
 * nothing of what was cancelled.
 *
 * @module
 */

import { FrameReader, type Seen } from "./frames.ts";
import type { Records } from "./records.ts";
import type { Machine } from "../world/machine.ts";
import type { Channel } from "../world/wire.ts";

/** Milliseconds in which a cancelled request must have its response. */
const PATIENCE = 1_000;

/** A request that a process has got and not answered. */
interface Open {
  call: number | null;
  cancelled: boolean;
}

/** One direction: what its reader was asked, what its writer sends. */
interface Direction {
  readonly frames: FrameReader;
  /** Of the reader: requests that it has got. */
  readonly open: Map<number, Open>;
  /** Of the writer: the calls behind its streams' tokens. */
  readonly streams: Map<number, number>;
}

/** All that is said. */
export class Conversations {
  readonly #machine: Machine;
  readonly #records: Records;
  readonly #directions = new Map<Channel, Direction>();
  /** Runs whose signal must have fired by the end of this step. */
  readonly #toBeAborted: number[] = [];

  constructor(machine: Machine, records: Records) {
    this.#machine = machine;
    this.#records = records;
  }

  /** Bytes were taken from a writer, or handed to a reader. */
  onBytes(channel: Channel, bytes: Uint8Array, way: "taken" | "delivered"): void {
    const direction = this.#of(channel);
    const back = this.#of(channel.reverse);
    const { frames } = direction;
    if (way === "taken") {
      for (const message of frames.send(bytes)) this.#onTaken(channel, message, direction, back);
    } else {
      for (const message of frames.arrive(bytes.length)) {
        this.#onDelivered(channel, message, direction, back);
      }
    }
  }

  /** A step is over. */
  check(): void {
    for (const call of this.#toBeAborted.splice(0)) {
      const run = this.#records.runs.get(call);
      if (run === undefined || run.ended || run.signal.aborted || !run.by.alive) continue;
      this.#machine.fail(
        `the cancel of call ${call} reached ${run.by.name}, and its handler's signal has not fired`,
      );
    }
  }

  #of(channel: Channel): Direction {
    let direction = this.#directions.get(channel);
    if (direction === undefined) {
      direction = { frames: new FrameReader(), open: new Map(), streams: new Map() };
      this.#directions.set(channel, direction);
    }
    return direction;
  }

  /** The writer's message has left. `back` holds what the writer was asked. */
  #onTaken(channel: Channel, message: Seen, own: Direction, back: Direction): void {
    const { id, method, params, result } = message;
    if (method !== undefined) {
      if (params?.call !== undefined) this.#mustSettle(params.call, channel);
      return;
    }
    if (id === null || id === undefined) return;
    const request = back.open.get(id);
    const { name } = channel.writer;
    if (request === undefined) {
      return this.#machine.fail(`${name} sends a response to ${id}, which nobody waits for`);
    }
    back.open.delete(id);
    if (request.call === null) return;
    const run = this.#records.runs.get(request.call);
    if (message.error !== undefined || run === undefined) return;
    if (message.stream === true && result?.token !== undefined) {
      own.streams.set(result.token, request.call);
    }
    // What left the handler after its signal had fired is for nobody.
    const values = result?.values ?? [];
    const unwanted = run.unwanted !== null && values.some((item) => Number(item) >= run.unwanted!);
    const late = run.ended && run.abortedAtEnd && message.stream !== true &&
      result?.values === undefined;
    if (unwanted || late) {
      this.#machine.fail(`${name} sends what call ${request.call} came to after it was cancelled`);
    }
  }

  /** The reader has got a message. `direction` holds what the reader was asked. */
  #onDelivered(channel: Channel, message: Seen, direction: Direction, back: Direction): void {
    const { id, method, params } = message;
    if (method === undefined) return;
    if (id !== undefined && id !== null) {
      const streamed = method === "$/enumerator/next"
        ? back.streams.get(params?.token ?? -1)
        : null;
      const call = params?.call ?? streamed ?? null;
      direction.open.set(id, { call, cancelled: false });
    } else if (method === "$/cancelRequest") {
      const request = direction.open.get(params?.id ?? -1);
      if (request === undefined || request.cancelled) return;
      request.cancelled = true;
      this.#records.met("cancelDelivered");
      // A stream's first page may be on its way: then its caller ends it by its token.
      const run = request.call === null ? undefined : this.#records.runs.get(request.call);
      if (run?.made === 0) this.#toBeAborted.push(run.call);
      this.#mustAnswer(channel, params!.id!, direction);
    } else if (method === "$/enumerator/abort") {
      const call = back.streams.get(params?.token ?? -1);
      if (call === undefined) return;
      this.#records.met("cancelDelivered");
      this.#toBeAborted.push(call);
    }
  }

  /** A request that was cancelled gets its one response all the same. */
  #mustAnswer(channel: Channel, id: number, direction: Direction): void {
    const { reader } = channel;
    const stalled = reader.stalledFor;
    this.#machine.scheduler.after(PATIENCE, reader, () => {
      if (channel.readerGone || channel.writerGone || !direction.open.get(id)?.cancelled) return;
      if (reader.stalledFor !== stalled) return this.#mustAnswer(channel, id, direction);
      this.#machine.fail(`${reader.name} never answers request ${id}, which was cancelled`);
    });
  }

  /**
   * From when its request has left, a call takes its time at most. (Where the connection ends before
   * it was begun it is made anew, and what that takes is a start's time.)
   */
  #mustSettle(id: number, channel: Channel): void {
    const call = this.#records.calls[id];
    // (A stream's time is that of its first item.)
    if (call === undefined || call.settled !== null || call.timeout === Infinity) return;
    const { by, timeout } = call;
    const stalled = by.stalledFor;
    this.#machine.scheduler.after(timeout + 100, by, () => {
      if (call.settled !== null || channel.writerGone || channel.readerGone) return;
      if (by.stalledFor !== stalled) return this.#mustSettle(id, channel);
      this.#machine.fail(
        `call ${id} of ${by.name} left more than ${timeout} ms ago, and is not settled`,
      );
    });
  }
}
