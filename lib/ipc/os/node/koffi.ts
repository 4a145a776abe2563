/**
 * The package koffi, which calls the system's functions from Node and Bun. https://koffi.dev
 *
 * @module
 */

import { createRequire } from "node:module";

/** A function of a library; pointers are numbers, and memory is given as what holds it. */
export interface ForeignFunction {
  (...args: unknown[]): unknown;
  /** Off this thread; the last argument is told what came of it. */
  async(...args: unknown[]): void;
}

/** What is used of koffi. */
export interface Koffi {
  load(path: string | null): {
    func(name: string, result: string, parameters: readonly string[]): ForeignFunction;
  };
  errno(): number;
  address(memory: ArrayBufferView): bigint;
  decode(pointer: bigint, type: string, length: number): Uint8Array;
  proto(declaration: string): unknown;
  pointer(type: unknown): unknown;
  register(callback: (...args: never[]) => void, type: unknown): bigint;
  unregister(callback: bigint): void;
}

let found: Koffi | null | undefined;

/** The package; `null` where it is not installed. */
export function koffi(): Koffi | null {
  if (found !== undefined) return found;
  try {
    return found = createRequire(import.meta.url)("koffi") as Koffi;
  } catch (error) {
    // One that is there and does not load is told of by itself.
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return found = null;
  }
}
