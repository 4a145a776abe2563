/**
 * What the engine finds around it in a scripted process: the names of its outermost scope.
 *
 * @module
 */

import type * as Completion from "../../../lib/ipc/os/windows/overlapped_handle.ts";
import type * as Starts from "../../../lib/ipc/os/windows/ntdll.ts";
import { bodyOf } from "../product.ts";
import type { Kernel } from "./kernel.ts";
import type { EventLoop } from "./loop.ts";
import type { Memory } from "./memory.ts";
import type { Pool } from "./pool.ts";

/** What a bundle of the engine exports. */
export type Engine =
  & Pick<typeof Completion, "OverlappedHandle">
  & Pick<typeof Starts, "startListening" | "startRead" | "startWrite">;

/** The parts of a process that its scope is made of. */
export interface Parts {
  loop: EventLoop;
  memory: Memory;
  pool: Pool;
  kernel: Kernel;
}

/** The names; those after the fourth it must not use, as nothing is there. */
const NAMES = [
  ...["Deno", "AbortSignal", "performance", "importModule"],
  ...["setTimeout", "setInterval", "queueMicrotask", "Date", "globalThis"],
];

/** A bundle's text as a function that makes it anew, as each process that imports it does. */
export function engineOf(text: string): (parts: Parts) => Engine {
  const make = new Function(...NAMES, `"use strict";\n${bodyOf(text)}`);
  return (parts) => {
    const { loop } = parts;
    return make(denoOf(parts), loop.signals, { now: () => loop.now }, loop.importModule);
  };
}

function denoOf({ memory, pool, kernel }: Parts) {
  const libraries: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "kernel32.dll": { ...pool.symbols, ...kernel.symbols },
    "ntdll.dll": kernel.native,
  };
  return {
    errors: Deno.errors,
    UnsafePointer: memory.UnsafePointer,
    UnsafeCallback: memory.callbacksOf(pool.closing),
    dlopen: (name: string, declared: Record<string, { nonblocking?: boolean }>) => {
      const symbols = libraries[name] ?? {};
      for (const [call, { nonblocking = false }] of Object.entries(declared)) {
        // It waits for a callback, which needs this thread.
        if (nonblocking === (call === "UnregisterWaitEx")) continue;
        throw new Error(`Cannot script ${call}: it blocks, or does no longer`);
      }
      return { symbols };
    },
  };
}
