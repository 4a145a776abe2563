import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connectTo } from "../../../lib/ipc/activation/activation.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { Elevation } from "../../../lib/ipc/activation/elevation.ts";
import { AlreadyRunningError, TargetStartError } from "../../../lib/ipc/activation/start_errors.ts";
import { ErrorCode, RemoteError } from "../../../lib/ipc/wire/errors.ts";
import { IncomingConnections } from "../../../lib/ipc/incoming_connections.ts";
import { becomeInstance } from "../../../lib/ipc/activation/instance.ts";
import { DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { copyCalls } from "../../../lib/ipc/second_instance.ts";
import { Registry } from "../../../lib/ipc/registry/registry.ts";
import { Targets } from "../../../lib/ipc/targets.ts";
import type { Listener, Rights, Transport } from "../../../lib/ipc/os/transport.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

// What elevation itself is, only Windows can tell; what follows from it is tested here, with
// everything but that one answer real.
const LOW = { elevated: false, integrity: 0x1000 };
const MEDIUM = { elevated: false, integrity: 0x2000 };
const HIGH = { elevated: true, integrity: 0x3000 };
const elevatedPlatform = { ...platform(), rights: () => HIGH };
const elevated = new Elevation(elevatedPlatform);
const trusting = new Elevation(elevatedPlatform, true);
const ordinary = new Elevation({ rights: () => MEDIUM });
/** One of a user whose programs are all strong: User Account Control is off, say. */
const strong = new Elevation({ rights: () => ({ ...HIGH, elevated: false }) });

/** A transport whose peer has such rights, or may have any; on Unix nobody has. */
function peer(rights?: Rights | null): Transport {
  const [end] = memoryPair();
  return rights === undefined ? end : Object.assign(end, { peerRights: () => rights });
}

Deno.test("Elevation: an elevated process exchanges calls with elevated ones alone", () => {
  assertEquals(elevated.peerRefusal(peer(HIGH)), null);
  for (const other of [peer(MEDIUM), peer(null), peer()]) {
    assertStringIncludes(elevated.peerRefusal(other)!, "trustUnelevated");
    assertEquals(trusting.peerRefusal(other), null);
    assertEquals(ordinary.peerRefusal(other), null);
  }
  assertEquals(ordinary.peerRefusal(peer(HIGH)), null);
  assertEquals([trusting.startRefusal(), ordinary.startRefusal()], [null, null]);
  assertStringIncludes(elevated.startRefusal()!, "any unelevated program");
});

Deno.test("Elevation: nothing is exchanged with a peer of a lower integrity level", () => {
  for (const [own, other] of [[ordinary, LOW], [strong, MEDIUM], [strong, LOW]] as const) {
    assertStringIncludes(own.peerRefusal(peer(other))!, "lower integrity level");
  }
  assertEquals(strong.startRefusal(), null);
  for (const other of [peer({ ...HIGH, elevated: false }), peer(HIGH), peer(null), peer()]) {
    assertEquals(strong.peerRefusal(other), null);
  }
  assertEquals(new Elevation({ rights: () => MEDIUM }, true).peerRefusal(peer(LOW)), null);
});

Deno.test("Elevation: nothing is exchanged where the system does not tell rights", () => {
  const fails = (): never => {
    throw new Error("Cannot read the process's token: out of memory");
  };
  const unknown = new Elevation({ rights: fails });
  const why = unknown.peerRefusal(peer(MEDIUM))!;
  assertStringIncludes(why, "cannot be told: Cannot read the process's token: out of memory. The");
  const odd = Object.assign(peer(), { peerRights: fails });
  assertStringIncludes(ordinary.peerRefusal(odd)!, "cannot be told");
  assertEquals(new Elevation({ rights: fails }, true).peerRefusal(odd), null);
});

Deno.test("IncomingConnections tells a weaker peer why an app runs none of its requests", async () => {
  for (
    const [policy, rights, refused] of [
      [elevated, MEDIUM, "elevated"],
      [elevated, null, "elevated"],
      [elevated, HIGH, null],
      [trusting, MEDIUM, null],
      [ordinary, MEDIUM, null],
      [ordinary, LOW, "lower integrity level"],
    ] as const
  ) {
    const [ours, theirs] = memoryPair();
    const accepts = [Object.assign(theirs, { peerRights: () => rights })];
    const listener: Listener = {
      address: "here",
      accept: () => Promise.resolve(accepts.shift() ?? null),
      close: () => Promise.resolve(),
    };
    let handled = 0;
    const incoming = new IncomingConnections(policy, () => ++handled, DEFAULT_LIMITS, () => {});
    await incoming.accept(listener);
    const client = new Connection(ours);
    client.notify("run", { command: "x" });
    if (refused === null) assertEquals((await client.call("run")).result, 2);
    else {
      const error = await assertRejects(() => client.call("run"), RemoteError, refused);
      assertEquals(error.code, ErrorCode.Refused);
    }
    assertEquals(handled, refused === null ? 2 : 0);
    await incoming.close("the test is over");
    await client.ended;
  }
});

Deno.test("an elevated process starts nothing from the registry, and says why", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const registry = new Registry(home);
  const marker = `${home.path}/started`;
  const code = `Deno.writeTextFileSync(${JSON.stringify(marker)}, "")`;
  await registry.set("app", {
    type: "binary",
    cmd: [Deno.execPath(), "eval", code],
    cwd: home.path,
  });
  const { signal } = new AbortController();
  const connect = (elevation: Elevation) =>
    connectTo("app", { home, platform: elevatedPlatform, registry, elevation }, {
      activate: true,
      signal,
    });
  const error = await assertRejects(() => connect(elevated), TargetStartError, "trustUnelevated");
  assertStringIncludes(error.message, 'Cannot start "app"');
  const left = [...Deno.readDirSync(home.runtime)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.endsWith("starts.json")), [], "no start was counted");
  // Told otherwise, it starts it (and then finds that this program never joins a mesh).
  await assertRejects(() => connect(trusting), TargetStartError, "exit code 0");
  assertEquals(Deno.statSync(marker).isFile, true);
});

Deno.test("an elevated process neither calls an unelevated app nor hands over to it", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const registry = new Registry(home);
  const listener = await platform().listen(home.address("app"));
  const heard: string[] = [];
  const incoming = new IncomingConnections(
    ordinary,
    ({ method }) => heard.push(method),
    DEFAULT_LIMITS,
    () => {},
  );
  const accepting = incoming.accept(listener);
  const context = { home, platform: elevatedPlatform, registry, elevation: elevated };
  const targets = new Targets(context, (request) => request.throwNotFound(), DEFAULT_LIMITS);
  const error = await assertRejects(
    () => targets.request("app", "x", {}, {}, ({ result }) => result),
    Deno.errors.PermissionDenied,
    'Cannot call "app"',
  );
  assertStringIncludes(error.message, "trustUnelevated");
  await assertRejects(
    () => becomeInstance("app", context, copyCalls, false, "throw"),
    AlreadyRunningError,
    "elevated",
  );
  assertEquals(heard, []);
  await Promise.all([targets.close(), listener.close()]);
  await accepting;
  await incoming.close("the test is over");
});
