/** What a caller of tests/mixed does to one app until it is told to finish; load.py is the same in Python. */

import { ConnectionLostError, type NeverLiieIPC, type Subscription } from "@neverliie/ipc";

/** What an app tells: which process of it this is, and its numbers from 1 on. */
export interface Tick {
  life: number;
  n: number;
}

/** What one caller did to one app, and how it went. */
export interface Did {
  /** Calls that were answered, and calls that were lost with the app's process. */
  calls: number;
  lost: number;
  /** Streams that were cancelled after some items, and such as were lost. */
  streams: number;
  streamsLost: number;
  /** Values of its topic; how many are missing between them, and of how many that was told. */
  values: number;
  missing: number;
  dropped: number;
  /** The app's processes, as they came. */
  lives: number[];
}

/** Milliseconds between two calls, or two streams. */
const PAUSE = 10;
/** Items of the longest stream. */
const ITEMS = 60;
/** Milliseconds that a call may take: the tests have limits of their own. */
const TIMEOUT = 600_000;

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE));

/** Fails with what came instead of what was due. */
function check(right: boolean, wrong: string): void {
  if (!right) throw new Error(wrong);
}

/** Calls, streams and a subscription, side by side. */
export class Load {
  readonly #ipc: NeverLiieIPC;
  readonly #app: string;
  readonly #news: Subscription<Tick>;
  readonly #loops: Promise<void>[];
  readonly #did = { calls: 0, lost: 0, streams: 0, streamsLost: 0, values: 0, missing: 0 };
  readonly #lives: number[] = [];
  #last: Tick = { life: 0, n: 0 };
  #over = false;
  #fault: Error | null = null;
  /** Those who wait for a number. */
  readonly #waiting = new Set<() => void>();

  constructor(ipc: NeverLiieIPC, app: string) {
    this.#ipc = ipc;
    this.#app = app;
    this.#news = ipc.subscribe<Tick>(app, "news");
    this.#loops = [
      this.#guarded("call", () => this.#call()),
      this.#guarded("read", () => this.#read()),
      this.#guarded("listen", () => this.#listen()),
    ];
  }

  /** Resolves once it has heard so much, or of a later life. @throws what was wrong */
  async untilHeard({ life, n }: Tick): Promise<void> {
    const last = () => this.#last;
    const isAt = () =>
      this.#lives.slice(0, -1).includes(life) || (last().life === life && last().n >= n);
    while (this.#fault === null && !isAt()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    if (this.#fault !== null) throw this.#fault;
  }

  /** Ends it. @throws what was wrong */
  async finish(): Promise<Did> {
    this.#over = true;
    this.#news.cancel();
    await Promise.all(this.#loops);
    if (this.#fault !== null) throw this.#fault;
    return { ...this.#did, dropped: this.#news.dropped, lives: this.#lives };
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fault ??= new Error(`${what} of ${this.#app}: ${error}`);
      this.#changed();
    }
  }

  async #call(): Promise<void> {
    const options = { timeout: TIMEOUT };
    for (let number = 1; !this.#over; number++) {
      // May be asked again, and is answered whatever is killed.
      check(await this.#ipc.call<number>(this.#app, "pid", {}, options) > 0, "no process");
      try {
        const sum = await this.#ipc.call(this.#app, "add", { a: number, b: 1 }, options);
        check(sum === number + 1, `${number} + 1 came to ${sum}`);
        this.#did.calls++;
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        this.#did.lost++;
      }
      await pause();
    }
  }

  async #read(): Promise<void> {
    for (let turn = 1; !this.#over; turn++) {
      let due = 0;
      try {
        for await (const item of this.#ipc.stream<number>(this.#app, "forever")) {
          check(item === ++due, `${item} came where ${due} was due`);
          if (due === 1 + turn * 7 % ITEMS) break;
        }
        this.#did.streams++;
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        this.#did.streamsLost++;
      }
      await pause();
    }
  }

  async #listen(): Promise<void> {
    for await (const tick of this.#news) {
      const { life, n } = this.#last;
      const told = JSON.stringify(tick);
      if (tick.life === life) {
        check(tick.n > n, `${told} came behind ${n}`);
        this.#did.missing += tick.n - n - 1;
      } else {
        check(!this.#lives.includes(tick.life), `${told} came behind ${this.#lives}`);
        this.#lives.push(tick.life);
      }
      this.#last = tick;
      this.#did.values++;
      this.#changed();
    }
  }
}
