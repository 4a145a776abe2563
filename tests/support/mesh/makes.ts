/** The member of tests/mixed in every make of program that there is on this system. */

import { existsSync } from "@std/fs";
import { DELIMITER, isAbsolute, join } from "@std/path";
import type { LaunchCommand } from "../../../lib/ipc/mod.ts";
import { told } from "../run/told.ts";
import { scriptCommand, type TestMesh, WINDOWS } from "./mesh.ts";
import { PythonPrograms } from "./python_programs.ts";

/** One make of program. */
export interface Make {
  /** As an app's name may have it. */
  name: string;
  type: LaunchCommand["type"];
  /** The command that starts the member (tests/mixed/programs). */
  command(...args: string[]): string[];
}

/** The folder of the member's sources, from the checkout's root. */
const MEMBER = "tests/mixed/programs";

/** What the makes on this system are called. Bun has not been tried on Windows; Wine has no Python. */
export const MAKES: Readonly<Record<string, string>> = {
  deno: "a script of Deno",
  executable: "an executable",
  node: "a program in Node",
  ...(WINDOWS ? {} : { bun: "a program in Bun", python: "a program in Python" }),
};

/** The member in each make, for a test's mesh. */
export function makesIn(mesh: TestMesh): Make[] {
  return Object.keys(MAKES).map((name) => {
    const [program, ...flags] = commandOf(name, mesh);
    const command = (...args: string[]) => [program!, ...flags, ...args];
    // As docs/protocol.md has it: a script is one of Deno, Node or Bun.
    const type = ["executable", "python"].includes(name) ? "binary" : "script";
    return { name, type, command };
  });
}

/** Enters the member in the registry, asleep, as an app of that name. */
export async function enter({ ipc, home }: TestMesh, make: Make, app: string): Promise<void> {
  const { type, command } = make;
  const [program, ...rest] = command();
  const cmd = [wholePath(program!), ...rest];
  // By an argument that a person chose, which the app itself leaves as it is.
  await ipc.registry.set(app, { type, cmd, cwd: home, args: [app] });
}

/** Where a program is that PATH leads to; nobody is woken by a name alone. */
function wholePath(program: string): string {
  if (isAbsolute(program)) return program;
  const folders = (Deno.env.get("PATH") ?? "").split(DELIMITER);
  const folder = folders.find((folder) => isAbsolute(folder) && existsSync(join(folder, program)));
  if (folder === undefined) throw new Error(`"${program}" is not on PATH`);
  return join(folder, program);
}

function commandOf(make: string, mesh: TestMesh): string[] {
  if (make === "deno") return scriptCommand(`${MEMBER}/member.ts`);
  if (make === "executable") return [told("MEMBER", "mixed")];
  if (make === "python") return new PythonPrograms(mesh, MEMBER).command("member.py");
  const script = join(told("PROGRAMS", "mixed"), "programs", "member.mjs");
  return [told(make.toUpperCase(), "mixed"), script];
}
