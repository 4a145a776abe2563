import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import type { AppRecord } from "../../apps/app_record.ts";
import { lastLines } from "../../apps/neverliie/logs/last_lines.ts";
import { VERSION } from "../../apps/version.ts";
import { pidOf, TargetStartError } from "../../lib/ipc/mod.ts";
import { LOG_KEPT_MAX, LOG_SIZE_MAX } from "../../lib/ipc/activation/log_file.ts";
import {
  meshTest,
  MODE,
  suiteCommand,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

meshTest("a log that has grown large is set aside when its program is woken", async (mesh) => {
  await mesh.register({ args: ["crash"] });
  const log = mesh.ipc.home.logFile("fixture");
  const small = "x".repeat(100) + "\n";
  await Deno.writeTextFile(log, small);
  // The error has the end of what this start wrote, wherever in the file that is.
  const wake = async () => {
    const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError);
    assert((error as TargetStartError).log.endsWith("a line on standard error: Grüße"));
    assert(!(error as TargetStartError).log.includes("x"));
  };
  await wake();
  assert((await Deno.readTextFile(log)).startsWith(small));
  await Deno.writeTextFile(`${log}.1`, "older");
  const large = (await Deno.readTextFile(log)) +
    small.repeat(Math.ceil(LOG_SIZE_MAX / small.length));
  await Deno.writeTextFile(log, large);
  await wake();
  assert(!(await Deno.readTextFile(log)).includes("x"));
  assertEquals(await Deno.readTextFile(`${log}.1`), large);
  const { code, stdout } = await mesh.neverliie("logs", "fixture", "--lines", "1");
  assertEquals([code, stdout], [0, "a line on standard error: Grüße\n"]);
});

