/** `neverliie events`: what an app tells whoever listens, as it happens. */

import { assertEquals, assertMatch } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { collect } from "../support/mesh/program_output.ts";
import { gone, kill, meshTest, suiteCommand, type TestMesh, until } from "../support/mesh/mesh.ts";

const emit = (mesh: TestMesh, topic: string, ...values: unknown[]) =>
  mesh.ipc.call<number>("fixture", "emit", { topic, values });

meshTest("events waits for an app, prints a line a value, and tells of a restart", async (mesh) => {
  const command = [...suiteCommand("neverliie"), "events", "fixture", "news", "--json"];
  const child = mesh.spawn(command);
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  await until(() => errors.text.includes("\n"));
  assertMatch(errors.text, /^fixture does not run: waiting for it; Ctrl-C ends it\r?\n$/);
  await mesh.register();
  let pid = await mesh.ipc.call<number>("fixture", "pid");
  await emit(mesh, "news", "Grüße", { n: 1 });
  const lines = () => output.text.split("\n").filter((line) => line !== "");
  await until(() => lines().length >= 2 || lines().at(-1)?.includes('"n"') === true);
  kill(pid);
  await gone(pid);
  await until(async () => await pidOf(mesh.ipc, "fixture") !== pid);
  pid = await mesh.ipc.call<number>("fixture", "pid");
  await until(() => output.text.includes("restarted"));
  await emit(mesh, "news", "again");
  await until(() => /"again".*\n/.test(output.text));
  const told = lines().map((line) => JSON.parse(line));
  assertEquals(told.every(({ at, topic }) => typeof at === "number" && topic === "news"), true);
  // (Of values that were told before it listened, it gets the latest.)
  assertEquals(told.slice(-3).map(({ event, value }) => [event, value]), [
    ["value", { n: 1 }],
    ["restarted", undefined],
    ["value", "again"],
  ]);
});

meshTest(
  "events shows all topics of an app, and ends where there is none",
  async (mesh) => {
    await mesh.register();
    const activating = await mesh.neverliie("events", "nobody", "--activate");
    assertEquals(activating.code, 3);
    const child = mesh.spawn([...suiteCommand("neverliie"), "events", "fixture"]);
    const [output, errors] = [collect(child.stdout), collect(child.stderr)];
    await until(() => errors.text.includes("\n"));
    assertEquals([errors.text.trim(), await pidOf(mesh.ipc, "fixture")], [
      "fixture does not run: waiting for it; Ctrl-C ends it",
      null,
    ]);
    await mesh.ipc.wake("fixture");
    await until(async () => await emit(mesh, "news") + await emit(mesh, "ticks") === 2);
    await emit(mesh, "ticks", [1, 2]);
    await emit(mesh, "news", { title: "Blue" });
    await until(() => /Blue.*\n/.test(output.text) && /\[1,2\].*\n/.test(output.text));
    // (Of two topics no order is promised.)
    const lines = output.text.trimEnd().split(/\r?\n/).map((line) =>
      line.replace(/^[\d:.]+ {2}/, "")
    );
    assertEquals(lines.sort(), ['news  {"title":"Blue"}', "ticks  [1,2]"]);
    const wrong = await mesh.neverliie("events", "fixture", "gossip");
    assertEquals([wrong.code, wrong.stderr.trim()], [
      6,
      'neverliie: "fixture" has no topic "gossip"',
    ]);
    const { stdout } = await mesh.neverliie("describe", "fixture");
    assertMatch(
      stdout,
      /TOPIC +RETAINED +DESCRIPTION\r?\nnews +yes +what is new\r?\nticks +no\r?\n/,
    );
  },
);
