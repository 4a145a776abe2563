/**
 * One line of the checklist for Windows that a program can go through.
 *
 * @module
 */
import { join } from "@std/path";
import { exists } from "@std/fs";
import type { TestMesh } from "../support/mesh/mesh.ts";

/** One line. Its test of docs/windows-checklist.md holds what stands there against this. */
export interface Line {
  readonly id: string;
  /** What it must print. */
  readonly prints: string;
  /** What it prints under Wine, which is not Windows; the same unless given. */
  readonly wine?: string;
  /**
   * Does it, in a mesh that is thrown away, and tells what came of it.
   *
   * @throws {CannotTell} where this machine lacks what it takes
   */
  run(mesh: TestMesh): Promise<string> | string;
}

/** Says why a line cannot be gone through here. */
export class CannotTell extends Error {
  override readonly name = "CannotTell";
}

/** Whether this is Wine, which has a program of its own beside those of Windows. */
export function isWine(): Promise<boolean> {
  return exists(join(Deno.env.get("SystemRoot") ?? "C:\\Windows", "System32", "winecfg.exe"));
}
