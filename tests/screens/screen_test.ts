/** What lib/ui/screen.tsx does to a real terminal. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { bundleModules } from "../../apps/build/compile.ts";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { Terminal } from "../support/screens/tmux.ts";

const PROGRAM = [
  ...[Deno.execPath(), "run", "-A"],
  ...ownModuleFlags(),
  "tests/support/screens/screen_program.tsx",
];
const ignore = Deno.build.os !== "linux";

/** The program's screen, drawn, after it has got a key. */
async function openWithKey(key: string): Promise<Terminal> {
  const terminal = await Terminal.open(PROGRAM);
  await terminal.until("drawn 80x23");
  await terminal.type(key);
  await terminal.until(`got ${key}`);
  return terminal;
}

for (
  const [name, key, code, said] of [
    ["its signal", "q", 0, "after"],
    ["an uncaught error", "t", 1, "an uncaught error"],
    ["a rejection that nobody takes", "r", 1, "a rejection"],
    ["Deno.exit", "x", 3, "before"],
  ] as const
) {
  Deno.test({
    name: `a screen gives the terminal back after ${name}`,
    ignore,
    async fn() {
      await using terminal = await Terminal.open(PROGRAM);
      await terminal.until("drawn 80x23 日本");
      assertEquals(await terminal.figure("alternate_on"), "1");
      await terminal.press(key);
      const ended = await terminal.ended();
      assertEquals(ended.code, code);
      assertStringIncludes(ended.text, "before");
      assertStringIncludes(ended.text, said);
      assertEquals(await terminal.figure("alternate_on"), "0");
      assertEquals(await terminal.figure("cursor_flag"), "1");
    },
  });
}

Deno.test({
  name: "a screen takes keys, follows the size, and ends on SIGTERM",
  ignore,
  async fn() {
    await using terminal = await openWithKey("a");
    await terminal.press("Enter");
    await terminal.until("got Enter");
    await terminal.resize(120, 40);
    await terminal.until("drawn 120x39");
    await terminal.resize(60, 10);
    await terminal.until("drawn 60x9");
    // deno-lint-ignore no-control-regex
    assertMatch(await terminal.coloured(), /\x1b\[[0-9;]*32m/);
    Deno.kill(await terminal.pid(), "SIGTERM");
    const { code, text } = await terminal.ended();
    assertEquals(code, 143);
    assertStringIncludes(text, "after");
  },
});

Deno.test({
  name: "a screen has no colours where NO_COLOR is set",
  ignore,
  async fn() {
    await using terminal = await Terminal.open(PROGRAM, { env: { NO_COLOR: "1" } });
    await terminal.until("drawn 80x23");
    // deno-lint-ignore no-control-regex
    assert(!/\x1b\[[0-9;]*3[0-7]m/.test(await terminal.coloured()));
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
  },
});

Deno.test({
  name: "a screen is whole after its window's edge was dragged",
  ignore,
  async fn() {
    await using terminal = await openWithKey("a");
    const widths = [...range(79, 40), ...range(41, 70)];
    for (const width of widths) await terminal.resize(width, 24);
    await terminal.until(/drawn 70x23 .*\ngot a/);
    await terminal.type("b");
    await terminal.until("got b");
    const rules = Array.from({ length: 6 }, (_, row) => `── row ${row} `.padEnd(70, "─"));
    const lines = ["drawn 70x23 日本", "got b", ...rules, "a line that stays as it is"];
    assertEquals((await terminal.lines()).filter((line) => line !== ""), lines);
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
  },
});

/** How another user runs a command in this terminal; `null` where this test cannot do so. */
function asNobody(): string[] | null {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return null;
  const command = ["su", "-s", "/bin/sh", "nobody", "-c"];
  const args = [...command.slice(1), `"${Deno.execPath()}" --version`];
  const options = { args, stdout: "null", stderr: "null" } as const;
  try {
    return new Deno.Command("su", options).outputSync().success ? command : null;
  } catch {
    return null;
  }
}

const nobody = asNobody();

Deno.test({
  name: "a screen takes keys and goes on where the terminal is another user's",
  // Only root can be another user.
  ignore: nobody === null,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const [program] = await bundleModules(["tests/support/screens/screen_program.tsx"], folder);
      await Deno.chmod(folder, 0o755);
      await Deno.mkdir(`${folder}/home`);
      await Deno.chmod(`${folder}/home`, 0o777);
      const run = `"${Deno.execPath()}" run -A --no-config --no-check "${program}" clock`;
      await using terminal = await Terminal.open([...nobody!, run], {
        env: { HOME: `${folder}/home`, DENO_DIR: `${folder}/home` },
        cwd: dirname(folder),
      });
      for (const key of ["a", "b", "c"]) {
        const { 1: count } = /count (\d+)/.exec(await terminal.until(/count \d+/))!;
        await terminal.until(new RegExp(`count (?!${count}\\b)\\d+`));
        await terminal.type(key);
        await terminal.until(`got ${key}`);
      }
      await terminal.press("q");
      assertEquals((await terminal.ended()).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** The whole numbers between two, both of them included, up or down. */
function range(from: number, to: number): number[] {
  const step = Math.sign(to - from);
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, at) => from + at * step);
}
