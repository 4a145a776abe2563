/**
 * The library as a module for Node and Bun: the same code over what lib/ipc/os/node puts in the place
 * of Deno. See docs/decisions/0063-the-library-in-node.md.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import { bundleModules } from "./compile.ts";
import { minify } from "./minify.ts";
import { NodeSystem } from "../../lib/ipc/os/node/system.ts";

const ENTRY = new URL("node_entry.ts", import.meta.url);
const SYSTEM = new URL("../../lib/ipc/os/", import.meta.url);

/** What stands for `Deno` in the module. */
const STAND_IN = "NodeSystem";

/** The oldest Node that the module is made for. */
export const NODE_MIN = "20.16.0";

/** Functions of the language that this Node lacks, and what is called in their place. */
const NEWER: readonly [RegExp, string][] = [
  [/\bPromise\.withResolvers\(/g, "withResolvers("],
  [/\bPromise\.try\(/g, "promiseTry("],
  [/\b(now|new Set\(before\))\.difference\(/g, "difference($1, "],
  [/\b(new Uint8Array\(digest\))\.toHex\(\)/g, "toHex($1)"],
  [/\b(bytes)\.toBase64\(\)/g, "toBase64($1)"],
];
/** What a thread of Deno ends itself by. */
const CLOSE_THREAD = /\bglobalThis\.close\(\)/g;

/** What only Deno's own way to a program's command line needs. */
const UNUSED: ReadonlySet<string> = new Set(["permissions"]);

/**
 * Makes the module in a folder. @returns its text
 *
 * @throws {Error} where the library asks for something that is not there in Node
 */
export async function nodeModule(folder: string, file: string): Promise<string> {
  const url = (name: string) => new URL(name, SYSTEM).href;
  const instead = { [url("platform.ts")]: url("node/platform.ts") };
  const [bundle] = await bundleModules([fromFileUrl(ENTRY)], folder, { instead });
  let text = await Deno.readTextFile(bundle!);
  const replace = (pattern: RegExp, by: string): void => {
    const replaced = text.replaceAll(pattern, by);
    if (replaced === text) throw new Error(`Cannot package for Node: there is no ${pattern}`);
    text = replaced;
  };
  for (const [pattern, by] of NEWER) replace(pattern, `${STAND_IN}.newer.${by}`);
  replace(CLOSE_THREAD, `${STAND_IN}.closeThread()`);
  const unknown = [...text.matchAll(/\bDeno\.(\w+)/g)].map(([, name]) => name!)
    .find((name) => !(name in NodeSystem) && !UNUSED.has(name));
  if (unknown !== undefined) {
    throw new Error(`Cannot package for Node: nothing stands for Deno.${unknown} there`);
  }
  const { code } = await minify(text, {
    ...{ file, identifiers: false, lineLimit: 100 },
    define: { Deno: STAND_IN },
    target: `node${NODE_MIN}`,
  });
  return code;
}
