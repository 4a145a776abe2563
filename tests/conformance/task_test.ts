/** `deno task conformance` as it is typed: what it prints, and how it ends. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Report } from "../../apps/neverliie/conformance/report.ts";
import { fixtureCommand, meshTest, scriptCommand, type TestMesh } from "../support/mesh/mesh.ts";

function conformance(mesh: TestMesh, ...args: string[]) {
  return mesh.run([...scriptCommand("tests/conformance/main.ts"), ...args]);
}

meshTest("conformance: a command line that is wrong ends with 2, and says why", async (mesh) => {
  for (
    const [args, why] of [
      [[], "give the command that starts the host after --"],
      [["python3"], 'Cannot understand "python3": the command follows --'],
      [["--timeout", "soon", "--", "x"], 'Cannot take "soon" for --timeout'],
      [["--", "/no/such program"], 'Cannot start "/no/such program": there is no such program'],
    ] as const
  ) {
    const { code, stdout, stderr } = await conformance(mesh, ...args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, why);
  }
});

meshTest(
  "conformance: a program that does not join the mesh is told with what it wrote",
  async (mesh) => {
    const { code, stdout, stderr } = await conformance(mesh, "--", ...fixtureCommand(), "crash");
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^Cannot check it: awaited an app that listens, got a program that ended with/,
    );
    assertStringIncludes(stderr, "exit code 7; it wrote: a line on standard output");
  },
);

meshTest("conformance: an app without the fixture is checked as far as it goes", async (mesh) => {
  const command = fixtureCommand();
  const { code, stdout, stderr } = await conformance(mesh, "--json", "--", ...command);
  assertEquals([code, stderr], [0, ""]);
  const report: Report = JSON.parse(stdout);
  assertEquals([report.app, report.ok, report.command], ["fixture", true, command]);
  const count = (of: "passed" | "failed" | "skipped") =>
    report.sections.reduce((sum, section) => sum + section[of], 0);
  assertEquals(count("passed") + count("skipped"), report.checks.length);
  assert(count("passed") > 40, `${count("passed")} passed`);
  const skipped = report.checks.filter(({ result }) => result === "skipped");
  assertEquals(skipped.filter(({ why = "" }) => why === ""), []);
  // (The app that listens is not this mesh's.)
  assertEquals(mesh.ipc.home.appsWith("lock"), []);
});

meshTest("conformance: the sentences that nothing cites are listed", async (mesh) => {
  const { code, stdout } = await conformance(mesh, "--uncited");
  assertEquals(code, 0);
  assertMatch(stdout, /^Limits\n( {4}.*\n)+/m);
});
