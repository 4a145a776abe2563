/**
 * Limits of time for tests. A watchdog that ends a test says what the test was waiting for, and
 * shows the ends of the logs of the programs it was waiting on.
 *
 * @module
 */
import { endOf, indent, lastLines } from "../../../lib/ipc/testing/log_ends.ts";

export { endOf, logsOf } from "../../../lib/ipc/testing/log_ends.ts";

/** Names how many times longer than usual a test may take: `deno task test --busy N` sets it. */
export const PATIENCE_VARIABLE = "NEVERLIIE_TEST_PATIENCE";

const patience = Math.max(1, Number(Deno.env.get(PATIENCE_VARIABLE)) || 1);

/** A limit in milliseconds, longer where other programs compute beside the tests. */
export function patient(milliseconds: number): number {
  return milliseconds * patience;
}

/** One thing that a test waits for. */
interface Wait {
  what: string;
  /** What is known of it so far, such as the output of a program. */
  seen?: () => string;
}

const waits = new Set<Wait>();

/** Does `work`, and names it as what is waited for in the meantime. */
export async function waitingFor<T>(
  what: string,
  work: () => Promise<T>,
  seen?: () => string,
): Promise<T> {
  const wait: Wait = seen === undefined ? { what } : { what, seen };
  waits.add(wait);
  try {
    return await work();
  } finally {
    waits.delete(wait);
  }
}

/** Resolves once `condition` holds. It is asked every ten milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  // The condition's own text tells best what is waited for.
  await waitingFor(`${condition}${callerOf(until)}`, async () => {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  });
}

/** The place in the tests that called `callee`, as " (file:line)"; empty where it is not known. */
function callerOf(callee: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const place = /([^/\\(]+\.tsx?:\d+):\d+\)?$/m.exec(holder.stack ?? "");
  return place === null ? "" : ` (${place[1]})`;
}

/**
 * Waits for `work`, but no longer than `limit`.
 *
 * @param name what the work is, for the message
 * @param limit milliseconds, on a machine that does nothing else
 * @param logs files whose ends tell why it takes so long; they are read only when it does
 * @throws {Error} after that time, with what was waited for and the ends of the logs
 */
export async function withLimit<T>(
  name: string,
  work: Promise<T>,
  limit: number,
  logs: () => string[] = () => [],
): Promise<T> {
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const allowed = patient(limit);
    watchdog = setTimeout(() => reject(new Error(report(name, allowed, logs()))), allowed);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(watchdog);
  }
}

/**
 * Does `work`, then `end`, whatever the work came to.
 *
 * @throws {Error} what was wrong with the one or the other. Where both were, the work's, whose
 * message tells of the end as well: often it went wrong for that very reason, and must not hide it.
 */
export async function endedBy(work: () => Promise<void>, end: () => Promise<void>): Promise<void> {
  const [done] = await Promise.allSettled([work()]);
  const [ended] = await Promise.allSettled([end()]);
  if (done.status === "fulfilled") {
    if (ended.status === "rejected") throw ended.reason;
    return;
  }
  if (ended.status === "rejected" && done.reason instanceof Error) {
    done.reason.message += `\nand the end after it: ${ended.reason}`;
  }
  throw done.reason;
}

/** What a watchdog says: what took too long, what it waited for, and the ends of the logs. */
function report(name: string, limit: number, logs: readonly string[]): string {
  const lines = [`"${name}" took over ${limit} ms`];
  for (const { what, seen } of waits) {
    lines.push(`it waited for: ${what}`);
    const text = seen?.() ?? "";
    if (text !== "") lines.push(indent(lastLines(text)));
  }
  for (const path of logs) lines.push(endOf(path));
  return lines.join("\n");
}
