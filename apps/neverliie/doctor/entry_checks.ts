/**
 * What can be wrong with an entry of the registry: whether what it names is there, and can be started.
 *
 * @module
 */

import {
  isEdited,
  missingLock,
  missingPart,
  type NeverLiieIPC,
  type RegistryEntry,
} from "../../../lib/ipc/mod.ts";
import { runsByDeno, startCommand, withoutLock } from "../../../lib/ipc/tools.ts";
import type { Finding } from "./diagnosis.ts";

type Found = Omit<Finding, "check">;

/** What keeps the app `name` from being started, or has it started otherwise than its entry says. */
export function* checkEntry(
  name: string,
  entry: RegistryEntry,
  { home, registry }: NeverLiieIPC,
): Generator<Found> {
  const level = "problem";
  const missing = missingPart(entry);
  if (missing !== null) {
    const { part, path, why, gone } = missing;
    const problem = `"${name}": its ${part} "${path}" ${why}`;
    const again = "where it was moved to, start it once to register it";
    if (part === "program" && runsByDeno(entry)) {
      const mend = `neverliie wake ${name}, with another Deno on PATH: that is recorded then`;
      yield { level, problem, mend };
    } else if (gone && !isEdited(entry)) {
      const remedy = async () => void await registry.prune(name);
      yield { level, problem, mend: `neverliie prune; ${again}`, remedy };
    } else {
      const back = gone ? "" : "bring that place back; ";
      yield { level, problem, mend: `${back}${again}; or else: neverliie prune ${name}` };
    }
  } else {
    const closed = closedPart(entry);
    if (closed !== null) {
      yield { level, problem: `"${name}": its ${closed}`, mend: "give yourself the right to" };
    }
  }
  const lock = missingLock(entry);
  if (lock !== null) {
    const problem =
      `"${name}": its lock file "${lock}" is not there, so its packages are not pinned`;
    const mend = "in its checkout: git checkout deno.lock, then any task, such as deno task start";
    yield { level, problem, mend };
  }
  const start = missing === null ? startCommand(unpinned(entry), home.path) : null;
  if (start === null || (typeof start !== "string" && start.instead === null)) return;
  const refused = typeof start === "string";
  yield {
    level: refused ? "problem" : "note",
    problem: `"${name}": ${refused ? `its ${start}` : start.instead}`,
    mend: `make "${entry.cwd}" again, or start ${name} once from the folder that it is to have`,
  };
}

/** The entry without what was told of its lock file. */
function unpinned(entry: RegistryEntry): RegistryEntry {
  return missingLock(entry) === null ? entry : { ...entry, cmd: withoutLock(entry.cmd) };
}

/** A part that is there and that this user may not start. */
function closedPart({ type, cmd }: RegistryEntry): string | null {
  const [program] = cmd as [string];
  try {
    const { mode } = Deno.statSync(program);
    if (Deno.build.os !== "windows" && ((mode ?? 0) & 0o111) === 0) {
      return `program "${program}" is not executable`;
    }
  } catch (error) {
    return `program "${program}" cannot be looked at (${(error as Error).message})`;
  }
  const script = cmd.at(-1)!;
  // (One that is loaded by its URL is on no disk.)
  if (type !== "script" || /^[a-z]{2,}:/i.test(script)) return null;
  try {
    Deno.openSync(script).close();
    return null;
  } catch (error) {
    return `script "${script}" cannot be read (${(error as Error).message})`;
  }
}
