/**
 * A mesh of its own for a task that is no test: made, and taken down whatever happens.
 *
 * @module
 */

import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { endedBy } from "../run/watchdog.ts";
import { TestMesh } from "./mesh.ts";

/** Runs `body` in a fresh mesh, and leaves nothing behind. Ctrl-C ends it in order. */
export async function withOwnMesh(
  body: (mesh: TestMesh, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const home = Deno.makeTempDirSync({ prefix: "neverliie-task-" });
  const ipc = await NeverLiieIPC.client({ home });
  const mesh = new TestMesh(ipc);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  await endedBy(() => body(mesh, stop.signal), async () => {
    Deno.removeSignalListener("SIGINT", onInterrupt);
    await mesh.end();
  });
}

/** The value of a whole-number option, or its default. @throws {TypeError} on any other value. */
export function numberOption(args: readonly string[], name: string, otherwise: number): number {
  const at = args.indexOf(name);
  if (at < 0) return otherwise;
  const text = args[at + 1] ?? "";
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) {
    throw new TypeError(`Cannot take "${text}" for ${name}: give a number above 0`);
  }
  return value;
}

/** @throws {TypeError} on an argument that is no known option with its value. */
export function checkOptions(args: readonly string[], known: readonly string[]): void {
  for (let i = 0; i < args.length; i += 2) {
    if (!known.includes(args[i]!)) {
      throw new TypeError(`Cannot understand "${args[i]}": see --help`);
    }
  }
}
