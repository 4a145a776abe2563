/**
 * The room of topics: what an app tells whoever listens, and what those who listen keep up with. It
 * knows requests of `session/`, schemas of `methods/`, errors of `activation/` by which an app is
 * away, `presence/` by which it comes, and messages of `wire/`; it must not know how others are
 * reached or who listens.
 *
 * This file is the publisher's side: its topics, and what waits for each subscriber.
 *
 * @module
 */

import type { Emitting, TopicOptions } from "../methods/contract.ts";
import { asRecord } from "../base/record.ts";
import { checkedEmission, jsonSchemasOf, type MethodJsonSchemas } from "../methods/methods.ts";
import { type WatchContext, whenUp } from "../presence/app_watch.ts";
import { type IncomingRequest, PageSource } from "../session/answering/incoming_request.ts";
import type { SourcePage } from "../session/answering/incoming_request.ts";
import { type Packed, PackedValue } from "../wire/bytes.ts";
import { ErrorCode, messageOf, MethodNotFoundError, RemoteError } from "../wire/errors.ts";
import { argument } from "../wire/message.ts";
import { EventPages, queueOptionsOf, TopicQueue } from "./queue.ts";
import {
  type SubscribeOptions,
  type Subscriber,
  Subscription,
  type TopicEvent,
} from "./subscription.ts";

export { type Overflow, type QueueOptions, TopicGap } from "./queue.ts";
export type { SubscribeOptions, Subscription, TopicEvent };

export type { TopicOptions };

/** A topic as `$/describe` tells it. */
export interface TopicDescription {
  /** Its name, by which it is subscribed to. */
  name: string;
  /** Whether a new subscriber first gets the latest value. */
  retain?: true;
  /** One sentence, where the app gave one. */
  description?: string;
  /** The JSON Schema of its values, as far as the app gave it. */
  schemas?: MethodJsonSchemas;
}

/** What waits for one subscriber, as the pages of its stream. */
class Feed extends PageSource {
  aborted = false;

  constructor(
    readonly queue: TopicQueue<PackedValue>,
    readonly events: EventPages,
    readonly together: boolean,
  ) {
    super();
  }

  get busy(): boolean {
    return this.queue.awaited;
  }

  get ended(): boolean {
    return this.queue.ended;
  }

  ready(): Promise<void> | undefined {
    // (It begins by an item of its own.)
    return this.made === 0 ? undefined : this.queue.changed();
  }

  take(pack: (value: unknown) => Packed): SourcePage {
    const { count, values } = this.events.take(this.queue, this.made === 0, pack, this.together);
    this.made += count;
    return { values, finished: this.queue.over };
  }

  protected end(failure: { thrown: unknown } | null): void {
    if (this.queue.ended) return;
    this.aborted = true;
    this.queue.clear();
    this.queue.end(failure);
    this.onEnd?.();
  }
}

/** Answers `$/subscribe`: from this turn on, nothing that is emitted is missed. */
let subscribeTo: (topic: Topic, request: IncomingRequest) => PageSource;

/**
 * What an app tells whoever listens, under one name.
 *
 * Nothing is sent, written as JSON or checked while nobody listens. A value that cannot be sent, as
 * it is no JSON or does not pass the topic's schema, is left out and told to `onProblem`: whether
 * somebody listens never decides over whether {@link emit} throws.
 *
 * @example
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * await using player = await NeverLiieIPC.open("player", { launch: false });
 * const track = player.topic<{ title: string }>("track", { retain: true });
 * track.emit({ title: "Blue in Green" });
 *
 * await using client = await NeverLiieIPC.client();
 * for await (const { title } of client.subscribe<{ title: string }>("player", "track")) {
 *   assertEquals(title, "Blue in Green");
 *   break;
 * }
 * ```
 */
export class Topic<T = unknown> implements Emitting<T> {
  /** Its name, by which it is subscribed to. */
  readonly name: string;
  readonly #options: TopicOptions;
  readonly #report: (problem: string) => void;
  readonly #feeds = new Set<Feed>();
  readonly #events = new EventPages();
  /** Ends what is done while somebody listens. */
  #heard: AbortController | null = null;
  #value: T | undefined;
  /** The retained value, once somebody was sent it; `null` where there is none to send. */
  #retained: PackedValue | null | undefined = null;
  #description: TopicDescription | null = null;
  /** What was wrong with the last value that was not sent. */
  #problem = "";

  static {
    subscribeTo = (topic, request) => topic.#subscribe(request);
  }

  /** Made by {@link NeverLiieIPC.topic}. */
  constructor(name: string, options: TopicOptions, report: (problem: string) => void) {
    this.name = name;
    this.#options = options;
    this.#report = report;
  }

  /** The latest value, where the topic retains it; `undefined` before the first. */
  get value(): T | undefined {
    return this.#value;
  }

  /** How many listen now. */
  get subscribers(): number {
    return this.#feeds.size;
  }

