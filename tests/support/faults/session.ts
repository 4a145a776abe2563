/**
 * A session of the mesh, done again and again: each time another call of the system fails.
 *
 * @module
 */

import { join } from "@std/path";
import { openHome, type RegistryEntry } from "../../../lib/ipc/mod.ts";
import type { FailingCalls, Fault } from "./failing_calls.ts";
import { isAlive } from "../mesh/process.ts";
import { removed } from "../run/removed.ts";
import { until } from "../run/watchdog.ts";
import { guardSystem } from "./failing_system.ts";

/** Milliseconds that one step may take. */
const STEP = 20_000;

// The guards count those that the library sets.
const { setTimeout, clearTimeout } = globalThis;

/** A message that says what could not be done, or what became of what. */
const NAMED = /^(?:Cannot |Nobody can |Connections to |The |").*["']/s;

/** An entry that somebody made, with a member that the mesh does not know. */
const KEPT = { type: "binary", cmd: ["/bin/kept"], cwd: "/", remark: "stays" };

/** One run of a session. */
export class Session {
  /** The mesh's home. */
  readonly home: string;
  /** The number of the run. */
  readonly round: number;
  /** What was told, and by whom. */
  readonly story: string[] = [];

  /** From here on calls count, and one of them fails; not before. */
  readonly arm: () => void;

  constructor(home: string, round: number, arm: () => void) {
    this.home = home;
    this.round = round;
    this.arm = arm;
  }

  /** Is told of problems. */
  readonly report = (problem: string): void => void this.story.push(`told: ${problem}`);

  /** Does one step; `null` where that ended in an error. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("it hangs")), STEP);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      this.story.push(`${name}: ${error instanceof Error ? error.message : error}`);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What of the story does not say what it is about. */
  unnamed(): string[] {
    return this.story.filter((line) => !NAMED.test(line.slice(line.indexOf(": ") + 2)));
  }
}

/** What a session came to where each of its calls failed once. */
export interface Outcome {
  /** The calls that failed, with their errors. */
  faults: string[];
  /** Those of them that were not made. */
  missed: string[];
  /** What should not have happened, by the call that failed. */
  problems: string[];
}

/** What a session is about. */
export interface SessionOptions {
  /** Entries of the registry, by the folder of the home. */
  entries?: (folder: string) => Record<string, RegistryEntry>;
  /** How often each call fails at most: some are made until something happens. */
  times?: number;
  /** How many errors of a call are tried at most; all unless given. */
  kinds?: number;
  /** The calls that fail; all unless given. */
  only?: RegExp;
}

/** Does a session in a fresh home, with and without a fault. */
class Rounds {
  readonly #work: (session: Session) => Promise<void>;
  readonly #calls: FailingCalls;
  readonly #options: SessionOptions;
  readonly outcome: Outcome = { faults: [], missed: [], problems: [] };
  #round = 0;

  constructor(
    work: (session: Session) => Promise<void>,
    calls: FailingCalls,
    options: SessionOptions,
  ) {
    this.#work = work;
    this.#calls = calls;
    this.#options = options;
  }

  /** The session in a fresh home; then once more in that, where nothing fails and all has to work. */
  async round(fault: Fault | null): Promise<void> {
    const folder = Deno.makeTempDirSync({ prefix: "neverliie-faults-" });
    const registry = join(folder, "registry.json");
    const entries = { kept: KEPT, ...this.#options.entries?.(folder) };
    Deno.writeTextFileSync(registry, JSON.stringify(entries));
    const name = fault === null ? "nothing" : `${fault.call} (${fault.nth}) by ${fault.kind}`;
    const tell = (problem: string) => this.outcome.problems.push(`${name}: ${problem}`);
    const { runtime } = await openHome(folder);
    // It is the session that makes it.
    Deno.removeSync(runtime, { recursive: true });
    try {
      for (const problem of await this.#run(folder, fault)) tell(problem);
      if (fault !== null) {
        await this.#endPrograms();
        this.outcome.faults.push(name);
        if (!this.#calls.fired) this.outcome.missed.push(name);
        for (const problem of await this.#run(folder, null)) tell(`afterwards: ${problem}`);
      }
      const { kept } = JSON.parse(Deno.readTextFileSync(registry));
      if (JSON.stringify(kept) !== JSON.stringify(KEPT)) tell("an entry was lost");
      for (const { name } of Deno.readDirSync(folder)) {
        if (/\.(?:tmp|probe)$/.test(name)) tell(`"${name}" is left`);
      }
    } finally {
      await this.#endPrograms();
      await removed(folder);
      // (On Windows the one is in the other.)
      if (!runtime.startsWith(folder)) await removed(runtime);
    }
  }

  /** A program that was started goes on, whatever becomes of who started it. */
  async #endPrograms(): Promise<void> {
    const { started } = this.#calls;
    for (const pid of started) {
      if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
      await until(() => !isAlive(pid));
    }
    started.clear();
  }

  /** Runs the session, and tells what was wrong. */
  async #run(folder: string, fault: Fault | null): Promise<string[]> {
    const calls = this.#calls;
    const session = new Session(folder, this.#round++, () => calls.begin(fault));
    const rejections: string[] = [];
    const onRejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      rejections.push(`nobody handled: ${event.reason}`);
    };
    addEventListener("unhandledrejection", onRejection);
    try {
      await this.#work(session);
    } finally {
      calls.end();
    }
    // What was called off has had its turn.
    await new Promise((resolve) => setTimeout(resolve));
    removeEventListener("unhandledrejection", onRejection);
    const wrong = fault === null ? session.story : session.unnamed();
    const open = calls.open.map((what) => `left open: ${what}`);
    calls.closeAll();
    return [...wrong, ...open, ...rejections];
  }
}

/** Does `work` once as it is, and then once for each of its calls and each error of that. */
export async function failEach(
  work: (session: Session) => Promise<void>,
  { times = 3, kinds: most = Infinity, only = /^/, ...options }: SessionOptions = {},
): Promise<Outcome> {
  using calls = guardSystem();
  const rounds = new Rounds(work, calls, options);
  await rounds.round(null);
  const sites = [...calls.seen].filter(([call]) => only.test(call)).flatMap((
    [call, { count, kinds }],
  ) =>
    Array.from({ length: Math.min(count, times) }, (_, i) => i + 1).flatMap((nth) =>
      kinds.slice(0, most).map((kind): Fault => ({ call, nth, kind }))
    )
  );
  for (const fault of sites) await rounds.round(fault);
  return rounds.outcome;
}
