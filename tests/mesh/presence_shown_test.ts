/**
 * Who comes and goes, as programs show it: the command, and what is on the screen.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { appChanges } from "../../apps/app_changes.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import { collect, Printing } from "../support/mesh/program_output.ts";
import { fixtureCommand, kill, meshTest, suiteCommand, until } from "../support/mesh/mesh.ts";

meshTest(
  "list --watch prints who is there, and a line for each who comes and goes",
  async (mesh) => {
    await mesh.register();
    const watch = (...flags: string[]) =>
      new Printing(mesh.spawn([...suiteCommand("neverliie"), "list", "--watch", ...flags]));
    const [plain, json] = [watch(), watch("--json")];
    const shows = (text: string) => plain.prints(text);
    await shows("fixture does not run");
    await json.prints("\n");
    const events = () =>
      json.output.text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    const has = (count: number) =>
      json.prints(
        `${count} events`,
        (text) => text.endsWith("}\n") && events().length === count,
      );
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    await shows(`fixture has come, process ${pid}, version 1.2.3`);
    await has(2);
    await mesh.stop("fixture", pid);
    await shows(`fixture has left, process ${pid}`);
    await has(3);
    const [present, up, down] = events();
    assertEquals(present.event, "present");
    assert(present.apps.some(({ name }: { name: string }) => name === "fixture"));
    assertEquals([up.event, up.name, up.pid], ["up", "fixture", pid]);
    assertEquals([down.event, down.name, down.pid], ["down", "fixture", pid]);
    for (const program of [plain, json]) await program.end();
  },
);

meshTest("who shows the apps looks again as soon as one comes or goes", async (mesh) => {
  // (An interval that no test waits for.)
  const changes = appChanges(mesh.ipc, 600_000, new AbortController().signal);
  await changes.next();
  const next = changes.next();
  const { pid } = await mesh.serve(fixtureCommand());
  await next;
  assertEquals(await pidOf(mesh.ipc, "fixture"), pid);
  await changes.return(undefined);
  const stop = new AbortController();
  const stopped = appChanges(mesh.ipc, 600_000, stop.signal);
  await stopped.next();
  const last = stopped.next();
  stop.abort(new TypeError("enough"));
  await assertRejects(() => last, TypeError, "enough");
});

/** The command where its user has no watcher left: in a user's namespace of its own. */
const unwatched = (command: readonly string[]) => [
  ...["unshare", "-Ur", "sh", "-c"],
  ...['echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh", ...command],
];

function hasNamespaces(): boolean {
  if (Deno.build.os !== "linux") return false;
  const [program, ...args] = unwatched(["true"]);
  return new Deno.Command(program!, { args, stderr: "null" }).outputSync().success;
}

// (On Windows and macOS nothing counts watchers.)
if (!hasNamespaces()) {
  const what = "no watcher left: needs a user's namespace on Linux, to have none in";
  Deno.test.ignore(`presence: ${what}`, () => {});
} else {
  meshTest("where no watcher is left, it looks once a second; doctor says so", async (mesh) => {
    await mesh.register();
    const neverliie = suiteCommand("neverliie");
    const child = mesh.spawn(unwatched([...neverliie, "list", "--watch"]));
    const [output, errors] = [collect(child.stdout), collect(child.stderr)];
    await until(() => output.text.includes("fixture does not run"));
    await until(() => errors.text !== "");
    assertMatch(errors.text, /^Who comes and goes is looked at each second: Too many open files/);
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    await until(() => output.text.includes(`fixture has come, process ${pid}`));
    kill(pid);
    await until(() => output.text.includes("fixture has died"));
    kill(child.pid);
    await child.status;
    await errors.all;
    const doctor = await mesh.run(unwatched([...neverliie, "doctor"]));
    assertStringIncludes(doctor.stdout, "note  transport: programs are told a second late");
    assertStringIncludes(doctor.stdout, "max_user_instances");
    assertEquals(doctor.code, 0);
  });
}
