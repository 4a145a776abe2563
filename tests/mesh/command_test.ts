/** The `neverliie` command: its answers for people and programs, and its exit codes. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { platform } from "../../lib/ipc/os/platform.ts";
import type { Transport } from "../../lib/ipc/os/transport.ts";
import { meshTest, MODE, suiteCommand, WINDOWS } from "../support/mesh/mesh.ts";
import { finished } from "../support/mesh/program_output.ts";

meshTest(
  "list --json gives name, registered, type, cmd, cwd, address, running, pid",
  async (mesh) => {
    await mesh.register();
    const asleep = JSON.parse((await mesh.neverliie("list", "--json")).stdout);
    const [fixture] = asleep.filter(({ name }: { name: string }) => name === "fixture");
    assertEquals(Object.keys(fixture), [
      "name",
      "registered",
      "type",
      "cmd",
      "cwd",
      "address",
      "running",
      "pid",
      "silent",
      "gave_up",
    ]);
    assertEquals([fixture.type, fixture.running, fixture.pid], [MODE, false, null]);
    assertEquals(fixture.address, mesh.ipc.home.address("fixture"));
    const pid = await mesh.ipc.call("fixture", "pid");
    const awake = JSON.parse((await mesh.neverliie("--json", "list")).stdout);
    const [running] = awake.filter(({ name }: { name: string }) => name === "fixture");
    assertEquals([running.running, running.pid], [true, pid]);
    assertMatch((await mesh.neverliie("list")).stdout, /fixture\s+yes/);
  },
);

meshTest("list tells who has an address and does not answer", async (mesh) => {
  const listeners = await Promise.all(["mute", "rude"].map(async (name) => {
    await mesh.register({ name });
    return await platform().listen(mesh.ipc.home.address(name), { report: () => {} });
  }));
  /** What was accepted; one of the two ends it at once, as often as it is asked. */
  const accepted = listeners.map(async (listener, i) => {
    const all: Transport[] = [];
    for (let one; (one = await listener.accept()) !== null; all.push(one)) {
      if (i === 1) await one.close();
    }
    return all;
  });
  const { code, stdout } = await mesh.neverliie("list");
  assertEquals(code, 0);
  assertMatch(stdout, /mute\s+does not answer\s+-/);
  assertMatch(stdout, /rude\s+does not answer\s+-/);
  for (const listener of listeners) await listener.close();
  for (const one of (await Promise.all(accepted)).flat()) await one.close();
});

meshTest("call takes JSON from the argument, a file and standard input", async (mesh) => {
  await mesh.register();
  const params = '{"a":20,"b":22}';
  assertEquals((await mesh.neverliie("call", "fixture", "add", params)).stdout, "42\n");
  const file = join(mesh.home, "params ü.json");
  Deno.writeTextFileSync(file, params);
  assertEquals((await mesh.neverliie("call", "fixture", "add", `@${file}`)).stdout, "42\n");
  const child = mesh.spawn(
    [...suiteCommand("neverliie"), "call", "fixture", "add", "-", "--json"],
    {
      stdin: "piped",
    },
  );
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(params));
  await writer.close();
  assertEquals((await finished(child)).stdout, "42\n");
});

