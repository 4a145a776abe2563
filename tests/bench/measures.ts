/**
 * What is measured, and how: the measures, each on those who can take part.
 *
 * @module
 */
import {
  CALLED,
  type CompetitorKey,
  COMPETITORS,
  type Pair,
  startPair,
  startStarter,
} from "./competitors.ts";
import { type Control, ProgramError } from "./control.ts";
import type { Environment } from "./environment.ts";
import { PeerMissing } from "./packages.ts";
import { add, type EnvironmentResults, miss } from "./results.ts";
import { interleave, repetitions } from "./rounds.ts";
import { measureTopics } from "./topics.ts";

/** How long the bench may take over things. */
export interface Effort {
  mode: "quick" | "full";
  rounds: number;
  /** Milliseconds that one entrant measures in one round. */
  round: number;
  /** Measures whose name holds this alone; all of them without one. */
  only: string | null;
}

/** Tells a person what is going on. */
export type Progress = (text: string) => void;

/** Calls that are made at once in the measures of throughput. */
const IN_FLIGHT = 64;
/** Clients of the crowded app. */
const CROWD = 1_000;
/** Milliseconds that idling programs are watched. */
const IDLE = 10_000;
const ONLY_FULL = "only with --full";

interface Percentiles {
  p50: number;
  p99: number;
}

/** One environment's run: the pairs that take part, and where the results go. */
export class Measuring {
  readonly environment: Environment;
  readonly control: Control;
  readonly #effort: Effort;
  readonly #progress: Progress;
  readonly results: EnvironmentResults;
  readonly pairs = new Map<CompetitorKey, Pair>();
  readonly #absent = new Map<CompetitorKey, string>();

  constructor(
    environment: Environment,
    control: Control,
    effort: Effort,
    results: EnvironmentResults,
    progress: Progress,
  ) {
    this.environment = environment;
    this.control = control;
    this.#effort = effort;
    this.results = results;
    this.#progress = (text) => progress(`${environment.title}: ${text}`);
  }

