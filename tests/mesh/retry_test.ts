/** What is asked again where a connection was lost, and what never. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type AppDescription,
  ConnectionLostError,
  listApps,
  StartLimitError,
} from "../../lib/ipc/mod.ts";
import { readStarts } from "../../lib/ipc/tools.ts";
import { gone, meshTest, type TestMesh } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

interface Answer {
  attempt: number;
  pid: number;
}

/** Whether the fixture runs, once the process that ran is gone. */
async function runsAfter(mesh: TestMesh, pid: number): Promise<boolean> {
  await gone(pid);
  return (await listApps(mesh.ipc)).some(({ name, running }) => name === "fixture" && running);
}

meshTest(
  "retry: an idempotent call whose app dies before it answers is made again",
  async (mesh) => {
    await mesh.register();
    const first = await mesh.ipc.call<Answer>("fixture", "again");
    assertEquals(first.attempt, 1);
    const calls = await Promise.all([
      mesh.ipc.call<Answer>("fixture", "again", { die: 2 }),
      mesh.ipc.call<Answer>("fixture", "again", { die: 1, wait: 1 }),
    ]);
    assertEquals(calls.map(({ attempt }) => attempt >= 2), [true, true]);
    assertEquals(calls[0].attempt, 3);
    assert(calls.every(({ pid }) => pid !== first.pid));
  },
);

meshTest("retry: a call of any other method is lost, and starts nothing", async (mesh) => {
  await mesh.register();
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  await assertRejects(() => mesh.ipc.call("fixture", "die"), ConnectionLostError);
  assertEquals(await runsAfter(mesh, pid), false);
  // Nor does an idempotent one whose caller starts nobody, or has no time for another attempt.
  for (const options of [{ activate: false }, { timeout: 20 }]) {
    const { pid } = await mesh.ipc.call<Answer>("fixture", "again");
    const call = () => mesh.ipc.call("fixture", "again", { die: 1 }, options);
    const error = await assertRejects(call);
    const late = error instanceof Deno.errors.TimedOut && options.timeout === 20;
    assert(error instanceof ConnectionLostError || late, String(error));
    assertEquals(await runsAfter(mesh, pid), false);
  }
});

meshTest("retry: a stream is asked for again until its first items, never after", async (mesh) => {
  await mesh.register();
  const items = (params: object) =>
    Array.fromAsync(mesh.ipc.stream<number>("fixture", "again_items", { ...params }));
  assertEquals(await items({ die: 1 }), [2]);
  await assertRejects(() => items({ die: 1, first: true }), ConnectionLostError);
});

meshTest(
  "retry: an app that was told to leave is not started for what it had begun",
  async (mesh) => {
    await mesh.register();
    const { pid } = await mesh.ipc.call<Answer>("fixture", "again");
    const lost = assertRejects(
      () => mesh.ipc.call("fixture", "hang_again"),
      ConnectionLostError,
      "it was asked to shut down",
    );
    await mesh.ipc.call("fixture", "happened", { event: "hang_again started" });
    await mesh.ipc.call("fixture", "$/shutdown");
    await lost;
    assertEquals(await runsAfter(mesh, pid), false);
  },
);

meshTest("retry: an app that comes back and no longer says so is not asked again", async (mesh) => {
  await mesh.register();
  await mesh.ipc.call("fixture", "again");
  // It is started so the next time.
  await mesh.register({ args: ["--nothing-idempotent"] });
  await assertRejects(() => mesh.ipc.call("fixture", "again", { die: 1 }), ConnectionLostError);
  assertEquals((await mesh.ipc.call<Answer>("fixture", "again")).attempt, 1);
});

meshTest("retry: what the app takes to come back is not of the call's time", async (mesh) => {
  await mesh.register();
  await mesh.ipc.call("fixture", "again");
  await mesh.register({ args: ["--slow", "2000"] });
  const options = { timeout: 1_500 };
  const { attempt } = await mesh.ipc.call<Answer>("fixture", "again", { die: 1 }, options);
  assertEquals(attempt, 2);
});

meshTest("retry: never past the start limit, whose error the caller gets", async (mesh) => {
  await mesh.register();
  const { pid } = await mesh.ipc.call<Answer>("fixture", "again");
  const record = readStarts(mesh.ipc.home, "fixture");
  record.starts = [1, 2, 3, 4, 5].map(() => Date.now());
  const file = mesh.ipc.home.runtimeFile("fixture", "starts.json");
  Deno.writeTextFileSync(file, JSON.stringify(record));
  await assertRejects(() => mesh.ipc.call("fixture", "again", { die: 1 }), StartLimitError);
  assertEquals(await runsAfter(mesh, pid), false);
});

meshTest(
  "retry: told in $/describe, in the greeting, by describe and types, on the wire",
  async (mesh) => {
    await mesh.register();
    const { methods } = await mesh.ipc.call<AppDescription>("fixture", "$/describe");
    const told = methods.filter(({ idempotent }) => idempotent).map(({ name }) => name);
    assertEquals(told, ["divide", "tell", "again", "again_items", "hang_again"]);
    const { idempotent } = await mesh.ipc.call<{ idempotent: string[] }>("fixture", "$/ping");
    assertEquals(idempotent, told);
    const { stdout } = await mesh.neverliie("describe", "fixture");
    assert(/^again +call, idempotent\b/m.test(stdout), stdout);
    assert(/^again_items +stream, idempotent\b/m.test(stdout), stdout);
    assert(/^pid +call\s*$/m.test(stdout), stdout);
    const types = await mesh.neverliie("types", "fixture");
    assert(/Idempotent: .*\n {2}again\(/.test(types.stdout), types.stdout);
    await using raw = await RawClient.dial(mesh.ipc.home.address("fixture"));
    for (const [id, attempt] of [[1, 7], [2, 0], [3, "7"], [4, undefined]]) {
      await raw.send({ jsonrpc: "2.0", id, method: "context", params: {}, attempt });
      assertEquals((await raw.receive())!.result.attempt, attempt === 7 ? 7 : 1);
    }
  },
);
