/** `$/watch` and `neverliie trace`: what an app is asked, as it happens. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pidOf, type WatchEvent } from "../../lib/ipc/mod.ts";
import { meshTest } from "../support/mesh/mesh.ts";
import { suiteCommand } from "../support/mesh/mesh.ts";

meshTest(
  "$/watch tells of calls, failures and streams; params only when asked for",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const redacted = mesh.ipc.stream<WatchEvent>("fixture", "$/watch");
    const whole = mesh.ipc.stream<WatchEvent>("fixture", "$/watch", { params: true });
    const next = async (events: typeof whole) => (await events.next()).value as WatchEvent;
    assertEquals((await next(redacted)).event, "watching");
    assertEquals((await next(whole)).event, "watching");
    await mesh.ipc.call("fixture", "add", { a: 1, b: 2 });
    const began = await next(whole);
    assert(began.event === "began");
    assertEquals([began.method, began.names, began.params], ["add", ["a", "b"], { a: 1, b: 2 }]);
    const ended = await next(whole);
    assert(ended.event === "ended" && ended.milliseconds >= 0);
    assertEquals([ended.call, ended.method, ended.outcome], [began.call, "add", "answered"]);
    assert(!("params" in await next(redacted)));
    await next(redacted);
    await redacted.cancel();
    await mesh.ipc.call("fixture", "fail", { code: 42 }).catch(() => {});
    await next(whole);
    const failed = await next(whole);
    assert(failed.event === "ended");
    assertEquals([failed.outcome, failed.error], ["failed", {
      code: 42,
      message: "it failed: Grüße",
    }]);
    assertEquals(await Array.fromAsync(mesh.ipc.stream("fixture", "count", { to: 3 })), [0, 1, 2]);
    await next(whole);
    const stream = await next(whole);
    assert(stream.event === "ended");
    assertEquals([stream.outcome, stream.items], ["answered", 3]);
    for await (const _ of mesh.ipc.stream("fixture", "wait_after_one", { id: "left" })) break;
    await next(whole);
    const left = await next(whole);
    assert(left.event === "ended");
    assertEquals([left.method, left.outcome], ["wait_after_one", "cancelled"]);
    await whole.cancel();
  },
);

meshTest("trace prints a line an event, and starts no app", async (mesh) => {
  await mesh.register();
  const asleep = await mesh.neverliie("trace", "fixture");
  assertEquals([asleep.code, await pidOf(mesh.ipc, "fixture")], [3, null]);
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  const child = mesh.spawn([...suiteCommand("neverliie"), "trace", "fixture"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (pattern: RegExp) => {
    while (!pattern.test(text)) {
      const { value, done } = await reader.read();
      assert(!done, `the output ended after "${text}"`);
      text += value;
    }
  };
  await until(/watching fixture, process \d+/);
  assertStringIncludes(text, String(pid));
  await mesh.ipc.call("fixture", "add", { a: 1, b: 2 });
  await until(
    /#\d+ add\(a, b\) from a client \(process \d+\)\r?\n.*#\d+ add answered after [\d.]+ ms\r?\n/,
  );
  await mesh.stop("fixture", pid);
  // The app has ended, and so does what watched it.
  assertEquals((await child.status).code, 7);
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  assertMatch(stderr, /^neverliie: /);
});
