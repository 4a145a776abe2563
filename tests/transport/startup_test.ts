/**
 * What opening the mesh costs, in counts, as cost_test.ts has them for calls: files that are looked
 * at, libraries that are loaded, and whether Node's timers are. A change that makes a program's start
 * dearer fails here; docs/performance tells of time. Each limit is what it costs now.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { patient } from "../support/run/watchdog.ts";

const WINDOWS = Deno.build.os === "windows";
const LIMIT = 60_000;
const path = (specifier: string) => fromFileUrl(import.meta.resolve(specifier));
const system = WINDOWS ? "windows" : "unix";

interface Start {
  /** Operations on files. */
  files: number;
  /** Operations by their names in `Deno`. */
  counts: Record<string, number>;
  /** The globals that were asked for which load Node's timers. */
  timers: string[];
  /** The folder of sockets and locks. */
  runtime: string;
}

async function start(home: string): Promise<Start> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--no-config",
      `--import-map=${path("../../lib/std/import_map.json")}`,
      path("./startup_program.ts"),
      home,
      "startup",
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(patient(LIMIT)),
    stdin: "null",
    stderr: "inherit",
  });
  const { stdout, success } = await child.output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function atMost(actual: number, limit: number, what: string): void {
  assert(actual <= limit, `${what}: ${actual}, and it was at most ${limit}`);
}

Deno.test(`${system} start: opening the mesh takes a bounded number of operations`, async () => {
  const home = Deno.makeTempDirSync({ prefix: "neverliie-" });
  let runtime = home;
  try {
    const first = await start(home);
    runtime = first.runtime;
    const again = await start(home);
    for (const { timers } of [first, again]) assertEquals(timers, []);
    atMost(
      first.files,
      WINDOWS ? 12 : 16,
      `files at the first start, ${JSON.stringify(first.counts)}`,
    );
    atMost(again.files, WINDOWS ? 9 : 11, `files at the next, ${JSON.stringify(again.counts)}`);
    // The registry says already how to start the app: nothing is locked, written or renamed for that.
    for (const changing of ["rename", "writeTextFileSync", "readDirSync"]) {
      assertEquals(again.counts[changing], undefined, changing);
    }
    assertEquals(again.counts["openSync"], 1, "the app's own lock");
    assertEquals(again.counts["connect"] ?? 0, WINDOWS ? 0 : 1);
    // kernel32, advapi32, shell32 and ntdll, which every process has; elsewhere none, where /proc
    // may be read.
    if (Deno.build.os !== "darwin") {
      atMost(again.counts["dlopen"] ?? 0, WINDOWS ? 4 : 0, "libraries");
    }
  } finally {
    if (!runtime.startsWith(home)) Deno.removeSync(runtime, { recursive: true });
    Deno.removeSync(home, { recursive: true });
  }
});
