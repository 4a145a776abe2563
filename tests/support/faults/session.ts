/**
 * A session of the mesh, done again and again: each time another call of the system fails.
 *
 * @module
 */

import { join } from "@std/path";
import { openHome } from "../../../lib/ipc/mod.ts";
import type { FailingCalls, Fault } from "./failing_calls.ts";
import { guardSystem } from "./failing_system.ts";

/** Milliseconds that one step may take. */
const STEP = 20_000;
/** What is called again and again until something happens fails at its first calls. */
const TIMES = 3;

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

  constructor(home: string, round: number) {
    this.home = home;
    this.round = round;
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

/** Does a session in a fresh home, with and without a fault. */
class Rounds {
  readonly #work: (session: Session) => Promise<void>;
  readonly #calls: FailingCalls;
  readonly outcome: Outcome = { faults: [], missed: [], problems: [] };
  #round = 0;

  constructor(work: (session: Session) => Promise<void>, calls: FailingCalls) {
    this.#work = work;
    this.#calls = calls;
  }

  /** The session in a fresh home; then once more in that, where nothing fails and all has to work. */
  async round(fault: Fault | null): Promise<void> {
    const folder = Deno.makeTempDirSync({ prefix: "neverliie-faults-" });
    const registry = join(folder, "registry.json");
    Deno.writeTextFileSync(registry, JSON.stringify({ kept: KEPT }));
    const name = fault === null ? "nothing" : `${fault.call} (${fault.nth}) by ${fault.kind}`;
    const tell = (problem: string) => this.outcome.problems.push(`${name}: ${problem}`);
    const { runtime } = await openHome(folder);
    // It is the session that makes it.
    Deno.removeSync(runtime, { recursive: true });
    try {
      for (const problem of await this.#run(folder, fault)) tell(problem);
      if (fault !== null) {
        this.outcome.faults.push(name);
        if (!this.#calls.fired) this.outcome.missed.push(name);
        for (const problem of await this.#run(folder, null)) tell(`afterwards: ${problem}`);
      }
      const entries = JSON.parse(Deno.readTextFileSync(registry));
      if (JSON.stringify(entries.kept) !== JSON.stringify(KEPT)) tell("an entry was lost");
      for (const { name } of Deno.readDirSync(folder)) {
        if (/\.(?:tmp|probe)$/.test(name)) tell(`"${name}" is left`);
      }
    } finally {
      for (const path of [folder, ...(runtime.startsWith(folder) ? [] : [runtime])]) {
        Deno.removeSync(path, { recursive: true });
      }
    }
  }

  /** Runs the session, and tells what was wrong. */
  async #run(folder: string, fault: Fault | null): Promise<string[]> {
    const calls = this.#calls;
    const session = new Session(folder, this.#round++);
    const rejections: string[] = [];
    const onRejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      rejections.push(`nobody handled: ${event.reason}`);
    };
    addEventListener("unhandledrejection", onRejection);
    calls.begin(fault);
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
export async function failEach(work: (session: Session) => Promise<void>): Promise<Outcome> {
  using calls = guardSystem();
  const rounds = new Rounds(work, calls);
  await rounds.round(null);
  const sites = [...calls.seen].flatMap(([call, { count, kinds }]) =>
    Array.from({ length: Math.min(count, TIMES) }, (_, i) => i + 1).flatMap((nth) =>
      kinds.map((kind): Fault => ({ call, nth, kind }))
    )
  );
  for (const fault of sites) await rounds.round(fault);
  return rounds.outcome;
}
