/** `neverliie top` where there is no terminal; tests/screens has the view. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Sample } from "../../apps/neverliie/top/sample.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";

async function once(mesh: TestMesh, ...args: string[]): Promise<Sample> {
  const { code, stdout, stderr } = await mesh.neverliie("top", "--once", "--json", ...args);
  assertEquals([code, stderr, stdout.split("\n").length], [0, "", 2]);
  return JSON.parse(stdout);
}

meshTest("top --once --json tells who runs, what is in flight, rates and times", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "asleep" });
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  const hanging = assertRejects(() => mesh.ipc.call("fixture", "hang", { id: "h" }), DOMException);
  const stream = mesh.ipc.stream("fixture", "wait_after_one", { id: "s" });
  await stream.next();
  await mesh.ipc.call("fixture", "happened", { event: "h started" });
  // Calls, one after the other, for as long as it looks.
  let made = 0;
  const look = new AbortController();
  const calling = (async () => {
    while (!look.signal.aborted) {
      await mesh.ipc.call("fixture", "add", [1, 2]);
      await mesh.ipc.call("fixture", "fail").catch(() => {});
      made++;
    }
  })();
  const { apps, calls, methods, problems } = await once(mesh, "--interval", "0.5");
  look.abort();
  await calling;
  assertEquals(problems, []);
  const [fixture] = apps.filter(({ name }) => name === "fixture");
  const [asleep] = apps.filter(({ name }) => name === "asleep");
  assertEquals([asleep!.state, asleep!.pid, asleep!.uptime], ["asleep", null, null]);
  assertEquals(await pidOf(mesh.ipc, "asleep"), null);
  const { state, inFlight, uptime, count, failed, perSecond, p50, p99 } = fixture!;
  assertEquals([state, fixture!.pid], ["running", pid]);
  assert(uptime !== null && uptime >= 0 && uptime < 3_600, String(uptime));
  // The calls of the moment may be among them.
  assert(inFlight >= 2 && inFlight <= 3, String(inFlight));
  assert(count > 0 && count <= made * 2 + 2 && perSecond > 0, `${count} of ${made}`);
  assert(failed > 0 && failed < count, `${failed} of ${count}`);
  assert(p50 !== null && p99 !== null && p50 >= 0 && p50 <= p99, `${p50} ${p99}`);
  const find = (name: string) => calls.find(({ method }) => method === name)!;
  assertEquals([find("hang").app, find("hang").pid, find("hang").atLeast], ["fixture", pid, false]);
  assertEquals(find("hang").from, { name: null, pid: Deno.pid });
  assertEquals([find("wait_after_one").items, find("hang").items], [1, null]);
  const [add] = methods.filter(({ method }) => method === "add");
  const [fail] = methods.filter(({ method }) => method === "fail");
  assertEquals([add!.failed, fail!.failed], [0, fail!.count]);
  await stream.cancel();
  const { call } = find("hang");
  await mesh.ipc.call("fixture", "$/cancelCall", { call, pid });
  await hanging;
});

meshTest(
  "top prints tables where there is no terminal, of the apps that are named",
  async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "other" });
    await mesh.ipc.wake("fixture");
    const { code, stdout, stderr } = await mesh.neverliie("top", "fixture", "--interval", "0.1");
    assertEquals([code, stderr], [0, ""]);
    assertMatch(
      stdout,
      /^APP +STATE +PID +IN FLIGHT +CALLS\/S +P50 +P99 +ERRORS\nfixture +running /,
    );
    assert(!stdout.includes("other"), stdout);
    const unknown = await mesh.neverliie("top", "nobody", "--once");
    assertEquals([unknown.code, unknown.stdout], [3, ""]);
    assertMatch(unknown.stderr, /^neverliie: Cannot watch "nobody": it is not registered/);
    const wrong = await mesh.neverliie("top", "--interval", "0");
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
  },
);

meshTest("top --json goes on with a line a sample, over an app's restart", async (mesh) => {
  await mesh.register();
  const first = await mesh.ipc.call<number>("fixture", "pid");
  const child = mesh.spawn([...suiteCommand("neverliie"), "top", "--json", "--interval", "0.1"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const sampleWith = async (holds: (sample: Sample) => boolean) => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end < 0) {
        const { value, done } = await reader.read();
        assert(!done, `it ended after "${text}"`);
        text += value;
        continue;
      }
      const sample: Sample = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      if (holds(sample)) return sample;
    }
  };
  const fixture = ({ apps }: Sample) => apps.find(({ name }) => name === "fixture");
  await sampleWith((sample) => fixture(sample)?.pid === first);
  await mesh.stop("fixture", first);
  await sampleWith((sample) => fixture(sample)?.state === "asleep");
  const second = await mesh.ipc.call<number>("fixture", "pid");
  await sampleWith((sample) => fixture(sample)?.pid === second);
  await mesh.ipc.call("fixture", "add", [1, 2]);
  await sampleWith(({ methods }) => methods.some(({ method }) => method === "add"));
  // The test's end ends it.
  await reader.cancel();
});
