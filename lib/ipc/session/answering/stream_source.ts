/**
 * The serving end of a stream: drives a handler's iterator a few items ahead of the caller and
 * hands out pages. Flow control is the paging itself.
 *
 * @module
 */

import { messageOf } from "../../wire/errors.ts";
import { type Packed, sizeOf, withOwnBytes } from "../../wire/bytes.ts";
import { endEarly, stepOf } from "../../base/handler_result.ts";
import type { ObservedRequest } from "./request_observer.ts";

/** The producer runs at most this many items ahead of what was paged out… */
const PRODUCE_AHEAD = 256;
/** …and at most so many characters of JSON and bytes, which is also the most that one page holds. */
export const PAGE_SIZE = 1 << 20;

/** Largest item that is kept for those who watch, in characters of JSON. */
const LATEST_MAX = 2 << 10;

/** Items on their way to the caller. */
export interface SourcePage {
  values: readonly Packed[];
  finished: boolean;
}

/**
 * What the pages of a stream are taken from, once somebody asks for one. A handler whose items wait
 * somewhere anyway gives back one of its own, and they are packed when they are taken.
 */
export abstract class PageSource {
  /** When it was opened, in milliseconds since the epoch. */
  readonly since: number = Date.now();
  /** How many items there were so far. */
  made = 0;
  /** The last of them, as JSON; `null` where it was large, or holds bytes, or nobody may watch it. */
  latest: string | null = null;
  /** Told once when the handler has ended. */
  onEnd: (() => void) | null = null;

  /** Whether a page is being waited for: a peer may have one request out at a time. */
  abstract readonly busy: boolean;
  /** Resolves when there is a page; `undefined` where there is one now. */
  abstract ready(): Promise<void> | undefined;
  /** Takes a page of what is there, once {@link ready}. @throws why it ended, after the last item */
  abstract take(pack: (item: unknown) => Packed): SourcePage;
  /** Whether it was ended early, so that the pages do not hold all items there would have been. */
  abstract readonly aborted: boolean;
  /** Whether the handler has ended. */
  abstract readonly ended: boolean;
  /** Whether it makes no more items, of its own or because it was ended. */
  get finished(): boolean {
    return this.ended;
  }
  /** Ends the stream early, perhaps by an error, which its reader gets in place of what waits. */
  protected abstract end(failure: { thrown: unknown } | null): void;

  /** Ends the stream early. */
  abort(): void {
    this.end(null);
  }

  /** Ends the stream by an error, which its reader gets in place of the items that wait. */
  fail(thrown: unknown): void {
    this.end({ thrown });
  }

  /** Waits for a page and takes it. */
  async page(pack: (item: unknown) => Packed): Promise<SourcePage> {
    await this.ready();
    return this.take(pack);
  }
}

/**
 * How far a stream is. While it is "producing", its handler makes items. After that no item is taken
 * from the handler, which may go on for a while although it was told to end: "ending". In the end it
 * has "ended". A stream that is ended from outside is "aborting" and then "aborted": its pages do not
 * hold all that its handler would have made.
 */
type Stage = "producing" | "ending" | "ended" | "aborting" | "aborted";

/** The serving end: drives a handler's iterator and hands out pages. */
export class StreamSource extends PageSource {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #pack: (item: unknown) => Packed;
  readonly #request: ObservedRequest;
  #items: Packed[] = [];
  /** Characters and bytes in {@link #items}. */
  #size = 0;
  #stage: Stage = "producing";
  #failure: { thrown: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeProducer: (() => void) | null = null;

  /**
   * @param pack makes an item ready to be sent, as soon as there is one
   * @param request what the stream answers; its observer is told of each item and of the end
   */
  constructor(
    iterator: AsyncIterator<unknown> | Iterator<unknown>,
    pack: (item: unknown) => Packed,
    request: ObservedRequest,
  ) {
    super();
    this.#iterator = iterator;
    this.#pack = pack;
    this.#request = request;
    void this.#produce();
  }

  get busy(): boolean {
    return this.#wakeReader !== null;
  }

  ready(): Promise<void> | undefined {
    if (this.#items.length > 0 || this.finished) return;
    return new Promise<void>((resolve) => this.#wakeReader = resolve);
  }

  take(): SourcePage {
    if (this.#items.length === 0 && this.#failure !== null) throw this.#failure.thrown;
    const values = this.#takePage();
    this.#wakeProducer?.();
    const finished = this.finished && this.#failure === null && this.#items.length === 0;
    return { values, finished };
  }

  #takePage(): Packed[] {
    let count = 0;
    let size = 0;
    while (count < this.#items.length && (count === 0 || size < PAGE_SIZE)) {
      size += sizeOf(this.#items[count++]!);
    }
    this.#size -= size;
    if (count < this.#items.length) return this.#items.splice(0, count);
    const all = this.#items;
    this.#items = [];
    return all;
  }

  override get finished(): boolean {
    return this.#stage !== "producing";
  }

  get aborted(): boolean {
    return this.#stage === "aborting" || this.#stage === "aborted";
  }

  get ended(): boolean {
    return this.#stage === "ended" || this.#stage === "aborted";
  }

  /** No further item is taken from the handler's iterator. */
  protected end(failure: { thrown: unknown } | null): void {
    if (this.finished) return;
    this.#failure = failure;
    this.#stage = "aborting";
    this.#items = [];
    this.#wakeReader?.();
    this.#wakeProducer?.();
    this.#tellToEnd();
  }

  /** The handler has ended once its iterator has answered; one that cannot be told, with its item. */
  #tellToEnd(): void {
    if (this.#iterator.return !== undefined) void endEarly(this.#iterator).then(this.#onEnded);
  }

  readonly #onEnded = (): void => {
    this.#stage = this.aborted ? "aborted" : "ended";
    this.onEnd?.();
  };

  /** The item as it is now: a handler may reuse its buffer for the next one. */
  #packItem(value: unknown): Packed {
    try {
      return withOwnBytes(this.#pack(value));
    } catch (error) {
      throw new TypeError(`an item cannot be sent as JSON: ${messageOf(error)}`);
    }
  }

  async #produce(): Promise<void> {
    try {
      while (!this.finished) {
        const step = stepOf(await this.#iterator.next());
        if (step.done || this.finished) break;
        const item = this.#packItem(step.value);
        this.#items.push(item);
        this.#size += sizeOf(item);
        this.made++;
        const small = item.parts.length === 0 && item.text.length <= LATEST_MAX;
        this.latest = small ? item.text : null;
        this.#request.observer?.advanced();
        this.#wakeReader?.();
        this.#wakeReader = null;
        if (this.#items.length >= PRODUCE_AHEAD || this.#size >= PAGE_SIZE) {
          await new Promise<void>((resolve) => this.#wakeProducer = resolve);
          this.#wakeProducer = null;
        }
      }
    } catch (thrown) {
      if (!this.finished) {
        this.#stage = "ending";
        this.#failure = { thrown };
        this.#request.observer?.ended("failed", thrown);
        // An item that is no JSON ends the stream while its handler still goes on.
        this.#tellToEnd();
      }
    }
    const told = this.finished && this.#iterator.return !== undefined;
    if (!told) this.#onEnded();
    // (Of one that failed, or was ended early, it has been told already.)
    this.#request.observer?.ended("answered");
    this.#wakeReader?.();
    this.#wakeReader = null;
  }
}
