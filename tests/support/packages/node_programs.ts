/**
 * A folder of programs for Node and Bun, with the package of the library as npm would install it.
 *
 * @module
 */

import { assert } from "@std/assert";
import { join } from "@std/path";
import config from "../../../deno.json" with { type: "json" };
import { copyFolder } from "../run/copy_folder.ts";

/** What the programs are made of. */
export interface NodeProgramsParts {
  /** The command that makes the package, but for its folder. */
  packaging: readonly string[];
  /** The folder of the programs. */
  sources: string;
  /** The folders of koffi, and of its part for this system. */
  koffi: readonly [string, string];
}

/** Programs that import the package by its name. */
export class NodePrograms {
  readonly #root: string;
  /** Where they have koffi beside them. */
  readonly folder: string;
  /** Where they have not. */
  readonly bare: string;

  private constructor(root: string) {
    this.#root = root;
    this.folder = join(root, "programs");
    this.bare = join(root, "bare");
  }

  /** Makes both folders. */
  static async make({ packaging, sources, koffi }: NodeProgramsParts): Promise<NodePrograms> {
    const made = new NodePrograms(await Deno.makeTempDir({ prefix: "neverliie-node-" }));
    const out = join(made.#root, "made");
    const [deno, ...args] = packaging;
    await succeed(deno!, [...args, "--out", out]);
    for (const folder of [made.folder, made.bare]) {
      await copyFolder(sources, folder);
      const library = join(folder, "node_modules", "@neverliie", "ipc");
      await Deno.mkdir(library, { recursive: true });
      const archive = join(out, `neverliie-ipc-${config.version}.tgz`);
      await succeed("tar", ["-xzf", archive, "-C", library, "--strip-components=1"]);
    }
    const packages = join(made.folder, "node_modules");
    await Deno.mkdir(join(packages, "@koromix"));
    await copyFolder(koffi[0], join(packages, "koffi"));
    await copyFolder(koffi[1], join(packages, "@koromix", "koffi-linux-x64"));
    return made;
  }

  /** Removes them. */
  async remove(): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assert(success, new TextDecoder().decode(stderr));
}
