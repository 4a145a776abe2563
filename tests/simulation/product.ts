/**
 * The product under test: lib/ipc as the one file that it is packaged as, unchanged but for the
 * system beneath it, as a function that makes one process's copy of it.
 *
 * @module
 */

import { fromFileUrl, join, toFileUrl } from "@std/path";
import { bundleModules } from "../../apps/build/compile.ts";
import type * as Library from "../../lib/ipc/mod.ts";
import { SharedCopy } from "./shared_copy.ts";
import { NAMES } from "./world/scope.ts";
import { BUILD, SYSTEM_CALLS } from "./world/system_calls.ts";

/** The library as one process has it. */
export interface Copy {
  readonly library: typeof Library;
  /** Called before anything of the process runs. */
  enter(): void;
}

/** Gives a process its copy: the library with the values of the scope around it. */
export type Instantiate = (scope: readonly unknown[]) => Copy;

/** A bundle of lib/ipc. */
export interface Product {
  /** Evaluates the library anew, as each process that imports it does. */
  readonly own: Instantiate;
  /** Has the processes of this thread take turns in one copy; a seed takes less than half the time so. */
  readonly shared: Instantiate;
  /** The bundle's text, by which another thread makes the same. */
  readonly text: string;
}

const STAND_IN = new URL("platform_stand_in.ts", import.meta.url);

/** Bundles the folder of lib/ipc at an absolute path. @throws {Error} where it cannot be bundled */
export async function loadProduct(lib: string): Promise<Product> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-simulation-" });
  try {
    const instead = { [toFileUrl(join(lib, "os", "platform.ts")).href]: STAND_IN.href };
    const [file] = await bundleModules([join(lib, "mod.ts")], folder, { instead });
    return productOf(await Deno.readTextFile(file!));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The product of this checkout. */
export function ownProduct(): Promise<Product> {
  return loadProduct(fromFileUrl(new URL("../../lib/ipc", import.meta.url)));
}

/** The product of a bundle's text. */
export function productOf(text: string): Product {
  const body = bodyOf(text);
  const unknown = [...body.matchAll(/\bDeno\.(\w+)/g)].map(([, name]) => name!)
    .find((name) => !SYSTEM_CALLS.has(name));
  if (unknown !== undefined) {
    throw new Error(`Cannot simulate Deno.${unknown}: it is not there yet`);
  }
  const make = new Function(...NAMES, `"use strict";\n${body}`);
  const enter = () => {};
  let copy: SharedCopy<typeof Library> | null = null;
  return {
    text,
    own: (scope) => ({ library: make(...scope), enter }),
    get shared(): Instantiate {
      const made = copy ??= new SharedCopy(body, NAMES, { Deno: { build: BUILD } });
      return (scope) => made.instantiate(scope);
    },
  };
}

/** A bundle's text as the body of a function: what the module exports is what it returns. */
export function bodyOf(text: string): string {
  const body = text.replace(/^export \{([^}]*)\};\s*$/m, (_, names: string) => {
    return `return {${names.replaceAll(/(\w+) as (\w+)/g, "$2: $1")}};`;
  }).replaceAll(/\bimport\(/g, "importModule(");
  if (/^(import|export)\b/m.test(body)) throw new Error("Cannot run the bundle: it has imports");
  return body;
}
