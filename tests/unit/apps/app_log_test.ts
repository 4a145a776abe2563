/**
 * The records of an app that cannot be written, or not yet: nothing of them is kept.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AppLog } from "../../../apps/app_log.ts";
import { readRecord } from "../../../apps/app_record.ts";

/** Collects all garbage at once. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What the running task has looked at through a WeakRef is held until the task ends.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collect();
}

/** Writes `count` records, each with an object of its own. @returns what tells whether it is kept */
function writeMany(log: AppLog, count: number): WeakRef<Record<string, unknown>>[] {
  return Array.from({ length: count }, (_, number) => {
    const properties = { number };
    log.write("info", "many", properties);
    return new WeakRef(properties);
  });
}

const kept = (written: WeakRef<Record<string, unknown>>[]) =>
  written.filter((one) => one.deref() !== undefined).length;

Deno.test("AppLog: of records that cannot be written, nothing is kept, and it is told once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-unit-" });
  try {
    const told: string[] = [];
    const log = new AppLog("app", (problem) => told.push(problem));
    const path = join(folder, "no such folder", "app.jsonl");
    log.begin(path);
    // More than may wait: the file is opened at once, and that fails.
    const early = writeMany(log, 200);
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const later = writeMany(log, 500);
    await collectGarbage();
    assertEquals([kept(early), kept(later)], [0, 0]);
    await log.end();
    assertEquals(told.length, 1, told.join("\n"));
    assert(told[0]!.startsWith(`Cannot write "${path}": `), told[0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("AppLog: after the end, and before a beginning that never comes, little is kept", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-unit-" });
  try {
    const path = join(folder, "app.jsonl");
    const log = new AppLog("app");
    log.begin(path);
    log.write("info", "only", { a: 1 });
    await log.end();
    const after = writeMany(log, 500);
    await collectGarbage();
    assertEquals(kept(after), 0, "written after the end");
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n").map(readRecord);
    assertEquals(lines.map((line) => typeof line === "string" ? line : line.message), ["only"]);

    const idle = new AppLog("app");
    const before = writeMany(idle, 5_000);
    await collectGarbage();
    assert(kept(before) <= 1_000, `${kept(before)} of 5000 are kept`);
    await idle.end();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
