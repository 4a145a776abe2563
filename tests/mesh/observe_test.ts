/** `neverliie logs -f` and `neverliie bench`. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { meshTest, suiteCommand, WINDOWS } from "../support/mesh/mesh.ts";
import { pidOf } from "../../lib/ipc/mod.ts";

/** Reads lines as they come, one a call. */
function linesOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async next(): Promise<string> {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        assert(!done, `the output ended after "${text}"`);
        text += value;
      }
      const [line, ...rest] = text.split("\n");
      text = rest.join("\n");
      return line!;
    },
    cancel: () => reader.cancel(),
  };
}

meshTest(
  "logs -f goes on with what is written, line by line, and from a file that is cut",
  async (mesh) => {
    await mesh.register();
    const log = mesh.ipc.home.logFile("fixture");
    await Deno.writeTextFile(log, "one\ntwo ü\nthree, not whole yet");
    const command = [...suiteCommand("neverliie"), "logs", "-f", "fixture", "-n", "1"];
    const child = mesh.spawn(command);
    const lines = linesOf(child.stdout);
    assertEquals(await lines.next(), "two ü");
    await Deno.writeTextFile(log, ", but now\n", { append: true });
    assertEquals(await lines.next(), "three, not whole yet, but now");
    await Deno.writeTextFile(log, "anew\n");
    assertEquals(await lines.next(), "anew");
    // Deno sends no Ctrl-C to another process on Windows: a console has to.
    child.kill(WINDOWS ? "SIGKILL" : "SIGINT");
    const { code } = await child.status;
    if (!WINDOWS) assertEquals(code, 130);
    await lines.cancel();
    await child.stderr.cancel();
  },
);

meshTest("logs -f waits for a log that is not there yet", async (mesh) => {
  await mesh.register();
  const child = mesh.spawn([...suiteCommand("neverliie"), "logs", "--follow", "fixture", "--json"]);
  const lines = linesOf(child.stdout);
  await mesh.ipc.wake("fixture");
  assertMatch(JSON.parse(await lines.next()), /^ready \d+/);
  child.kill("SIGKILL");
  await child.status;
  await lines.cancel();
  await child.stderr.cancel();
});

meshTest("bench measures round trips to a method", async (mesh) => {
  await mesh.register();
  const args = ["fixture", "add", '{"a":1,"b":2}', "--count", "200", "-c", "4", "--json"];
  const { code, stdout, stderr } = await mesh.neverliie("bench", ...args);
  assertEquals([code, stderr], [0, ""]);
  const { app, method, count, concurrency, perSecond, min, p50, p90, p99, max } = JSON.parse(
    stdout,
  );
  assertEquals([app, method, count, concurrency], ["fixture", "add", 200, 4]);
  assert(perSecond > 0 && 0 < min && min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max, stdout);
  const text = (await mesh.neverliie("bench", "fixture", "-n", "10")).stdout;
  assertMatch(
    text,
    /^fixture \$\/ping: 10 calls, 1 at once, \d+ a second\nMIN +P50 +P90 +P99 +MAX\n/,
  );
});

meshTest("bench ends with the first error, and wakes nothing with --no-activate", async (mesh) => {
  await mesh.register();
  const asleep = await mesh.neverliie("bench", "fixture", "--no-activate");
  assertEquals([asleep.code, await pidOf(mesh.ipc, "fixture")], [3, null]);
  const failing = await mesh.neverliie("bench", "fixture", "fail");
  assertEquals(failing.code, 1);
  assertStringIncludes(failing.stderr, "it failed");
});
