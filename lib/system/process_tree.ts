/** Starting a program so that it can be ended together with everything it started. */
import { JobTree } from "./process_job.ts";
import { SessionTree } from "./process_session.ts";

/** A program and its descendants. */
export interface ProcessTree {
  /**
   * Ends all of them and returns when they are gone. Unix: SIGTERM first, and SIGKILL for those
   * still there after `grace` milliseconds. Windows: at once, for want of a polite way.
   * @throws {Error} When one of them cannot be ended.
   */
  end(grace?: number): Promise<void>;
  /**
   * Lets go of the tree after the program ended by itself: what it left running in the background
   * stays, as in any shell.
   */
  release(): void;
}

/** What was started. */
export interface StartedTree {
  child: Deno.ChildProcess;
  tree: ProcessTree;
}

/**
 * Starts a program as the root of a process tree.
 *
 * What can leave the tree: a program that is started to outlive its starter, as the mesh wakes
 * programs. On Unix that is any that begins a session of its own (setsid, as daemons do), on Windows
 * any that is started with CREATE_BREAKAWAY_FROM_JOB. There also leaves what the program starts in
 * the first microseconds of its life, before it could be put into its job: Deno starts no process
 * suspended, which would close that gap.
 *
 * @throws What Deno.Command throws, for example Deno.errors.NotFound.
 */
export function spawnTree(
  program: string,
  options: Omit<Deno.CommandOptions, "detached" | "signal">,
): StartedTree {
  if (Deno.build.os === "windows") {
    const child = new Deno.Command(program, options).spawn();
    return { child, tree: JobTree.around(child) };
  }
  // Detached means setsid: the program leads a new session, whose id is its pid.
  const child = new Deno.Command(program, { ...options, detached: true }).spawn();
  return { child, tree: new SessionTree(child.pid) };
}
