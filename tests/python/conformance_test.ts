/** The kit that holds a host to docs/protocol.md, on the one in Python. */

import { assertEquals } from "@std/assert";
import type { Report } from "../../apps/neverliie/conformance/report.ts";
import { assertTold } from "../support/conformance/hosts_table.ts";
import { meshTest, scriptCommand } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

meshTest("a host in Python passes the conformance kit", async (mesh) => {
  const programs = new PythonPrograms(mesh, "examples/python");
  const host = programs.command("conformance_host.py");
  const { code, stdout } = await mesh.run([
    ...scriptCommand("tests/conformance/main.ts"),
    ...["--json", "--timeout", "30000", "--", ...host],
  ]);
  const { checks, app }: Report = JSON.parse(stdout);
  assertEquals(checks.filter(({ result }) => result === "failed"), []);
  // What it leaves out is in the table of the page.
  assertTold("Python", checks);
  assertEquals([app, code, checks.length > 100], ["conformance-python", 0, true]);
}, { limit: 240_000 });
