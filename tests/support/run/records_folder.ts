/**
 * Where the test runner keeps what the parts of its last green runs came to, for
 * docs/reliability.md.
 *
 * @module
 */

import { ensureDir } from "@std/fs";
import { join } from "@std/path";
import type { TestRecord } from "./record.ts";
import type { PartResult } from "./test_part.ts";

/** What is kept of a part. */
export interface PartRecord {
  part: string;
  /** When it ended, in ISO 8601. */
  ended: string;
  /** Of the Deno that ran the runner. */
  deno: string;
  commit: string;
  tests: number;
  seconds: number;
  records: readonly TestRecord[];
}

const folderIn = (checkout: string) => join(checkout, "dist", "records");

/** Keeps what a part came to, in place of its last run. */
export async function keepRecords(checkout: string, result: PartResult): Promise<void> {
  const folder = folderIn(checkout);
  await ensureDir(folder);
  const kept: PartRecord = {
    part: result.name,
    ended: new Date().toISOString(),
    deno: Deno.version.deno,
    commit: commitOf(checkout),
    tests: result.passed,
    seconds: Math.round(result.milliseconds / 1_000),
    records: result.records,
  };
  await Deno.writeTextFile(join(folder, `${result.name}.json`), JSON.stringify(kept, null, 2));
}

/** What was kept, in the order of the parts' names. */
export async function readRecords(checkout: string): Promise<PartRecord[]> {
  const parts: PartRecord[] = [];
  try {
    for await (const { name } of Deno.readDir(folderIn(checkout))) {
      parts.push(JSON.parse(await Deno.readTextFile(join(folderIn(checkout), name))));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return parts.sort((a, b) => a.part < b.part ? -1 : 1);
}

function commitOf(checkout: string): string {
  try {
    const { success, stdout } = new Deno.Command("git", {
      args: ["-C", checkout, "describe", "--always", "--dirty=, changed"],
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : "unknown";
  } catch (error) {
    // No git here, or a checkout that git refuses.
    if (!(error instanceof Error)) throw error;
    return "unknown";
  }
}