  /**
   * Sends a value to whoever listens. Returns at once and never throws: who reads slowly has a
   * queue of its own. What is emitted is sent as it is now; a retained one must not change later.
   */
  emit(value: T): void {
    const retain = this.#options.retain === true;
    if (retain) {
      this.#value = value;
      this.#retained = undefined;
    }
    if (this.#feeds.size === 0) return;
    const packed = this.#pack(value);
    if (retain) this.#retained = packed;
    if (packed === null) return;
    for (const feed of this.#feeds) {
      if (!feed.queue.add(packed, packed.size)) this.#leave(feed);
    }
  }

  /** As `$/describe` tells it. */
  describe(): TopicDescription {
    return this.#description ??= this.#tell();
  }

  #subscribe(request: IncomingRequest): PageSource {
    const options = queueOptionsOf(
      request.params,
      (why) => new RemoteError(why, ErrorCode.InvalidParams),
    );
    const together = asRecord(request.params)?.["together"] === true;
    const feed = new Feed(new TopicQueue(this.name, options), this.#events, together);
    if (this.#retained === undefined) this.#retained = this.#pack(this.#value);
    if (this.#retained !== null) feed.queue.add(this.#retained, this.#retained.size);
    this.#feeds.add(feed);
    request.onAbort(() => this.#leave(feed));
    if (this.#heard === null && this.#feeds.size > 0) void this.#listen();
    return feed;
  }

  #leave(feed: Feed): void {
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0) return;
    this.#heard?.abort();
    this.#heard = null;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#heard = new AbortController();
    try {
      await this.#options.onListen?.(signal);
    } catch (thrown) {
      const problem = `Nothing more feeds the topic "${this.name}": ${messageOf(thrown)}`;
      if (!signal.aborted) this.#report(problem);
    }
  }

  #pack(value: unknown): PackedValue | null {
    try {
      const { item } = this.#options;
      const checked = item === undefined ? value : checkedEmission(this.name, item, value);
      return new PackedValue(checked ?? null);
    } catch (thrown) {
      const problem = `A value of the topic "${this.name}" was not sent: ${messageOf(thrown)}`;
      // (An app may emit many a second, all wrong in the same way.)
      if (problem !== this.#problem) this.#report(problem);
      this.#problem = problem;
      return null;
    }
  }

  #tell(): TopicDescription {
    const { name } = this;
    const { retain, description, item, jsonSchema } = this.#options;
    const report = (problem: string) => this.#report(`the topic "${name}": ${problem}`);
    const schemas = jsonSchemasOf({ item, jsonSchema }, report);
    return {
      name,
      ...(retain === true ? { retain } : {}),
      ...(description === undefined ? {} : { description }),
      ...(schemas === null ? {} : { schemas }),
    };
  }
}

/**
 * Subscribes to the topic `name` of `app`.
 *
 * @param left fires when this process leaves the mesh
 */
export function subscribe<T>(
  mesh: Pick<Subscriber, "stream">,
  context: WatchContext,
  left: AbortSignal,
  [app, name]: readonly [app: string, name: string],
  options: SubscribeOptions,
): Subscription<T> {
  const by: Subscriber = {
    stream: (...asked) => mesh.stream(...asked),
    whenUp: (app, signal) => whenUp(context, app, signal),
  };
  return new Subscription<T>(app, name, by, left, options);
}

/** The topics of one process. */
export class Topics {
  readonly #table = new Map<string, Topic>();
  readonly #report: (problem: string) => void;

  /** @param report told of values that cannot be sent */
  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  /**
   * Opens a topic of the app `app`.
   *
   * @throws {TypeError} on a name that is taken, and where nobody could subscribe.
   */
  open<T>(app: string | null, name: string, options: TopicOptions): Topic<T> {
    const refuse = (why: string): never => {
      throw new TypeError(`Cannot open the topic ${JSON.stringify(name)}: ${why}`);
    };
    if (app === null) refuse("a client has no name to subscribe to; NeverLiieIPC.open has one");
    if (typeof name !== "string" || name === "") refuse("a name has a character at least");
    if (this.#table.has(name)) refuse("it is open already");
    const topic = new Topic<T>(name, options, this.#report);
    this.#table.set(name, topic as Topic);
    return topic;
  }

  /** Every topic, in the order of opening. */
  describe(): TopicDescription[] {
    return [...this.#table.values()].map((topic) => topic.describe());
  }

  /** Answers `$/subscribe {topic, overflow?, queue?, together?}`. */
  subscribe(request: IncomingRequest, app: string | null): PageSource {
    const name = argument(request.params, "topic");
    if (typeof name !== "string") {
      const why = "$/subscribe takes { topic, overflow?, queue? }: the topic's name is a string";
      throw new RemoteError(why, ErrorCode.InvalidParams);
    }
    const topic = this.#table.get(name);
    if (topic === undefined) throw new MethodNotFoundError(`"${app}" has no topic "${name}"`);
    return subscribeTo(topic, request);
  }
}