meshTest("exit codes tell what went wrong, and --json says it in JSON", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "crashing", args: ["crash"] });
  const cases: [string[], number, string][] = [
    [["call", "fixture", "fail", '{"code":42}'], 1, "it failed: Grüße"],
    [["call", "fixture", "add", "{a:1"], 2, "@params.json"],
    [["call", "fixture", "add", "7"], 2, "object"],
    [["call", "fixture"], 2, "missing required argument"],
    [["frobnicate"], 2, "unknown command"],
    [["call", "Fixture", "add"], 2, "lower case"],
    [["call", "nobody", "add"], 3, "nobody"],
    [["call", "crashing", "add"], 4, "exit code 7"],
    [["call", "fixture", "hang", '{"id":"x"}', "--timeout", "100"], 5, "100 ms"],
    [["call", "fixture", "nope"], 6, "nope"],
    [["call", "fixture", "die"], 7, "die"],
    [["ping", "fixture"], 3, "not running"],
    [["stop"], 2, "--all"],
  ];
  for (const [args, code, text] of cases) {
    const result = await mesh.neverliie(...args);
    assertEquals([result.code, result.stdout], [code, ""], args.join(" "));
    assertStringIncludes(result.stderr, text);
  }
  const usage = await mesh.neverliie("call", "--json");
  assertEquals([usage.code, JSON.parse(usage.stderr).error.name], [2, "UsageError"]);
  const json = await mesh.neverliie("call", "fixture", "fail", '{"code":42,"data":[1]}', "--json");
  assertEquals(JSON.parse(json.stderr), {
    error: { name: "RemoteError", message: "it failed: Grüße", code: 42, data: [1] },
  });
});

meshTest("stream prints a line an item", async (mesh) => {
  await mesh.register();
  const { code, stdout } = await mesh.neverliie("stream", "fixture", "count", '{"to":3}', "--json");
  assertEquals([code, stdout], [0, "0\n1\n2\n"]);
});

meshTest("wake, ping, describe, logs, stop, prune", async (mesh) => {
  await mesh.register();
  assertStringIncludes((await mesh.neverliie("wake", "fixture")).stdout, "was started");
  assertStringIncludes((await mesh.neverliie("wake", "fixture")).stdout, "was running already");
  assertMatch((await mesh.neverliie("ping", "fixture")).stdout, /answered in [\d.]+ ms/);
  assertMatch((await mesh.neverliie("describe", "fixture")).stdout, /add\s+call\s+a, b/);
  const logs = JSON.parse((await mesh.neverliie("logs", "fixture", "--json", "-n", "1")).stdout);
  assertMatch(logs.lines[0], /^ready \d+/);
  const stopped = JSON.parse((await mesh.neverliie("stop", "--all", "--json")).stdout);
  assertEquals(stopped.map(({ name }: { name: string }) => name), ["fixture"]);
  // One that cannot be stopped hides nothing of the others.
  const some = await mesh.neverliie("stop", "no app", "fixture", "a/b", "other");
  assertEquals([some.code, some.stdout], [2, "fixture was not running\nother was not running\n"]);
  for (const name of ["no app", "a/b"]) assertStringIncludes(some.stderr, `"${name}"`);
  const told = await mesh.neverliie("stop", "no app", "fixture", "a/b", "--json");
  assertEquals([told.code, told.stdout], [2, '[{"name":"fixture","pid":null}]\n']);
  const names = told.stderr.trim().split("\n").map((line) => JSON.parse(line).error.name);
  assertEquals(names, ["TypeError", "TypeError"]);
  await mesh.ipc.registry.set("gone", {
    type: "binary",
    cmd: [join(mesh.home, "gone")],
    cwd: mesh.home,
  });
  assertEquals((await mesh.neverliie("prune", "--json")).stdout, '["gone"]\n');
});

if (!WINDOWS) {
  // Deno sends no Ctrl-C to another process on Windows: a console has to.
  meshTest("Ctrl-C cancels what was called and exits 130", async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const child = mesh.spawn([
      ...suiteCommand("neverliie"),
      ...["stream", "fixture", "wait_after_one", '{"id":"cli"}'],
    ]);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "one\n");
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    await reader.cancel();
    assertEquals(await mesh.ipc.call("fixture", "happened", { event: "cli aborted" }), 1);
  });
}

meshTest("help teaches with examples and exit codes, and is no error", async (mesh) => {
  const { code, stdout, stderr } = await mesh.neverliie("--help");
  assertEquals([code, stderr], [0, ""]);
  for (const part of ["Examples:", "Exit codes:", "list", "stream", "prune"]) {
    assertStringIncludes(stdout, part);
  }
  assert(stdout.split("\n").every((line) => line.length <= 110));
});