async function recordsIn(path: string): Promise<AppRecord[]> {
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const recordsPath = (mesh: TestMesh) => join(mesh.home, "logs", "scanner.jsonl");

meshTest(
  "an app records its start and its problems while it serves, then its end",
  async (mesh) => {
    const path = recordsPath(mesh);
    await Deno.writeTextFile(mesh.ipc.registry.path, "{ no registry");
    const { pid, ended } = await mesh.serve([...suiteCommand("scanner"), "--host"]);
    await until(async () => (await lastLines(path, 2))?.length === 2);
    const [problem, started] = await recordsIn(path);
    assertEquals([problem!.level, problem!.logger], ["WARN", "scanner"]);
    assertStringIncludes(problem!.message, "is not a registry");
    const { deno, ...about } = started!.properties;
    assertEquals([started!.level, started!.message], ["INFO", "started"]);
    assertEquals(about, { pid, version: VERSION, by: "hand" });
    assert(typeof deno === "string");
    // Deno sends no signal to another process on Windows that this could hear.
    if (WINDOWS) await mesh.stop("scanner", pid);
    else Deno.kill(pid, "SIGTERM");
    const { stderr } = await ended;
    const left = (await recordsIn(path))[2]!;
    const why = WINDOWS ? "it was asked to shut down" : "it got SIGTERM";
    assertEquals([left.message, left.properties], ["left", { pid, why }]);
    assertStringIncludes(stderr, "is not a registry");
    assert(!stderr.includes("Cannot write"), stderr);
  },
);

meshTest("records that have grown large are set aside; logs shows the new ones", async (mesh) => {
  const path = recordsPath(mesh);
  await mesh.ipc.registry.set("scanner", {
    type: MODE,
    cmd: suiteCommand("scanner"),
    cwd: mesh.home,
  });
  const large = `${"x".repeat(1 << 20)}\n`;
  await Deno.writeTextFile(path, large);
  await Deno.writeTextFile(`${path}.1`, "older\n");
  await Deno.writeTextFile(`${path}.2`, "oldest\n");
  await mesh.ipc.wake("scanner");
  const pid = (await pidOf(mesh.ipc, "scanner"))!;
  // Before its first record is due: the end writes both.
  await mesh.stop("scanner", pid);
  const records = await recordsIn(path);
  assertEquals(records.map(({ message }) => message), ["started", "left"]);
  assertEquals(records[0]!.properties.by, "mesh");
  assertEquals(records[1]!.properties.why, "it was asked to shut down");
  assertEquals(await Deno.readTextFile(`${path}.1`), large);
  assertEquals(await Deno.readTextFile(`${path}.2`), "older\n");
  const names = (await Array.fromAsync(Deno.readDir(join(mesh.home, "logs")))).map((file) =>
    file.name
  );
  assertEquals(
    names.toSorted(),
    ["", ".1", ".2"].map((end) => `scanner.jsonl${end}`).concat("scanner.log"),
  );

  const { stdout } = await mesh.neverliie("logs", "scanner");
  assertMatch(stdout, /^\S+Z INFO started pid=\d+ .*by="mesh"$/m);
  assertMatch(stdout, /^scanner is serving as process \d+/m);
  const json = JSON.parse((await mesh.neverliie("logs", "scanner", "--json")).stdout);
  assertEquals([json.records_path, json.records.slice(-2), json.lines.length], [path, records, 1]);
  // Fewer than were asked for are filled up by those that were set aside.
  assertEquals(json.records[0], large.trimEnd());
});

meshTest("logs -f --json: a record is an object, what an app wrote a string", async (mesh) => {
  const record = { "@timestamp": "2026-01-01T00:00:00.000Z", level: "INFO", message: "started" };
  await Deno.writeTextFile(recordsPath(mesh), `${JSON.stringify(record)}\n`);
  await Deno.writeTextFile(mesh.ipc.home.logFile("scanner"), "a line\n");
  const child = mesh.spawn([...suiteCommand("neverliie"), "logs", "-f", "scanner", "--json"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length < 3) {
    const { value, done } = await reader.read();
    assert(!done, text);
    text += value;
  }
  // The two files are followed side by side: either may come first.
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.find((line) => typeof line === "object"), record);
  assertEquals(lines.find((line) => typeof line === "string"), "a line");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await child.stderr.cancel();
});

meshTest(
  "the log of a running app is set aside, nothing is lost, and logs -f goes on",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const log = mesh.ipc.home.logFile("fixture");
    const write = (from: number, to: number) =>
      mesh.ipc.call("fixture", "write_lines", { from, to }, { timeout: 30_000 });
    const sizeOf = (path: string) => Deno.statSync(path).size;
    await write(0, 10);
    const child = mesh.spawn([...suiteCommand("neverliie"), "logs", "-f", "fixture", "--lines=3"]);
    const followed = numbersIn(child.stdout);
    assertEquals((await followed.next()).value, 7);

    // In the order in which they were written, each once.
    let next = 8;
    const follow = async (to: number) => {
      for (; next < to; next++) assertEquals((await followed.next()).value, next);
    };
    for (let round = 0; round < 2; round++) {
      const to = next + Math.ceil(LOG_SIZE_MAX / 1_000) + 100;
      await write(Math.max(next, 10), to);
      // It is set aside while the command still reads it.
      await Promise.all([follow(to), until(() => sizeOf(log) < LOG_SIZE_MAX)]);
    }
    const end = next + 10;
    await write(next, end);
    await follow(end);
    const kept = [`${log}.1`, log].map((path) => Deno.readTextFileSync(path)).join("");
    const numbers = [...kept.matchAll(/^line (\d+) x+\r?$/gm)].map(([, number]) => Number(number));
    assertEquals(numbers, Array.from(numbers, (_, i) => numbers[0]! + i));
    assertEquals(numbers.at(-1), end - 1);
    assert(sizeOf(`${log}.1`) <= LOG_KEPT_MAX, "what is set aside is bounded");
    const names = Array.from(Deno.readDirSync(join(mesh.home, "logs")), ({ name }) => name);
    assertEquals(names.sort(), ["fixture.log", "fixture.log.1"]);
    // As many as were asked for, whichever of the two files they are in.
    const { stdout } = await mesh.neverliie("logs", "fixture", "--lines", "12");
    assertEquals(stdout.match(/^line \d+/gm)!.length, 12);

    child.kill("SIGKILL");
    await child.status;
    await followed.return();
    await child.stderr.cancel();
  },
);

/** The numbers of the lines, as they come. */
async function* numbersIn(output: ReadableStream<Uint8Array>): AsyncGenerator<number, void, void> {
  let rest = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const number = /^line (\d+) x+\r?$/.exec(line)?.[1];
      if (number === undefined) throw new Error(`unexpected: ${line.slice(0, 200)}`);
      yield Number(number);
    }
  }
}
