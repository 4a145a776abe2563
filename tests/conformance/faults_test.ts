/**
 * The kit, held against hosts with one planted fault each: it must fail the fault's section, and no
 * other. Without a fault all of it passes.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { RunningHost } from "../../apps/neverliie/conformance/host.ts";
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
const SECTIONS = [...new Set(CHECKS.map(({ section }) => section))];
/** Those whose checks start, stop or kill the host, so that it has to be a process of its own. */
const OWN = [...new Set(CHECKS.filter(({ own }) => own).map(({ section }) => section))];

/** The sections of which something failed. */
function failedOf(results: readonly CheckResult[]): string[] {
  const failed = results.filter(({ result }) => result === "failed");
  return [...new Set(failed.map(({ section }) => section))];
}

/** Runs the program with a fault, and removes what the right host behind it leaves. */
async function checkProgram(fault: string | null): Promise<CheckResult[]> {
  const command = scriptCommand("tests/support/programs/faulty_host.ts");
  const args = fault === null ? [] : ["--fault", fault];
  let runtime: string | null = null;
  try {
    await using program = await OwnProgram.start([...command, ...args], timeout);
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
  const command = scriptCommand("examples/conformance_host.ts");
  await using right = await OwnProgram.start(command, timeout);
  const check = (section: string) =>
    OWN.includes(section)
      ? checkProgram(section)
      : checkWire(right.host.address, WIRE_FAULTS[section]!);
  const failed = new Map<string, string[]>();
  const work = async (sections: readonly string[]) => {
    for (const section of sections) {
      failed.set(section, failedOf(await withLimit(section, check(section), LIMIT)));
    }
  };
  // The programs beside the others, of which one at a time has the right host to itself.
  await Promise.all([work(OWN), work(SECTIONS.filter((section) => !OWN.includes(section)))]);
  const wanted = SECTIONS.map((section) => [section, [section]]);
  assertEquals(SECTIONS.map((section) => [section, failed.get(section)]), wanted);
});

Deno.test("conformance: the same host without a fault passes all of it", async () => {
  const results = await withLimit("no fault", checkProgram(null), LIMIT);
  const others = results.filter(({ result }) => result !== "passed");
  // (It writes nothing into the registry.)
  assertEquals(others.map(({ id, result }) => [id, result]), [["registry.replaced", "skipped"]]);
});
