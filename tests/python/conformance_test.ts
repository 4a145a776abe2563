/** The kit that holds a host to docs/protocol.md, on the one in Python. */

import { assertEquals } from "@std/assert";
import { meshTest, scriptCommand } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

meshTest("a host in Python passes every check of the conformance kit", async (mesh) => {
  const programs = new PythonPrograms(mesh, "examples/python");
  const host = programs.command("conformance_host.py");
  const { code, stdout } = await mesh.run([
    ...scriptCommand("tests/conformance/main.ts"),
    ...["--json", "--timeout", "30000", "--", ...host],
  ]);
  interface Check {
    id: string;
    result: string;
  }
  const { checks, app } = JSON.parse(stdout) as { checks: Check[]; app: string };
  assertEquals(checks.filter(({ result }) => result !== "passed"), []);
  assertEquals([app, code, checks.length > 100], ["conformance-python", 0, true]);
}, { limit: 240_000 });
