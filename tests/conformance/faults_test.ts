/**
 * The kit, held against hosts with one planted fault each: it must fail the fault's section, and no
 * other.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { RunningHost } from "../../apps/neverliie/conformance/host.ts";
import { linesOf } from "../../apps/neverliie/conformance/report.ts";
import { type CheckResult, runChecks } from "../../apps/neverliie/conformance/run.ts";
import { CHECKS } from "../../apps/neverliie/conformance/sections.ts";
import { openHome } from "../../lib/ipc/mod.ts";
import { type Fault, PROGRAM_FAULTS, WIRE_FAULTS } from "../support/conformance/faults.ts";
import { FaultyListener } from "../support/conformance/faulty_listener.ts";
import { OwnProgram } from "../support/conformance/own_program.ts";
import { scriptCommand } from "../support/mesh/mesh.ts";
import { removed } from "../support/run/removed.ts";
import { patient, withLimit } from "../support/run/watchdog.ts";

const timeout = patient(20_000);
const LIMIT = 120_000;
const FIXTURE = scriptCommand("examples/conformance_host.ts");
const SECTIONS = [...new Set(CHECKS.map(({ section }) => section))];
/** Those whose checks start, stop or kill the host, so that it has to be a process of its own. */
const OWN = [...new Set(CHECKS.filter(({ own }) => own).map(({ section }) => section))];

/** The sections of which something failed, and of those that should not have, how. */
function failedOf(section: string, results: readonly CheckResult[]): string[] {
  const failed = results.filter(({ result }) => result === "failed");
  return [
    ...new Set(
      failed.map((one) => one.section === section ? section : linesOf(one).join("\n")),
    ),
  ];
}

/** Runs the program with a fault, and removes what the right host behind it leaves. */
async function checkProgram(fault: string): Promise<CheckResult[]> {
  const command = [...scriptCommand("tests/support/programs/faulty_host.ts"), "--fault", fault];
  let runtime: string | null = null;
  try {
    await using program = await OwnProgram.start(command, timeout);
    ({ runtime } = await openHome(join(program.host.home.path, "right")));
    return await runChecks(program.host, CHECKS, { timeout });
  } finally {
    if (runtime !== null) await removed(runtime);
  }
}

/** Runs the kit against a host that passes what a fault makes of what the right one says. */
async function checkWire(right: string, fault: Fault): Promise<CheckResult[]> {
  const home = await openHome(await Deno.makeTempDir({ prefix: "neverliie-fault-" }));
  try {
    const host = new RunningHost("conformance", home);
    const listener = await FaultyListener.listen(host.address, right, fault);
    try {
      return await runChecks(host, CHECKS, { timeout });
    } finally {
      await listener.close();
    }
  } finally {
    await removed(home.runtime);
    await removed(home.path);
  }
}

Deno.test("conformance: there is a planted fault for each section", () => {
  const planted = [...Object.keys(WIRE_FAULTS), ...Object.keys(PROGRAM_FAULTS)];
  assertEquals(planted.sort(), [...SECTIONS].sort());
});

Deno.test("conformance: a host with one fault fails exactly that section", async () => {
  await using right = await OwnProgram.start(FIXTURE, timeout);
  const check = (section: string) =>
    OWN.includes(section)
      ? checkProgram(section)
      : checkWire(right.host.address, WIRE_FAULTS[section]!);
  const failed = new Map<string, string[]>();
  const work = async (sections: readonly string[]) => {
    for (const section of sections) {
      failed.set(section, failedOf(section, await withLimit(section, check(section), LIMIT)));
    }
  };
  // The programs beside the others, of which one at a time has the right host to itself.
  await Promise.all([work(OWN), work(SECTIONS.filter((section) => !OWN.includes(section)))]);
  const wrong = [...failed].filter(([section, found]) => found.join() !== section);
  assertEquals(wrong, []);
  assertEquals([...failed.keys()].sort(), [...SECTIONS].sort());
});

Deno.test("conformance: what passes through such a host without a fault is right", async () => {
  // (That the rest of it is right, the tests above show: each fault leaves all other sections.)
  await using right = await OwnProgram.start(FIXTURE, timeout);
  const check = checkWire(right.host.address, { what: "nothing" });
  const results = await withLimit("no fault", check, LIMIT);
  const own = new Set(CHECKS.filter(({ own }) => own).map(({ id }) => id));
  assertEquals(results.filter(({ id, result }) => !own.has(id) && result !== "passed"), []);
});
