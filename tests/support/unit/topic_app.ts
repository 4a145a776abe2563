/**
 * An app of one topic room, over sessions in memory: its processes end and come when the test says so.
 *
 * @module
 */
import { BYTES_TYPE } from "../../../lib/ipc/wire/codec.ts";
import type { Params } from "../../../lib/ipc/wire/message.ts";
import { type SubscribeOptions, Subscription } from "../../../lib/ipc/topics/subscription.ts";
import { Topics } from "../../../lib/ipc/topics/topics.ts";
import type { StreamOptions } from "../../../lib/ipc/session/calling/stream.ts";
import { openStream, type SessionPair, sessionPair } from "../session/unit_session.ts";

const FOREVER = new AbortController().signal;

/** An app whose processes end and come when the test says so. */
export class TopicApp implements AsyncDisposable {
  topics!: Topics;
  readonly problems: string[] = [];
  /** Of each attempt to subscribe: whether it would start the app. */
  readonly asked: boolean[] = [];
  #session: SessionPair | null = null;
  #arrived = Promise.withResolvers<void>();
  /** How many wait for it. */
  waiting = 0;

  constructor() {
    this.come();
  }

  /** A new process of it. */
  come(): void {
    const topics = this.topics = new Topics((problem) => this.problems.push(problem));
    this.#session = sessionPair({
      "$/ping": () => ({ accept: [BYTES_TYPE] }),
      "$/subscribe": (request) => topics.subscribe(request, "app"),
    });
    this.#arrived.resolve();
  }

  /** Its process ends. */
  async go(): Promise<void> {
    this.#arrived = Promise.withResolvers();
    await this.#session?.server.close("it was killed");
    this.#session = null;
  }

  subscribe<T>(topic: string, options: SubscribeOptions = {}, left = FOREVER): Subscription<T> {
    const stream = (
      _app: string,
      method: string,
      params: Params,
      how: StreamOptions & { activate: boolean },
    ) => {
      this.asked.push(how.activate);
      return openStream(this.#session!.client, method, params, how);
    };
    const whenUp = async (_app: string, signal: AbortSignal) => {
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => aborted.reject(signal.reason));
      this.waiting++;
      try {
        await Promise.race([this.#arrived.promise, aborted.promise]);
      } finally {
        this.waiting--;
      }
    };
    return new Subscription<T>("app", topic, { stream, whenUp }, left, options);
  }

  async greet(): Promise<void> {
    await this.#session!.client.greet();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
  }
}

/** The next values of a subscription. */
export async function take<T>(subscription: Subscription<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) items.push((await subscription.next()).value!);
  return items;
}
