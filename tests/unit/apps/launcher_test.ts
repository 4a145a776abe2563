/** The launcher's parts that need no mesh: ranking, memory, forms, progress. */
import { assertEquals, assertGreater, assertStringIncludes, assertThrows } from "@std/assert";
import { Ajv } from "ajv";
import { configSchema, isHidden } from "../../../apps/launcher/config.ts";
import launcherSchema from "../../../apps/launcher/launcher.schema.json" with { type: "json" };
import { describeProblem, parseConfig } from "../../../lib/config/config_file.ts";
import { jsonSchemaOf } from "../../support/run/write_schemas.ts";
import { join } from "@std/path";
import type { Entry } from "../../../apps/launcher/contract.ts";
import { paramsFrom } from "../../../apps/launcher/form.ts";
import { rank } from "../../../apps/launcher/rank.ts";
import { percentOf, Running } from "../../../apps/launcher/running.ts";
import { PaletteState } from "../../../apps/launcher/palette_state.ts";
import { Problems } from "../../../apps/launcher/problems.ts";
import { Usage } from "../../../apps/launcher/usage.ts";
import type { Home } from "../../../lib/ipc/mod.ts";
import { splitInput } from "../../../lib/ui/keys.ts";
import { edit, type TextField, textField } from "../../../lib/ui/text_field.tsx";
import { temporaryHome } from "../../support/unit/unit_home.ts";

const entry = (title: string, detail = ""): Entry => ({
  id: `program:${title}`,
  kind: "program",
  title,
  detail,
});
const all = [entry("Files"), entry("Firefox", "Browse the web"), entry("scanner deep_scan")];
const titles = (query: string, weight: (id: string) => number = () => 0) =>
  rank(all, query, weight, 10).map(({ title }) => title);

Deno.test("rank finds letters in their order, words of the description, and nothing else", () => {
  assertEquals(titles("dscan"), ["scanner deep_scan"]);
  assertEquals(titles("ffx"), ["Firefox"]);
  assertEquals(titles("web"), ["Firefox"]);
  assertEquals(titles("zzz"), []);
  assertEquals(titles(""), ["Files", "Firefox", "scanner deep_scan"]);
  assertEquals(rank(all, "fire", () => 0, 10)[0]!.matched, [0, 1, 2, 3]);
  assertEquals(rank(all, "", () => 0, 2).length, 2);
});

Deno.test("rank learns: what is used comes first among matches, and for an empty prompt", () => {
  const [first, second] = titles("fi");
  assertEquals(titles("fi", (id) => id === `program:${second}` ? 5 : 0), [second, first]);
  assertEquals(titles("", (id) => id === "program:Firefox" ? 1 : 0)[0], "Firefox");
  assertEquals(titles("files", (id) => id === "program:scanner deep_scan" ? 100 : 0), ["Files"]);
});

const usageOf = (home: Home, report: (problem: string) => void = () => {}) =>
  new Usage(home, new Problems(report));

Deno.test("Usage: uses count less with time, and survive on disk", async () => {
  await using made = await temporaryHome();
  await Deno.mkdir(made.home.runtime, { recursive: true });
  const usage = usageOf(made.home, (problem) => assertEquals(problem, ""));
  const week = 7 * 24 * 60 * 60_000;
  await usage.record("a", 0);
  await usage.record("a", 0);
  await usage.record("b", 2 * week);
  const again = usageOf(made.home);
  await again.load();
  assertEquals([again.weight("a", 0), again.weight("a", week), again.weight("a", 2 * week)], [
    ...[2, 1, 0.5],
  ]);
  assertEquals(again.used(2 * week), ["b", "a"]);
  assertEquals([again.weight("__proto__"), again.methods("toString").length], [0, 0]);
});

Deno.test("Usage: writers at the same time lose nothing; methods are kept", async () => {
  await using made = await temporaryHome();
  await Deno.mkdir(made.home.runtime, { recursive: true });
  const writers = Array.from({ length: 8 }, () => usageOf(made.home));
  await Promise.all(writers.map((usage, i) => usage.record(i % 2 === 0 ? "a" : "b", 0)));
  await writers[0]!.remember("scanner", [{ name: "deep_scan", kind: "stream" }]);
  const usage = usageOf(made.home);
  await usage.load();
  assertEquals([usage.weight("a", 0), usage.weight("b", 0)], [4, 4]);
  assertEquals(usage.methods("scanner"), [{ name: "deep_scan", kind: "stream" }]);
});

