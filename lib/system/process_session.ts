/** A process tree on Unix: all processes of one session. */
import { sessionMembers } from "./libc.ts";
import { pause } from "./waiting.ts";
import type { ProcessTree } from "./process_tree.ts";

/** How long to wait for processes to be gone after SIGKILL, in milliseconds. */
const KILL_WAIT = 5_000;
const POLL = 10;

/** The session that a detached program leads. */
export class SessionTree implements ProcessTree {
  #session: number;

  /** @param session The pid of the program, which is its session's id as well. */
  constructor(session: number) {
    this.#session = session;
  }

  async end(grace = 1_000): Promise<void> {
    this.#signal("SIGTERM");
    if (await this.#gone(grace)) return;
    const deadline = performance.now() + KILL_WAIT;
    while (performance.now() < deadline) {
      // Again and again: a process may fork between being listed and being killed.
      this.#signal("SIGKILL");
      if (await this.#gone(100)) return;
    }
    const left = sessionMembers(this.#session).join(", ");
    throw new Error(`Cannot end process "${left}": it is still there after SIGKILL`);
  }

  release(): void {}

  /** Signals every member, for a session may hold several process groups (shell jobs, timeout). */
  #signal(signal: Deno.Signal): void {
    for (const pid of sessionMembers(this.#session)) {
      try {
        Deno.kill(pid, signal);
      } catch (error) {
        // It ended since it was listed, which is what was wanted.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  async #gone(within: number): Promise<boolean> {
    const deadline = performance.now() + within;
    for (;;) {
      if (sessionMembers(this.#session).length === 0) return true;
      if (performance.now() >= deadline) return false;
      await pause(POLL);
    }
  }
}
