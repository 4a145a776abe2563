/**
 * A host with one planted fault, `--fault SECTION` of the conformance kit: none where that is left
 * out. Behind it, in a home of its own, the fixture runs that does all as the page says; what passes
 * between a client and that is changed where the fault says so. The rest of a host (its name, its
 * lock, its address, a second start) is done here, in plain sight.
 */

import { join } from "@std/path";
import { frame, readFrame } from "../../../apps/neverliie/conformance/frame.ts";
import { ProcessLock } from "../../../lib/ipc/base/lock.ts";
import { openHome } from "../../../lib/ipc/registry/home.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { FaultyListener } from "../conformance/faulty_listener.ts";
import { type Fault, PROGRAM_FAULTS, WIRE_FAULTS } from "../conformance/faults.ts";

const NAME = "conformance";
const at = Deno.args.indexOf("--fault");
const fault = at < 0 ? "" : Deno.args[at + 1]!;
if (fault !== "" && !(fault in WIRE_FAULTS) && !(fault in PROGRAM_FAULTS)) {
  console.error(`no fault for "${fault}"`);
  Deno.exit(2);
}
const woken = Deno.env.has("NEVERLIIE_WOKEN");
const home = await openHome();
const address = home.address(NAME);
const soon = () => ({ deadline: performance.now() + 10_000 });

const lock = ProcessLock.try(home.runtimeFile(NAME, "lock"));
const first = await platform().dial(address, soon());
if (lock === null || first !== null) {
  if (first !== null && !woken) {
    const args = fault === "second instance" ? [] : Deno.args;
    const params = { args, cwd: Deno.cwd(), pid: Deno.pid };
    const start = { jsonrpc: "2.0", id: 1, method: "$/secondInstance", params };
    await first.write(frame(JSON.stringify(start)));
    const answer = await first.read();
    if (answer === null || readFrame(answer) === null) Deno.exit(1);
  }
  console.log("it runs already");
  Deno.exit(0);
}
if (fault === "locks") lock.release();
if (fault === "registry") {
  const text = await Deno.readTextFile(home.registryFile).catch(() => "{}");
  const entry = JSON.parse(text)[NAME];
  if (entry !== undefined) {
    await Deno.writeTextFile(home.registryFile, JSON.stringify({ [NAME]: entry }));
  }
}

Deno.env.delete("NEVERLIIE_WOKEN");
Deno.env.set("NEVERLIIE_HOME", join(home.path, "right"));
const right = await openHome();
const fixture = import("../../../examples/conformance_host.ts");
for (let there = null; there === null; await pause(2)) {
  there = await platform().dial(right.address(NAME), soon());
  await there?.close();
}

/** What every other fault leaves as it is. */
const otherName: Fault = {
  what: PROGRAM_FAULTS["waking"]!,
  told: (message, link) =>
    link.requests.get(message["id"])?.["method"] === "$/ping"
      ? { ...message, result: { ...message["result"] as object, name: "another" } }
      : message,
};
const wire = fault === "waking" && woken ? otherName : WIRE_FAULTS[fault] ?? { what: "nothing" };
const listener = await FaultyListener.listen(address, right.address(NAME), wire);
console.log("it serves");
// It has left once its last connection is closed.
await fixture;
await listener.close();
Deno.exit(0);
