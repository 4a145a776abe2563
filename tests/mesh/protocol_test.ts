/** Programs that speak another version of the protocol. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { listApps, PROTOCOL_VERSION, ProtocolMismatchError } from "../../lib/ipc/mod.ts";
import { fixtureCommand, gone, meshTest } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

meshTest(
  "an app of a newer protocol: both versions, its place, and what to update",
  async (mesh) => {
    const newer = PROTOCOL_VERSION + 1;
    await mesh.register({ args: ["--protocol", String(newer)] });
    // It is started as any other, and no call reaches it.
    const error = await assertRejects(
      () => mesh.ipc.call("fixture", "add", [1, 2]),
      ProtocolMismatchError,
    );
    assertEquals([error.own, error.theirs], [PROTOCOL_VERSION, newer]);
    const pid = error.pid!;
    assertStringIncludes(error.message, `Cannot call "fixture": it speaks protocol ${newer}`);
    assertStringIncludes(error.message, `this program protocol ${PROTOCOL_VERSION}. Update this `);
    assertStringIncludes(error.message, mesh.ipc.registry.path);
    assertStringIncludes(error.message, fixtureCommand().at(-1)!);
    const { code, stderr } = await mesh.neverliie("call", "fixture", "add", "[1, 2]");
    assertEquals([code, stderr.includes(`it speaks protocol ${newer}`)], [1, true], stderr);
    // It runs, all the same, and can be seen, examined and stopped.
    const [status] = await listApps(mesh.ipc);
    assertEquals([status!.name, status!.running, status!.pid], ["fixture", true, pid]);
    const doctor = await mesh.neverliie("doctor", "--json");
    assertEquals(doctor.code, 1, doctor.stderr);
    const { findings } = JSON.parse(doctor.stdout) as { findings: { problem: string }[] };
    const found = findings.filter(({ problem }) =>
      problem.includes(`speaks version ${newer} of the`)
    );
    assertEquals(found.length, 1, doctor.stdout);
    const { asked } = await mesh.ipc.call<{ asked: { method: string }[] }>("fixture", "$/ping");
    assert(asked.every(({ method }) => ["$/ping", "$/describe"].includes(method)));
    const stopped = await mesh.neverliie("stop", "fixture");
    assertEquals([stopped.code, stopped.stderr], [0, ""]);
    await gone(pid);
  },
);

meshTest(
  "an app of an older protocol is the one to update; one that says nothing is taken",
  async (mesh) => {
    await mesh.register({ args: ["--protocol", "0"] });
    const error = await assertRejects(
      () => mesh.ipc.call("fixture", "add", [1, 2]),
      ProtocolMismatchError,
      'Update "fixture", which is the older',
    );
    await mesh.stop("fixture", error.pid!);
    await mesh.register({ name: "wordless", args: ["--protocol", "null"] });
    assertEquals(await mesh.ipc.call("wordless", "anything"), null);
    const { pid } = await mesh.ipc.call<{ pid: number }>("wordless", "$/ping");
    await mesh.stop("wordless", pid);
  },
);

meshTest("a newer client is told which protocol an app speaks", async (mesh) => {
  await mesh.register();
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  await using raw = await RawClient.dial(mesh.ipc.home.address("fixture"));
  const params = { name: null, pid: 1, protocol: PROTOCOL_VERSION + 1 };
  await raw.send({ jsonrpc: "2.0", id: 1, method: "$/ping", params });
  const { result } = (await raw.receive())!;
  assertEquals([result.name, result.pid, result.protocol], ["fixture", pid, PROTOCOL_VERSION]);
});
