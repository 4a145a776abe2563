/** `neverliie top` in a real terminal. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { Terminal, type TerminalOptions } from "../support/screens/tmux.ts";

function open(mesh: TestMesh, args: string[] = [], options: TerminalOptions = {}) {
  const env = { NEVERLIIE_HOME: mesh.home, ...options.env };
  return Terminal.open([...suiteCommand("neverliie"), "top", ...args], { ...options, env });
}

if (Deno.build.os === "linux") {
  meshTest("top: a running call is selected and cancelled by its keys; its caller is told", async (
    mesh,
  ) => {
    await mesh.register();
    await mesh.register({ name: "sleeper" });
    const timeout = 50_000;
    const hanging = ["a", "b"].map((id) => mesh.ipc.call("fixture", "hang", { id }, { timeout }));
    for (const call of hanging) call.catch(() => {});
    await mesh.ipc.call("fixture", "happened", { event: "b started" });
    await using terminal = await open(mesh, [], { columns: 100 });
    const screen = await terminal.until(/▌ fixture hang .*\n {2}fixture hang /);
    assertStringIncludes(screen, `client ${Deno.pid}`);
    assert(/^ {2}sleeper +asleep +-/m.test(screen), screen);
    await terminal.press("Down");
    await terminal.until(/ {2}fixture hang .*\n▌ fixture hang /);
    await terminal.press("x");
    const asked = await terminal.until(/Cancel #(\d+) hang of fixture, asked by client \d+\?/);
    assertStringIncludes(asked, "y cancel it   n keep it");
    await terminal.press("n");
    await terminal.gone(/Cancel #/);
    assertEquals(await mesh.ipc.call("fixture", "happened", { event: "b started" }), 1);
    await terminal.press("x", "y");
    await terminal.until(/Cancelled #\d+ hang of fixture/);
    await terminal.until("1 in flight");
    const settled = await Promise.race(hanging.map((call) => call.catch((why) => why as Error)));
    assert(settled instanceof DOMException && settled.name === "AbortError");
    assertStringIncludes(settled.message, '"hang" was cancelled from outside');
    assertEquals(await mesh.ipc.call("fixture", "happened", { event: "b aborted" }), 1);
    assertEquals(await pidOf(mesh.ipc, "sleeper"), null);
    await terminal.press("x", "y");
    await terminal.until("Nothing is in flight.");
    await Promise.allSettled(hanging);
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
  });

  meshTest("top: a stream's progress, rates, sorting; NO_COLOR; a small terminal", async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    await using terminal = await open(mesh, [], { columns: 110, env: { NO_COLOR: "1" } });
    await terminal.until("Nothing is in flight.");
    await terminal.until("Nothing was called");
    const stream = mesh.ipc.stream("fixture", "wait_after_one", { id: "s" });
    await stream.next();
    await terminal.until(/▌ fixture wait_after_one +#\d+ +[\d.]+ s +1 +client \d+ +one$/m);
    await stream.cancel();
    await terminal.until(/METHODS .*\n {2}fixture wait_after_one +0\.\d .* 0$/m);
    await mesh.ipc.call("fixture", "fail").catch(() => {});
    await terminal.until(/ {2}fixture fail .* 1$/m);
    await terminal.press("Tab");
    await terminal.until("sort: busiest");
    await terminal.press("s", "s");
    await terminal.until(/sort: errors/);
    await terminal.until(/METHODS .*\n▌? *fixture fail/);
    // deno-lint-ignore no-control-regex
    assert(!/\x1b\[[0-9;]*3[0-7]m/.test(await terminal.coloured()), "no colours");
    await terminal.resize(30, 5);
    await terminal.until("too small");
    await terminal.resize(60, 12);
    const lines = (await terminal.until(/METHODS/)).split("\n");
    assert(lines.every((line) => line.length <= 60), lines.join("\n"));
    await terminal.press("C-c");
    assertEquals((await terminal.ended()).code, 0);
  });
}
