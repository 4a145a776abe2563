import { assert, assertEquals, assertRejects } from "@std/assert";
import { TargetStartError } from "../../lib/ipc/mod.ts";
import { LOG_SIZE_MAX } from "../../lib/ipc/log_file.ts";
import { meshTest } from "../support/mesh.ts";

meshTest("a log that has grown large is set aside when its program is woken", async (mesh) => {
  await mesh.register({ args: ["crash"] });
  const log = mesh.ipc.home.logFile("fixture");
  const small = "x".repeat(100) + "\n";
  await Deno.writeTextFile(log, small);
  // The error has the end of what this start wrote, wherever in the file that is.
  const wake = async () => {
    const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError);
    assert((error as TargetStartError).log.endsWith("a line on standard error: Grüße"));
    assert(!(error as TargetStartError).log.includes("x"));
  };
  await wake();
  assert((await Deno.readTextFile(log)).startsWith(small));
  await Deno.writeTextFile(`${log}.1`, "older");
  await Deno.writeTextFile(log, small.repeat(Math.ceil(LOG_SIZE_MAX / small.length) + 1));
  await wake();
  assert(!(await Deno.readTextFile(log)).includes("x"));
  assert((await Deno.readTextFile(`${log}.1`)).startsWith(small));
  const { code, stdout } = await mesh.neverliie("logs", "fixture", "--lines", "1");
  assertEquals([code, stdout], [0, "a line on standard error: Grüße\n"]);
});
