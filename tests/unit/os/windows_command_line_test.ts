import { assertEquals, assertThrows } from "@std/assert";
import { quoteCommandLine, splitCommandLine } from "../../../lib/ipc/os/windows/command_line.ts";

const PROGRAM = "C:\\Program Files\\deno.exe";

const TABLE: readonly [name: string, argument: string, quoted: string][] = [
  ["a plain word", "run", "run"],
  ["an empty argument", "", '""'],
  ["a space", "a b", '"a b"'],
  ["a tab", "a\tb", '"a\tb"'],
  ["a line break", "a\nb", '"a\nb"'],
  ["a quote", 'a"b', '"a\\"b"'],
  ["only a quote", '"', '"\\""'],
  ["two quotes", '""', '"\\"\\""'],
  ["a backslash", "a\\b", "a\\b"],
  ["a backslash at the end", "C:\\", "C:\\"],
  ["a backslash at the end, and a space", "C:\\my folder\\", '"C:\\my folder\\\\"'],
  ["two backslashes at the end, and a space", "a b\\\\", '"a b\\\\\\\\"'],
  ["a backslash before a quote", '\\"', '"\\\\\\""'],
  ["two backslashes before a quote", 'a\\\\"b', '"a\\\\\\\\\\"b"'],
  ["a share", "\\\\server\\share", "\\\\server\\share"],
  ["letters outside ASCII", "Größe-日本-🦕", "Größe-日本-🦕"],
  ["what a shell would read", "%PATH%&^|<>!*?", "%PATH%&^|<>!*?"],
];

for (const [name, argument, quoted] of TABLE) {
  Deno.test(`quoteCommandLine writes ${name}`, () => {
    const line = quoteCommandLine([PROGRAM, argument]);
    assertEquals(line, `"${PROGRAM}" ${quoted}`);
    assertEquals(parse(line), [PROGRAM, argument]);
  });
}

Deno.test("quoteCommandLine quotes the program and leaves its backslashes", () => {
  assertEquals(quoteCommandLine(["deno"]), '"deno"');
  assertEquals(parse(quoteCommandLine(["C:\\odd folder\\", "x"])), ["C:\\odd folder\\", "x"]);
});

Deno.test("quoteCommandLine refuses what no command line can carry", () => {
  assertThrows(() => quoteCommandLine([]), TypeError, "the program is missing");
  assertThrows(() => quoteCommandLine([""]), TypeError, "the program is missing");
  assertThrows(() => quoteCommandLine(['de"no']), TypeError, "holds a quote");
  assertThrows(() => quoteCommandLine(["deno", "a\0b"]), TypeError, "holds a NUL");
});

Deno.test("quoteCommandLine is read back, whatever the arguments", () => {
  const random = generator(20_240_607);
  for (let round = 0; round < 5_000; round++) {
    const command = [PROGRAM];
    while (command.length < 1 + random(6)) command.push(argument(random));
    assertEquals(parse(quoteCommandLine(command)), command);
  }
});

Deno.test({
  name: "quoteCommandLine is read back by CommandLineToArgvW, whatever the arguments",
  ignore: Deno.build.os !== "windows",
  // shell32 is loaded once and stays.
  sanitizeResources: false,
  fn() {
    const random = generator(7);
    for (let round = 0; round < 1_000; round++) {
      const command = [PROGRAM, ...Array.from({ length: random(6) }, () => argument(random))];
      const line = quoteCommandLine(command);
      assertEquals(splitCommandLine(line), command);
      assertEquals(parse(line), command);
    }
    for (const [_, argument] of TABLE) {
      assertEquals(splitCommandLine(quoteCommandLine(["deno", argument])), ["deno", argument]);
    }
  },
});

/** An argument made mostly of what is awkward. */
function argument(random: (below: number) => number): string {
  const alphabet = ["\\", "\\", '"', " ", "\t", "a", "b", "ö", "🦕", "%", "'"];
  return Array.from({ length: random(9) }, () => alphabet[random(alphabet.length)]).join("");
}

/** Repeatable random whole numbers (mulberry32). */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The documented parse rules, written down once more: they hold the quoting to account. */
function parse(line: string): string[] {
  assertEquals(line[0], '"', "the program is quoted");
  const end = line.indexOf('"', 1);
  const result = [line.slice(1, end)];
  let at = end + 1;
  for (;;) {
    while (at < line.length && isBlank(line[at]!)) at++;
    if (at >= line.length) return result;
    let word = "";
    let quoted = false;
    for (; at < line.length && (quoted || !isBlank(line[at]!)); at++) {
      let backslashes = 0;
      for (; line[at] === "\\"; at++) backslashes++;
      if (line[at] === '"') {
        word += "\\".repeat(backslashes >> 1);
        if (backslashes % 2 === 1) word += '"';
        else if (quoted && line[at + 1] === '"') word += line[++at];
        else quoted = !quoted;
      } else {
        word += "\\".repeat(backslashes);
        if (at >= line.length || (!quoted && isBlank(line[at]!))) break;
        word += line[at];
      }
    }
    result.push(word);
  }
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}
