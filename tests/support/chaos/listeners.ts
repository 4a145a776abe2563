/**
 * Subscribers of one topic, each by a client of its own, that hold what they are told against what
 * they must be told: of each life of the publisher the numbers in order, each once, and none missing
 * but where a gap tells so.
 *
 * @module
 */

import { NeverLiieIPC, type Subscription, TopicGap } from "../../../lib/ipc/mod.ts";

/** What the publisher tells: which life of it this is, and its numbers from 1 on. */
export interface Tick {
  life: number;
  n: number;
}

/** Where the values come from. */
export interface ListenTo {
  app: string;
  topic: string;
  /** How many subscribe. */
  count: number;
}

/** What one subscriber came to. */
export interface Heard {
  /** The lives that it heard of, in their order. */
  lives: number[];
  /** The latest number. */
  last: number;
  values: number;
  /** How often it was told that the publisher came again, and how many values it was too slow for. */
  restarts: number;
  dropped: number;
}

/** One subscriber's side. */
class Listener {
  readonly heard: Heard = { lives: [], last: 0, values: 0, restarts: 0, dropped: 0 };
  #missing = 0;
  #restarted = false;

  /** @throws {Error} where this must not come now */
  hear(item: Tick | TopicGap): void {
    const { heard } = this;
    if (item instanceof TopicGap) {
      if (item.gap === "restarted") {
        heard.restarts++;
        this.#restarted = true;
      } else {
        heard.dropped += item.count!;
        this.#missing += item.count!;
      }
      return;
    }
    const { life, n } = item;
    const before = heard.lives.at(-1) ?? 0;
    const due = heard.last + 1 + this.#missing;
    const told = this.#restarted ? "behind a restart" : "without a restart";
    const right = life === before
      ? n === due && !this.#restarted
      : life > before && (before === 0 || this.#restarted);
    if (!right) {
      throw new Error(`${n} of life ${life} came ${told}, where ${due} of ${before} was due`);
    }
    if (life !== before) heard.lives.push(life);
    heard.last = n;
    heard.values++;
    this.#missing = 0;
    this.#restarted = false;
  }

  /** Whether it has heard so much, or of a later life. */
  isAt({ life, n }: Tick): boolean {
    const { lives, last } = this.heard;
    const now = lives.at(-1) ?? 0;
    return now > life || (now === life && last >= n);
  }
}

/** Those of one process. */
export class Listeners {
  readonly #clients: NeverLiieIPC[] = [];
  readonly #subscriptions: Subscription<Tick | TopicGap>[] = [];
  readonly #listeners: Listener[] = [];
  readonly #loops: Promise<void>[] = [];
  /** What somebody waits for, and who is not there yet. */
  #wait: { tick: Tick; left: Set<Listener>; done: PromiseWithResolvers<void> } | null = null;
  #fault: Error | null = null;

  /** Subscribes. The home is the environment's unless given. */
  async listen({ app, topic, count }: ListenTo, home?: string): Promise<void> {
    for (let i = 0; i < count; i++) {
      const client = await NeverLiieIPC.client(home === undefined ? {} : { home });
      const subscription = client.subscribe<Tick | TopicGap>(app, topic, { gaps: true });
      const listener = new Listener();
      this.#clients.push(client);
      this.#subscriptions.push(subscription);
      this.#listeners.push(listener);
      this.#loops.push(this.#read(subscription, listener));
    }
  }

  async #read(subscription: Subscription<Tick | TopicGap>, listener: Listener): Promise<void> {
    try {
      for await (const item of subscription) {
        listener.hear(item);
        const wait = this.#wait;
        if (wait === null || !wait.left.has(listener) || !listener.isAt(wait.tick)) continue;
        wait.left.delete(listener);
        if (wait.left.size === 0) wait.done.resolve();
      }
    } catch (error) {
      this.#fault ??= error as Error;
      this.#wait?.done.reject(this.#fault);
    }
  }

  /** Resolves once all have heard so much. @throws what was wrong at one of them */
  async untilHeard(tick: Tick): Promise<void> {
    const left = new Set(this.#listeners.filter((listener) => !listener.isAt(tick)));
    const done = Promise.withResolvers<void>();
    if (this.#fault !== null) throw this.#fault;
    if (left.size === 0) return;
    this.#wait = { tick, left, done };
    await done.promise;
    this.#wait = null;
  }

  /** Ends the subscriptions and the clients. @throws what was wrong at one of them */
  async end(): Promise<Heard[]> {
    await this.close();
    if (this.#fault !== null) throw this.#fault;
    return this.#listeners.map(({ heard }) => heard);
  }

  /** The same, whatever was wrong. A subscription that waits would keep the program running. */
  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.cancel();
    await Promise.all(this.#loops);
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/**
 * Has an app listen to others as it is told to.
 *
 * @returns a function that ends it
 */
export function exposeListeners(ipc: NeverLiieIPC): () => Promise<unknown> {
  const listeners = new Map<string, Listeners>();
  ipc.expose("listen", (to: ListenTo) => {
    const some = new Listeners();
    listeners.set(to.app, some);
    return some.listen(to);
  });
  ipc.expose(
    "until_heard",
    ({ app, tick }: { app: string; tick: Tick }) => listeners.get(app)!.untilHeard(tick),
  );
  ipc.expose("end_listening", ({ app }: { app: string }) => listeners.get(app)!.end());
  return () => Promise.all([...listeners.values()].map((some) => some.close()));
}
