/** Our own host, held to docs/protocol.md by the conformance kit, and `neverliie conformance`. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Report } from "../../apps/neverliie/conformance/report.ts";
import { runChecks } from "../../apps/neverliie/conformance/run.ts";
import { CHECKS } from "../../apps/neverliie/conformance/sections.ts";
import { WIRE_FAULTS } from "../support/conformance/faults.ts";
import { FaultyListener } from "../support/conformance/faulty_listener.ts";
import { assertTold } from "../support/conformance/hosts_table.ts";
import { OwnProgram } from "../support/conformance/own_program.ts";
import { loadCommand, meshTest, MODE, scriptCommand, WINDOWS } from "../support/mesh/mesh.ts";
import { patient, withLimit } from "../support/run/watchdog.ts";

/** Milliseconds that an answer, a start or an end may take. */
const TIMEOUT = 20_000;
/** What Windows does not have: a pipe lies in no folder, and goes with its process. */
const SKIPPED = WINDOWS ? ["locks.folders", "registry.replaced", "shutdown.socket-first"] : [];

const command = MODE === "script"
  ? scriptCommand("examples/conformance_host.ts")
  : [...loadCommand(), "--conformance"];

Deno.test(`${Deno.build.os} ${MODE}: our own host passes the conformance kit`, async () => {
  const timeout = patient(TIMEOUT);
  await using program = await OwnProgram.start(command, timeout);
  const check = runChecks(program.host, CHECKS, { timeout });
  const results = await withLimit("the conformance kit", check, 120_000);
  assertEquals(results.filter(({ result }) => result === "failed"), []);
  const skipped = results.filter(({ result }) => result === "skipped").map(({ id }) => id);
  assertEquals(skipped, SKIPPED);
  if (Deno.build.os === "linux") assertTold("TypeScript on Deno", results);
});

meshTest(
  "neverliie conformance checks an app that runs, and does nothing that ends it",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const pid = await mesh.answering();
    const json = await mesh.neverliie("conformance", "fixture", "--json");
    assertEquals([json.code, json.stderr], [0, ""]);
    const report: Report = JSON.parse(json.stdout);
    assertEquals([report.app, report.command, report.ok], ["fixture", null, true]);
    const of = (id: string) => report.checks.find((check) => check.id === id)!;
    assertEquals(of("frames.two-lengths").result, "passed");
    assertEquals(of("params.by-name").why, "the app does not offer kit.add");
    assertMatch(of("shutdown.answered").why!, /^it would start, stop or kill/);
    assertEquals(await mesh.answering(), pid);

    const nobody = await mesh.neverliie("conformance", "nobody");
    assertEquals([nobody.code, nobody.stdout], [3, ""]);
    assertStringIncludes(nobody.stderr, 'Cannot check "nobody": it is not running');
  },
);

meshTest(
  "neverliie conformance tells what fails, with its sentence, and exits with 1",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const { home } = mesh.ipc;
    const fault = WIRE_FAULTS["limits"]!;
    const listener = await FaultyListener.listen(
      home.address("faulty"),
      home.address("fixture"),
      fault,
    );
    try {
      const { code, stdout } = await mesh.neverliie("conformance", "faulty");
      assertEquals(code, 1);
      assertStringIncludes(stdout, "failed  limits.body\n");
      assertStringIncludes(stdout, "    the page  -32005, by the header alone\n");
      assertStringIncludes(stdout, "    awaited   body as the limit's name\n");
      assertMatch(stdout, /\nlimits +- +3 +3\n/);
      // (It is another one that answers.)
      assertMatch(stdout, /\nping +5 +1 +-\n/);
      assertMatch(stdout, /"faulty": \d+ passed, \d+ failed, \d+ skipped\n$/);
    } finally {
      await listener.close();
    }
  },
);
