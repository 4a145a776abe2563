/** Opening files by Windows' shell, which takes its time. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openByShell } from "../../lib/system/shell_windows.ts";
import { removed } from "../support/run/removed.ts";
import { until, withLimit } from "../support/run/watchdog.ts";

const LIMIT = 30_000;

if (Deno.build.os === "windows") {
  Deno.test("windows shell: everything else goes on while it opens a file", async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "neverliie-shell-" }));
    try {
      await withLimit("opening a file", opens(folder), LIMIT);
    } finally {
      await removed(folder);
    }
  });
}

async function opens(folder: string): Promise<void> {
  const program = join(folder, "told.cmd");
  Deno.writeTextFileSync(program, "@echo %~n0> written\r\n");
  let turns = 0;
  let over = false;
  const turn = () => {
    turns++;
    if (!over) setImmediate(turn);
  };
  const opened = openByShell(program, folder);
  turn();
  await opened;
  over = true;
  // One is the call's own; a call that keeps the thread lets nothing else have one.
  assert(turns > 3, `${turns} turns`);
  let written = "";
  await until(() => {
    try {
      written = Deno.readTextFileSync(join(folder, "written")).trim();
    } catch (error) {
      // Not there yet, or still being written.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.Busy)) {
        throw error;
      }
    }
    return written !== "";
  });
  assertEquals(written, "told");
  await assertRejects(() => openByShell(join(folder, "missing.cmd")), Error, "missing.cmd");
}
