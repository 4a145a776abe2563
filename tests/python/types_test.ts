/** The library for Python as its checkers see it: its types on every system, and its syntax. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { finished } from "../support/mesh/program_output.ts";
import { LIBRARY } from "../support/mesh/python_programs.ts";
import { told } from "../support/run/told.ts";

async function run(command: readonly string[], cwd: string) {
  const [program, ...args] = command;
  const options = { args, cwd, stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return await finished(new Deno.Command(program!, options).spawn(), command.join(" "));
}

/** Stricter than the checker is by itself, where that asks for nothing that JSON cannot have. */
const SETTINGS = {
  typeCheckingMode: "standard",
  pythonVersion: "3.9",
  reportMissingParameterType: "error",
  reportUnusedImport: "error",
  reportUnusedVariable: "error",
  reportUnnecessaryTypeIgnoreComment: "error",
  include: ["neverliie_ipc.py"],
};

for (const system of ["Linux", "Windows"]) {
  Deno.test(`the types of the library for Python are right on ${system}`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "neverliie types " });
    try {
      Deno.copyFileSync(LIBRARY, join(folder, "neverliie_ipc.py"));
      Deno.writeTextFileSync(join(folder, "pyrightconfig.json"), JSON.stringify(SETTINGS));
      const checker = join(told("PYRIGHT", "python"), "index.js");
      const { code, stdout } = await run(
        ["node", checker, "--project", folder, "--pythonplatform", system],
        folder,
      );
      assertEquals([code, stdout.trim()], [0, "0 errors, 0 warnings, 0 informations"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("the library for Python keeps to the syntax of 3.9, and imports its standard library", async () => {
  const text = `
import ast, sys
tree = ast.parse(open(sys.argv[1], encoding="utf-8").read(), feature_version=(3, 9))
names = set()
for node in ast.walk(tree):
    if isinstance(node, ast.Import):
        names |= {alias.name.split(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        names.add(node.module.split(".")[0])
known = set(getattr(sys, "stdlib_module_names", names))
print(sorted(names - known), "asyncio" in names, len(tree.body) > 100)
`;
  const { code, stdout } = await run(["python3", "-c", text, LIBRARY], Deno.cwd());
  assertEquals([code, stdout], [0, "[] True True\n"]);
});
