/**
 * The product under test: lib/ipc as the one file that it is packaged as, unchanged but for the
 * system beneath it, as a function that makes one process's copy of it.
 *
 * @module
 */

import { fromFileUrl, join, toFileUrl } from "@std/path";
import { bundleModules } from "../../apps/build/compile.ts";
import type * as Library from "../../lib/ipc/mod.ts";
import { NAMES } from "./world/scope.ts";
import { SYSTEM_CALLS } from "./world/system_calls.ts";

/** A bundle of lib/ipc. */
export interface Product {
  /** Makes the library anew, as each process that imports it does. */
  instantiate(scope: readonly unknown[]): typeof Library;
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
  return { text, instantiate: (scope) => make(...scope) };
}

/** A bundle's text as the body of a function: what the module exports is what it returns. */
export function bodyOf(text: string): string {
  const body = text.replace(/^export \{([^}]*)\};\s*$/m, (_, names: string) => {
    return `return {${names.replaceAll(/(\w+) as (\w+)/g, "$2: $1")}};`;
  }).replaceAll(/\bimport\(/g, "importModule(");
  if (/^(import|export)\b/m.test(body)) throw new Error("Cannot run the bundle: it has imports");
  return body;
}