for (const text of ["{", "null", '{"uses": {"a": 5}, "methods": {}}', '{"uses": {}}']) {
  Deno.test(`Usage sets a file with ${text} aside, says so, and begins anew`, async () => {
    await using made = await temporaryHome();
    await Deno.mkdir(made.home.runtime, { recursive: true });
    const problems: string[] = [];
    const usage = usageOf(made.home, (problem) => problems.push(problem));
    await Deno.writeTextFile(usage.path, text);
    await usage.load();
    assertEquals(usage.used(), []);
    await usage.record("a", 0);
    assertEquals([usage.weight("a", 0), problems.length], [1, 1]);
    const aside = (await Array.fromAsync(Deno.readDir(made.home.path)))
      .map(({ name }) => name).filter((name) => name.startsWith("launcher.corrupt-"));
    assertEquals(aside.length, 1);
    assertEquals(await Deno.readTextFile(join(made.home.path, aside[0]!)), text);
  });
}

Deno.test("Usage: a folder in the file's place stays, is told once, and stops nothing", async () => {
  await using made = await temporaryHome();
  const problems = new Problems((problem) => told.push(problem));
  const told: string[] = [];
  const usage = new Usage(made.home, problems);
  await Deno.mkdir(usage.path);
  await usage.load();
  await usage.record("a", 0);
  await usage.remember("scanner", [{ name: "deep_scan", kind: "stream" }]);
  const fault = `Cannot read "${usage.path}": it is a folder, not a file`;
  assertEquals([told, problems.list()], [[fault], [fault]]);
  // Remembered as long as it runs.
  assertEquals([usage.weight("a", 0), usage.methods("scanner").length], [1, 1]);
  assertEquals((await Deno.stat(usage.path)).isDirectory, true);
  await Deno.remove(usage.path);
  await usage.record("a", 0);
  await usage.load();
  assertEquals(problems.list(), []);
});

Deno.test("Usage: a file with a byte order mark is read", async () => {
  await using made = await temporaryHome();
  const usage = usageOf(made.home, (problem) => assertEquals(problem, ""));
  await Deno.writeTextFile(
    usage.path,
    '\uFEFF{"uses": {"a": {"weight": 2, "last": 0}}, "methods": {}}',
  );
  await usage.record("a", 0);
  assertEquals(usage.weight("a", 0), 3);
});

Deno.test("the launcher's configuration: its schema, its patterns, its faults", () => {
  assertEquals(launcherSchema as unknown, JSON.parse(JSON.stringify(jsonSchemaOf("launcher"))));
  const validate = new Ajv({ strict: false }).compile(launcherSchema);
  const faults = (text: string) =>
    parseConfig(text, configSchema).problems.map((problem) => describeProblem("f", problem));
  for (
    const [text, fault] of [
      ["{}", undefined],
      ['{"hide": ["a*"], "commands": [{"title": "t", "command": "c"}]}', undefined],
      ['{"hide": "a"}', "f:1:10: hide: "],
      ['{"commands": [{"title": "t"}]}', "f:1:15: commands.0.command: "],
      ['{"commands": [{"title": "", "command": "c"}]}', "title: must not be empty"],
      ['{\n"hidden": []}', 'f:2:1: unknown key "hidden"'],
    ] as const
  ) {
    assertEquals(validate(JSON.parse(text)), fault === undefined, text);
    assertEquals(faults(text).length, fault === undefined ? 0 : 1);
    if (fault !== undefined) assertStringIncludes(faults(text)[0]!, fault);
  }
  assertEquals(validate(parseConfig("", configSchema).value), true);
  const hidden = ["Uninstall*", "*.old", "A (b)"];
  assertEquals(
    ["uninstall me", "x.old", "a (B)", "xold", "me uninstall"].map((name) =>
      isHidden(name, hidden)
    ),
    [true, true, true, false, false],
  );
});

Deno.test("paramsFrom reads what was typed by type, and names what is wrong", () => {
  const params = [
    { name: "folder", type: "string", required: true },
    { name: "depth", type: "integer" },
    { name: "anything" },
  ];
  assertEquals(paramsFrom(params, ["12", "3", "[1]"]), { folder: "12", depth: 3, anything: [1] });
  assertEquals(paramsFrom(params, ["a", "", "plain text"]), {
    folder: "a",
    anything: "plain text",
  });
  const fails = (texts: string[], message: string) =>
    assertThrows(() => paramsFrom(params, texts), TypeError, message);
  fails(["", "", ""], "folder must be given");
  fails(["a", "x", ""], "depth must be a integer");
  fails(["a", "1.5", ""], "depth must be of type integer");
});

Deno.test("percentOf understands what streams say about how far they are", () => {
  assertEquals(
    [{ percent: 40 }, { progress: 0.25 }, { done: 1, total: 4 }, { done: 9, total: 3 }]
      .map(percentOf),
    [40, 25, 25, 100],
  );
  assertEquals([null, 5, "x", {}, { done: 1, total: 0 }, { percent: NaN }].map(percentOf), [
    ...[null, null, null, null, null, null],
  ]);
});

