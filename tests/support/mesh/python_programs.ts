/** Programs in Python on a test's mesh: copied beside the library's one file, as users do. */

import { fromFileUrl, join } from "@std/path";
import type { Finished } from "./program_output.ts";
import { scriptCommand, type TestMesh } from "./mesh.ts";

const checkout = fromFileUrl(new URL("../../..", import.meta.url));

/** The library for Python. */
export const LIBRARY: string = join(checkout, "lib/python/neverliie_ipc.py");

/** Programs of a folder of the checkout, in a folder of their own with the library. */
export class PythonPrograms {
  readonly #mesh: TestMesh;
  /** Where they are. */
  readonly folder: string;

  /** @param from a folder of the checkout */
  constructor(mesh: TestMesh, from = "tests/support/programs/python") {
    this.#mesh = mesh;
    this.folder = join(mesh.home, "python programs");
    Deno.mkdirSync(this.folder);
    Deno.copyFileSync(LIBRARY, join(this.folder, "neverliie_ipc.py"));
    for (const { name } of Deno.readDirSync(join(checkout, from))) {
      if (!name.endsWith(".py")) continue;
      Deno.copyFileSync(join(checkout, from, name), join(this.folder, name));
    }
  }

  /** The command that starts one of them. */
  command(program: string, ...args: string[]): string[] {
    return ["python3", join(this.folder, program), ...args];
  }

  /** Runs one of them to its end, in their folder. */
  run(program: string, ...args: string[]): Promise<Finished> {
    return this.#mesh.run(this.command(program, ...args), { cwd: this.folder });
  }

  /** Runs a script that is given as text. */
  runText(text: string, ...args: string[]): Promise<Finished> {
    return this.#mesh.run(["python3", "-c", text, ...args], { cwd: this.folder });
  }

  /** Starts an app, and stops it once it has registered: from then on it is woken. */
  async register(program: string, app: string): Promise<void> {
    const child = this.#mesh.spawn(this.command(program), { cwd: this.folder });
    const pid = await this.#mesh.answering(app);
    if (pid !== child.pid) throw new Error(`process ${pid} answers as "${app}", not ${child.pid}`);
    await this.#mesh.stop(app, pid);
  }
}

/** Starts the greeter of the examples, once known from then on. */
export async function wakeGreeter(mesh: TestMesh): Promise<void> {
  const cmd = scriptCommand("examples/greeter.ts");
  await mesh.ipc.registry.set("greeter", { type: "script", cmd, cwd: mesh.home });
  await mesh.ipc.wake("greeter");
}
