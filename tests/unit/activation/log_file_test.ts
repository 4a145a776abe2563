/** Logs that are kept small, and read from their ends. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  lastLines,
  leftOutBytes,
  LOG_KEPT_MAX,
  LOG_SIZE_MAX,
  LogKeeper,
  logTail,
  prepareLog,
} from "../../../lib/ipc/activation/log_file.ts";
import { ProcessLock } from "../../../lib/ipc/base/lock.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

async function withLog(test: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-log-" });
  try {
    test(`${folder}/app.log`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const read = (path: string) => Deno.readTextFileSync(path);
const size = (path: string) => Deno.statSync(path).size;
const LINE = `${"x".repeat(99)}\n`;
const lines = (bytes: number) => LINE.repeat(Math.ceil(bytes / LINE.length));

Deno.test("lastLines are the last lines of all of the text, whatever they hold", () =>
  withLog((path) => {
    const unit = fc.constantFrom("a", "ü", "\n", "\n", "\r\n", " ", "日本");
    fc.assert(fc.property(fc.array(unit), fc.integer({ min: 1, max: 6 }), (units, count) => {
      const text = units.join("");
      Deno.writeTextFileSync(path, text);
      const all = text.trimEnd() === "" ? [] : text.trimEnd().split(/\r?\n/);
      using file = Deno.openSync(path);
      assertEquals(lastLines(file, count), all.slice(-count));
    }));
  }));

Deno.test("lastLines reads no more than it needs, and begins with a whole line", () =>
  withLog((path) => {
    Deno.writeTextFileSync(path, lines(10 << 20));
    using file = Deno.openSync(path);
    let bytes = 0;
    const plain = file.readSync.bind(file);
    file.readSync = (buffer) => {
      const count = plain(buffer);
      bytes += count ?? 0;
      return count;
    };
    assertEquals(lastLines(file, 20).length, 20);
    assert(bytes < 100_000, `${bytes} bytes were read`);
    assertEquals(lastLines(file, 1_000).length, 1_000);
    assertEquals(lastLines(file, 100, { max: 1_050 }), Array(10).fill("x".repeat(99)));
    const end = size(path);
    assertEquals(lastLines(file, 9, { from: end - 150 }), ["x".repeat(49), "x".repeat(99)]);
    assertEquals(lastLines(file, 1, { to: 150 }), ["x".repeat(50)]);
    assertEquals(lastLines(file, 0), []);
    // A file that was emptied since is read from its beginning.
    Deno.writeTextFileSync(path, "new\n");
    assertEquals(logTail(path, 4_000), "new");
    Deno.writeTextFileSync(path, "x".repeat(50_000));
    assertEquals(logTail(path, 0), "x".repeat(16 << 10));
  }));

Deno.test("prepareLog sets a large log aside whole, and of a huge one its last lines", () =>
  withLog((path) => {
    const small = lines(1_000);
    Deno.writeTextFileSync(path, small);
    assertEquals(prepareLog(path), small.length);
    const large = lines(LOG_SIZE_MAX + 1);
    Deno.writeTextFileSync(path, large);
    assertEquals([prepareLog(path), size(path), read(`${path}.1`) === large], [0, 0, true]);
    Deno.writeTextFileSync(path, `the beginning\n${lines(3 * LOG_KEPT_MAX)}the end\n`);
    prepareLog(path);
    const aside = read(`${path}.1`);
    assert(aside.length <= LOG_KEPT_MAX + 100, `${aside.length} bytes are kept`);
    const [first, second] = aside.split("\n", 2);
    assertMatch(first!, /^… \d+ bytes before this were left out$/);
    assertEquals(second, "x".repeat(99));
    assertEquals(aside.slice(-8), "the end\n");
    const whole = `the beginning\n${lines(3 * LOG_KEPT_MAX)}the end\n`.length;
    assertEquals(leftOutBytes(first!) + aside.length - first!.length - 1, whole);
    assertEquals(leftOutBytes("another line"), 0);
  }));

Deno.test("prepareLog: what was set aside and has no name yet is not lost, nor is a log that cannot be", () =>
  withLog((path) => {
    Deno.writeTextFileSync(`${path}.1.part`, "of before\n");
    Deno.mkdirSync(`${path}.1`);
    Deno.writeTextFileSync(`${path}.1/in`, "the way");
    const large = lines(LOG_SIZE_MAX + 1);
    Deno.writeTextFileSync(path, large);
    assertEquals([prepareLog(path), read(path) === large], [large.length, true]);
    assertEquals(read(`${path}.1.part`), "of before\n");
    Deno.removeSync(`${path}.1`, { recursive: true });
    assertEquals(prepareLog(path), 0);
    assertEquals(read(`${path}.1`), large);
  }));

Deno.test("LogKeeper: its own log at 4 MiB, those of others at 8 that run, none while one is started", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const problems: string[] = [];
  const keeper = new LogKeeper(home, "own", (problem) => problems.push(problem));
  const [own, other, asleep] = ["own", "other", "asleep"].map((app) => home.logFile(app));
  for (const app of ["own", "other"]) {
    Deno.writeTextFileSync(home.runtimeFile(app, "lock"), "");
  }
  const look = (others: boolean) => {
    for (let looks = 0; looks < 10; looks++) keeper.look(others);
  };
  for (const path of [own!, other!, asleep!]) Deno.writeTextFileSync(path, lines(5 << 20));
  look(true);
  assertEquals([own, other, asleep].map((path) => size(path!) > 0), [false, true, true]);
  for (const path of [other!, asleep!]) Deno.writeTextFileSync(path, lines(9 << 20));
  look(false);
  assertEquals(size(other!) > 0, true);
  {
    using _lock = ProcessLock.try(home.runtimeFile("other", "start.lock"));
    look(true);
    assertEquals(size(other!) > 0, true);
  }
  look(true);
  assertEquals([size(other!), size(asleep!) > 0], [0, true]);
  assertEquals(problems, []);

  Deno.mkdirSync(`${own}.1.part`);
  Deno.writeTextFileSync(own!, lines(5 << 20));
  look(false);
  assertEquals([problems.length, size(own!) > 0], [1, true]);
  assertStringIncludes(problems[0]!, `"${own}" grows on: `);
});