const KEY = {
  ...{ upArrow: false, downArrow: false, leftArrow: false, rightArrow: false, pageDown: false },
  ...{ pageUp: false, home: false, end: false, return: false, escape: false, ctrl: false },
  ...{ shift: false, tab: false, backspace: false, delete: false, meta: false, super: false },
  ...{ hyper: false, capsLock: false, numLock: false },
};

Deno.test("splitInput takes keys apart that came in one piece", () => {
  const names = splitInput("3\t日本\r", KEY).map(([text, { tab, return: enter }]) =>
    tab ? "Tab" : enter ? "Enter" : text
  );
  assertEquals(names, ["3", "Tab", "日本", "Enter"]);
  assertEquals(splitInput("x", { ...KEY, ctrl: true }), [["x", { ...KEY, ctrl: true }]]);
});

Deno.test("a text field is edited by letters, arrows and the shell's keys", () => {
  const type = (start: TextField, ...keys: (string | Partial<typeof KEY> | [string])[]) =>
    keys.reduce<TextField>((field, key) => {
      const [input, pressed] = typeof key === "string"
        ? [key, KEY]
        : Array.isArray(key)
        ? [key[0], { ...KEY, ctrl: true }]
        : ["", { ...KEY, ...key }];
      return edit(field, input, pressed) ?? field;
    }, start);
  assertEquals(type(textField(), "a日👨‍👩‍👧", { leftArrow: true }, { backspace: true }), {
    text: "a👨‍👩‍👧",
    cursor: 1,
  });
  assertEquals(type(textField("one two"), ["w"]).text, "one ");
  assertEquals(type(textField("one two"), ["a"], { delete: true }, ["k"]).text, "");
  assertEquals(type(textField("one"), { home: true }, "x", ["u"]), { text: "one", cursor: 0 });
  assertEquals(type(textField(), "pasted\nlines\x1b[2J").text, "pasted lines [2J");
  assertEquals(edit(textField("a"), "", { ...KEY, escape: true }), null);
});

Deno.test("the palette: prompt, form and run, by keys alone", async () => {
  const launched: unknown[] = [];
  let left = 0;
  const state = new PaletteState({
    search: (query) => rank(all, query, () => 0, 10),
    // deno-lint-ignore require-yield
    launch: async function* (id, params) {
      await Promise.resolve();
      launched.push([id, params]);
    },
    leave: () => left++,
  });
  const press = (input: string, key: Partial<typeof KEY> = {}) =>
    state.press(input, { ...KEY, ...key });
  press("f");
  press("", { downArrow: true });
  press("", { downArrow: true });
  assertEquals([state.matches().length, state.selected], [2, 1]);
  press("ir");
  assertEquals(state.selected, 0);
  press("", { return: true });
  assertEquals(state.mode.name, "run");
  while (state.mode.name === "run" && state.mode.running.state === "running") {
    await Promise.resolve();
  }
  assertEquals(launched, [["program:Firefox", undefined]]);
  press("", { escape: true });
  assertEquals([state.mode.name, state.query.text], ["search", "fir"]);
  press("", { escape: true });
  assertEquals([state.query.text, left], ["", 0]);
  press("", { escape: true });
  press("c", { ctrl: true });
  assertEquals(left, 2);
});

Deno.test("Running keeps output by lines, counts items, and ends once", async () => {
  const running = new Running("a command");
  let changes = 0;
  running.listen(() => changes++);
  await running.follow(async function* () {
    yield { type: "item", value: { type: "stdout", text: "one\ntw" } };
    yield { type: "item", value: { type: "stdout", text: "o\n\x1b[2Jthree" } };
    yield { type: "result", value: { type: "exit", code: 2, signal: null } };
  });
  assertEquals(running.lines, ["one", "two", "three", "exit code 2"]);
  assertEquals([running.state, running.items], ["failed", 2]);
  assertGreater(changes, 2);
});

Deno.test("Running: Esc cancels what waits, a failure is told", async () => {
  const waiting = new Running("waits");
  const ended = waiting.follow(async function* (signal) {
    yield { type: "item", value: 1 };
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  while (waiting.items === 0) await Promise.resolve();
  waiting.cancel();
  await ended;
  assertEquals(waiting.state, "cancelled");
  const failing = new Running("fails");
  // deno-lint-ignore require-yield
  await failing.follow(async function* () {
    throw new Error("no such folder");
  });
  assertEquals([failing.state, failing.lines], ["failed", ["no such folder"]]);
});