  /** Measures everything. */
  async run(): Promise<void> {
    await using stack = new AsyncDisposableStack();
    this.#progress("starting programs");
    const keys = Object.keys(COMPETITORS) as CompetitorKey[];
    await Promise.all(keys.map(async (key) => {
      try {
        this.pairs.set(key, stack.use(await startPair(key, this.environment, this.control)));
      } catch (error) {
        if (!(error instanceof PeerMissing || error instanceof ProgramError)) throw error;
        this.#absent.set(key, error.message);
      }
    }));
    const why = this.#absent.get("mesh");
    if (why !== undefined) throw new Error(`Cannot measure the mesh: ${why}`);
    const { mode, only } = this.#effort;
    for (const [name, { run, slow = [] }] of Object.entries(this.#steps)) {
      if (only !== null && !name.includes(only)) continue;
      if (slow.length === 0 || mode === "full") await run();
      else for (const id of slow) miss(this.results, id, "mesh", ONLY_FULL);
    }
  }

  /** The measures in their order; of a slow one, the results that only a full run has. */
  readonly #steps: Readonly<Record<string, { run: () => Promise<void>; slow?: string[] }>> = {
    "round trip": { run: () => this.#roundTrips() },
    "calls": { run: () => this.#callsPerSecond() },
    "promised": { run: () => this.#promisedCalls() },
    "stream": { run: () => this.#streams() },
    "slow consumer": { run: () => this.#slowStream() },
    "values": { run: () => this.#values() },
    "cancel": { run: () => this.#cancel() },
    "topics": { run: () => measureTopics(this) },
    "work": { run: () => this.#embedding() },
    "starts": { run: () => this.#starting() },
    "idle": { run: () => this.#idle(), slow: ["idle cpu"] },
    "crowd": { run: () => this.#crowd(), slow: ["crowded p50", "memory per connection"] },
    "registry": { run: () => this.#registry(), slow: ["registry 10000 read"] },
  };

  get #mesh(): Pair {
    return this.pairs.get("mesh")!;
  }

  /**
   * Lets the competitors take turns at one order of theirs.
   *
   * @param take puts what a round brought into the results
   */
  async contest<T>(
    id: string,
    keys: readonly CompetitorKey[],
    order: (pair: Pair, count: number) => Promise<T>,
    take: (competitor: CompetitorKey, value: T) => void,
    first = 100,
  ): Promise<void> {
    const entrants = [];
    for (const key of keys) {
      const pair = this.pairs.get(key);
      if (pair === undefined) {
        miss(this.results, id, key, this.#absent.get(key)!);
        continue;
      }
      this.#progress(`${id}: warming up ${COMPETITORS[key]}`);
      try {
        const count = await repetitions((n) => order(pair, n), first, this.#effort.round);
        entrants.push({ competitor: key, run: () => order(pair, count) });
      } catch (error) {
        this.#fail(id, key, error as Error);
      }
    }
    await interleave(
      entrants,
      this.#effort.rounds,
      (round) => this.#progress(`${id}: round ${round} of ${this.#effort.rounds}`),
      (competitor, value) => take(competitor as CompetitorKey, value),
      (competitor, error) => this.#fail(id, competitor as CompetitorKey, error),
    );
  }

  #fail(id: string, key: string, error: Error): void {
    if (!(error instanceof ProgramError)) throw error;
    miss(this.results, id, key, error.message);
  }

  /** Takes rounds of several things that one program does. */
  async turns(
    id: string,
    entrants: Record<string, () => Promise<void>>,
    rounds = this.#effort.rounds,
  ): Promise<void> {
    await interleave(
      Object.entries(entrants).map(([competitor, run]) => ({ competitor, run })),
      rounds,
      (round) => this.#progress(`${id}: round ${round} of ${rounds}`),
      () => {},
      (competitor, error) => this.#fail(id, competitor, error),
    );
  }

  async #roundTrips(): Promise<void> {
    await this.contest<Percentiles>(
      "round trip p50",
      CALLED,
      ({ client }, count) => client.order("latency", { count }),
      (key, { p50, p99 }) => {
        add(this.results, "round trip p50", key, p50);
        add(this.results, "round trip p99", key, p99);
      },
    );
  }

  async #callsPerSecond(): Promise<void> {
    await this.contest<number>(
      "calls per second",
      ["mesh", "floor", "transport", "netDeno", "netNode", "vscode"],
      ({ client }, count) => client.order("throughput", { count, inFlight: IN_FLIGHT }),
      (key, value) => add(this.results, "calls per second", key, value),
      500,
    );
  }

  /** What a promise for each call costs a bare echo: the mesh cannot do without. */
  async #promisedCalls(): Promise<void> {
    const id = "calls per second, a promise each";
    await this.contest<number>(
      id,
      ["transport", "netDeno", "netNode"],
      ({ client }, count) => client.order("promised", { count, inFlight: IN_FLIGHT }),
      (key, value) => add(this.results, id, key, value),
      500,
    );
  }

  async #streams(): Promise<void> {
    await this.contest<number>(
      "stream items per second",
      ["mesh", "vscode"],
      ({ client }, count) => client.order("stream", { count }),
      (key, value) => add(this.results, "stream items per second", key, value),
      500,
    );
  }

  async #slowStream(): Promise<void> {
    await this.contest<{ perSecond: number; ahead: number }>(
      "slow stream",
      ["mesh"],
      ({ client }, count) => client.order("slowStream", { count }),
      (key, { perSecond, ahead }) => {
        add(this.results, "slow stream", key, perSecond);
        add(this.results, "slow stream ahead", key, ahead);
      },
      1_000,
    );
  }

  async #values(): Promise<void> {
    const binary = await this.#mesh.client.order<boolean>("binary");
    if (!binary) this.results.notes["values"] = "sent as text: this version sends no bytes yet";
    for (
      const [name, size, inFlight] of [["64 KiB", 64 << 10, 16], ["1 MiB", 1 << 20, 4]] as const
    ) {
      const id = `MB/s, ${name}`;
      await this.contest<number>(
        id,
        ["mesh", "floor", "transport", "netDeno", "netNode", "vscode"],
        ({ client }, count) => client.order("values", { size, count, inFlight, binary }),
        (key, value) => add(this.results, id, key, value),
        8,
      );
    }
  }

  /** Beside a round trip of the same loop, because it is held against that. */
  async #cancel(): Promise<void> {
    await this.contest<Record<"cancel" | "answer" | "call", Percentiles>>(
      "cancel p50",
      ["mesh"],
      ({ client }, count) => client.order("cancel", { count }),
      (_, { cancel, answer, call }) => {
        add(this.results, "cancel p50", "cancel", cancel.p50);
        add(this.results, "cancel p50", "answer", answer.p50);
        add(this.results, "cancel p50", "call", call.p50);
      },
      50,
    );
  }

  /** What the library costs a program that computes. */
  async #embedding(): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const make = this.environment.deno("embedder.ts");
    const start = async (name: string, ...rest: string[]) =>
      stack.use(await this.control.start(name, (args) => make([...args, ...rest])));
    const alone = await start("a program without the library", "alone");
    const open = await start("a program with the library", "open", "embedder");
    const { client } = this.#mesh;
    const order = { target: "embedder" };
    // Connects the client, which stays connected.
    await client.order("latency", { count: 10, ...order });
    const pieces = await repetitions(
      (pieces) => alone.order("work", { pieces }),
      50,
      this.#effort.round,
    );
    await open.order("work", { pieces });
    const id = "work beside the mesh";
    const note = (competitor: string, took: number) =>
      add(this.results, id, competitor, took * 1000 / pieces);
    await this.turns(id, {
      alone: async () => note("alone", await alone.order("work", { pieces })),
      idle: async () => note("idle", await open.order("work", { pieces })),
      called: async () => {
        await client.order("pace", { every: 5, ...order });
        try {
          note("called", await open.order("work", { pieces }));
        } finally {
          await client.order("pace", { every: 0 });
        }
      },
    });
  }

  /** Programs that start: an empty one, one that opens the mesh, and one that a call wakes. */
  async #starting(): Promise<void> {
    await using starter = await startStarter(this.environment, this.control);
    const name = () => `sleeper-${crypto.randomUUID().slice(0, 8)}`;
    const take = async (id: string, competitor: string, order: string) => {
      const took = await starter.order<number>(order, { name: name() });
      add(this.results, id, competitor, took);
    };
    this.#progress("starts: warming up");
    for (const order of ["empty", "open", "bareStart", "wake"]) {
      await starter.order(order, { name: name() });
    }
    await this.turns("starts", {
      empty: () => take("import and open", "empty", "empty"),
      open: () => take("import and open", "open", "open"),
      bareStart: () => take("cold launch", "bareStart", "bareStart"),
      wake: () => take("cold launch", "wake", "wake"),
    });
  }

  /** Processor time of programs that were busy a moment ago and now have nothing to do. */
  async #idle(): Promise<void> {
    const make = this.environment.deno("embedder.ts");
    await using empty = await this.control.start(
      "a program without the library",
      (args) => make([...args, "alone"]),
    );
    // Compilers and collectors have work of their own after a start.
    await empty.order("work", { pieces: 2_000 });
    const { client, server } = this.#mesh;
    const seen = await server.order<number>("busy", { milliseconds: 200 });
    if (seen < 100) {
      miss(
        this.results,
        "idle cpu",
        "mesh",
        `the processor clock saw ${seen} ms of 200 busy ones`,
      );
      return;
    }
    await client.order("throughput", { count: 2_000, inFlight: IN_FLIGHT });
    this.#progress(`idle for ${IDLE / 1000} s`);
    const [app, caller, alone] = await Promise.all(
      [server, client, empty].map((it) => it.order<number>("idleCpu", { milliseconds: IDLE })),
    );
    add(this.results, "idle cpu", "mesh", app!);
    add(this.results, "idle cpu", "caller", caller!);
    add(this.results, "idle cpu", "alone", alone!);
  }

  /** An app with a thousand connected clients beside one with a single client. */
  async #crowd(): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const app = this.environment.deno("mesh_app.ts", { flags: ["--v8-flags=--expose-gc"] });
    const caller = this.environment.deno("mesh_client.ts");
    const crowded = "crowded";
    const start = async (name: string) =>
      stack.use(await this.control.start(`the ${name} app`, (args) => app([...args, name])));
    const server = await start(crowded);
    // As fresh as the other: an app that has done much runs at another speed.
    const quiet = "quiet";
    await start(quiet);
    const many = stack.use(
      await this.control.start("the crowd", (args) => caller([...args, crowded])),
    );
    const { client } = this.#mesh;
    await many.order("connect", { count: 20, target: crowded });
    await many.order("disconnect");
    const before = await server.order<{ resident: number; heap: number }>("memory");
    this.#progress(`connecting ${CROWD} clients`);
    const took = await many.order<number>("connect", { count: CROWD, target: crowded });
    add(this.results, "connecting", "mesh", took / CROWD);
    const after = await server.order<{ resident: number; heap: number }>("memory");
    const per = (key: "resident" | "heap") => (after[key] - before[key]) / CROWD / 1024;
    add(this.results, "memory per connection", "mesh", per("resident"));
    add(this.results, "memory per connection", "heap", per("heap"));
    const warm = (target: string) =>
      repetitions((count) => client.order("latency", { count, target }), 100, this.#effort.round);
    await warm(quiet);
    const count = await warm(crowded);
    const turn = (competitor: string, target: string) => async () => {
      const { p50 } = await client.order<Percentiles>("latency", { count, target });
      add(this.results, "crowded p50", competitor, p50);
    };
    await this.turns("crowded p50", { one: turn("one", quiet), mesh: turn("mesh", crowded) });
  }

  async #registry(): Promise<void> {
    await using starter = await startStarter(this.environment, this.control);
    const turn = (entries: number) => async () => {
      const { read, write } = await starter.order<{ read: number; write: number }>(
        "registry",
        { entries },
      );
      add(this.results, `registry ${entries} read`, "mesh", read);
      add(this.results, `registry ${entries} write`, "mesh", write);
    };
    await this.turns("registry", { few: turn(10), many: turn(10_000) }, 5);
  }
}
