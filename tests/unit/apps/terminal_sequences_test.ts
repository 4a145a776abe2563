/** The terminal without a terminal: escape sequences, keys, arguments, the list. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { find, ownArguments, table } from "../../../apps/terminal/front_end.ts";
import { sessionInfo } from "../../support/mesh/session_info.ts";
import { Keys } from "../../../apps/terminal/keys.ts";
import { type Codes, Pen } from "../../../apps/terminal/pen.ts";
import { QueryFilter } from "../../../apps/terminal/queries.ts";
import { LEAVE } from "../../../apps/terminal/raw_terminal.ts";

const QUERIES = [
  "\x05",
  "\x1b[c",
  "\x1b[0c",
  "\x1b[>c",
  "\x1b[>0c",
  "\x1b[=c",
  "\x1b[5n",
  "\x1b[6n",
  "\x1b[?6n",
  "\x1b[?996n",
  "\x1b[?2026$p",
  "\x1b[4$p",
  "\x1b[>q",
  "\x1b[>0q",
  "\x1b[18t",
  "\x1b[14;2t",
  "\x1b[21t",
  "\x1b[x",
  "\x1b[?4m",
  "\x1b[?u",
  "\x1bP$qm\x1b\\",
  "\x1bP+q544e\x1b\\",
  "\x1b]10;?\x07",
  "\x1b]11;?\x1b\\",
  "\x1b]4;3;?\x07",
  "\x1b]52;c;?\x07",
];

const OTHERS = [
  "plain 漢字\r\n",
  "\x1b[31m",
  "\x1b[>4;2m",
  "\x1b[>1u",
  "\x1b[2 q",
  "\x1b[!p",
  "\x1b[?25l",
  "\x1b[22;0t",
  "\x1b[8;24;80t",
  "\x1b]0;a title\x07",
  "\x1b]11;#ffffff\x07",
  "\x1b]52;c;aGk=\x07",
  "\x1b]8;;https://example.org/\x1b\\link\x1b]8;;\x1b\\",
  "\x1bPq#0;2;0;0;0#0~~\x1b\\",
  "\x1b[5;6H",
  "\x1bc",
];

Deno.test("QueryFilter takes questions out, and nothing else, however the text is cut", () => {
  const text = QUERIES.map((query, i) => (OTHERS[i] ?? "") + query).join("") + "end";
  const wanted = OTHERS.join("") + "end";
  for (const size of [1, 2, 3, 7, text.length]) {
    const filter = new QueryFilter();
    let passed = "";
    for (let at = 0; at < text.length; at += size) passed += filter.pass(text.slice(at, at + size));
    assertEquals(passed, wanted, `in pieces of ${size}`);
  }
});

Deno.test("QueryFilter keeps the notation of Windows' key events from views, and no other mode", () => {
  const cases: [string, string][] = [
    // What a pseudo-console writes at its start, by versions; and at its end.
    ["\x1b[?9001h\x1b[?1004h", "\x1b[?1004h"],
    ["\x1b[c\x1b[?1004h\x1b[?9001h", "\x1b[?1004h"],
    ["\x1b[?9001;1004h", "\x1b[?1004h"],
    ["\x1b[?1004l\x1b[?9001l", "\x1b[?1004l"],
    ["\x1b[?25;9001;2004h", "\x1b[?25;2004h"],
    // Others.
    ["\x1b[?90010h\x1b[?19001l\x1b[9001h", "\x1b[?90010h\x1b[?19001l\x1b[9001h"],
    ["\x1b[?1049;25h 9001", "\x1b[?1049;25h 9001"],
  ];
  for (const [text, wanted] of cases) {
    for (const size of [1, 5, text.length]) {
      const filter = new QueryFilter();
      let passed = "";
      for (let at = 0; at < text.length; at += size) {
        passed += filter.pass(text.slice(at, at + size));
      }
      assertEquals(passed, wanted, `in pieces of ${size}`);
    }
  }
});

Deno.test("leaving a session gives the terminal its own notation of keys back", () => {
  for (const reset of ["\x1b[?9001l", "\x1b[>4m", "\x1b[<u", "\x1b[?1004l"]) {
    assertStringIncludes(LEAVE, reset);
  }
});

Deno.test("QueryFilter keeps no long text back", () => {
  const filter = new QueryFilter();
  assertEquals(filter.pass("x\x1b"), "x");
  assertEquals(filter.pass("[1;2"), "");
  assertEquals(filter.pass("m"), "\x1b[1;2m");
  const title = "\x1b]0;" + "t".repeat(200);
  assertEquals(filter.pass(title), title);
});

Deno.test("Pen holds what was set since the last reset", () => {
  const after = (...sequences: Codes[]) => {
    const pen = new Pen();
    for (const codes of sequences) pen.take(codes);
    return pen.sequence;
  };
  assertEquals(after(), "\x1b[0m");
  assertEquals(after([31], [1, 44], [32]), "\x1b[0;32;1;44m");
  assertEquals(after([31, 1], [0], [4]), "\x1b[0;4m");
  assertEquals(after([31, 41, 7], [39, 27]), "\x1b[0;41m");
  assertEquals(after([1], [2]), "\x1b[0;1;2m");
  assertEquals(after([1, 2], [22]), "\x1b[0m");
  assertEquals(after([38, 5, 208, 48, 2, 1, 2, 3]), "\x1b[0;38;5;208;48;2;1;2;3m");
  assertEquals(after([38, [2, -1, 1, 2, 3]], [58, [5, 9]]), "\x1b[0;38:2::1:2:3;58:5:9m");
  assertEquals(after([4, [3]]), "\x1b[0;4:3m");
  assertEquals(after([4, [3]], [4, [0]]), "\x1b[0m");
  assertEquals(after([97, 100], [49]), "\x1b[0;97m");
});

Deno.test("Keys tells input from commands, in every notation of the command key", () => {
  const keys = new Keys();
  const take = (text: string) =>
    [...keys.take(new TextEncoder().encode(text))].map((typed) =>
      typed.type === "input"
        ? new TextDecoder().decode(typed.bytes)
        : typed.type === "prefix"
        ? ["prefix"]
        : [typed.command]
    );
  assertEquals(take("Grüße \x03\x1b[A"), ["Grüße \x03\x1b[A"]);
  assertEquals(take("a\x1cdb"), ["a", ["prefix"], ["detach"], "b"]);
  assertEquals(take("\x1c"), [["prefix"]]);
  assertEquals(take("k"), [["kill"]]);
  assertEquals(take("\x1b[27;5;92~r\x1b[92;5u?"), [["prefix"], ["redraw"], ["prefix"], ["help"]]);
  // Asking for the keys leaves the question open.
  assertEquals(take("d"), [["detach"]]);
  assertEquals(take("\x1c\x1c"), [["prefix"], "\x1c", ["none"]]);
  assertEquals(take("\x1cx"), [["prefix"], ["none"]]);
  assertEquals(take("\x1c\x04"), [["prefix"], ["detach"]]);
  // A key is one key, however many bytes it has; a window's change of focus is none.
  for (const key of ["\x1b[A", "\x1bOP", "\x1b[100;5u", "\x1bx", "\x1b", "ä", "漢", "🦕", "\x7f"]) {
    assertEquals(take(`\x1c${key}`), [["prefix"], ["none"]]);
    assertEquals(take("next"), ["next"]);
  }
  assertEquals(take("\x1c\x1b[O\x1b[Id"), [["prefix"], "\x1b[O", "\x1b[I", ["detach"]]);
  assertEquals(take("\x1b[92;133u\x04\x1b[92;5:1u"), [["prefix"], ["detach"], ["prefix"]]);
  assertEquals(take("k"), [["kill"]]);
});

Deno.test("ownArguments ends where the program's own begin", () => {
  assertEquals(ownArguments(["--help"]), ["--help"]);
  assertEquals(ownArguments(["open", "--help"]), ["open", "--help"]);
  assertEquals(ownArguments(["open", "-d", "vim", "--help"]), ["open", "-d"]);
  assertEquals(ownArguments(["ls", "--help"]), []);
  assertEquals(ownArguments(["run", "ls", "-h"]), ["run"]);
});

Deno.test("the list is aligned by columns, cut to the width, and tells how sessions ended", () => {
  const ended = "2026-01-01T00:01:00.000Z";
  const sessions = [
    sessionInfo({ title: "漢字 \x1b[31mred" }),
    sessionInfo({ id: 12, views: 2, ended, code: 3 }),
    sessionInfo({ id: 13, ended, code: 137, signal: "SIGKILL", command: "x".repeat(200) }),
  ];
  const lines = table(sessions, Date.parse(ended), 80);
  assertEquals(
    lines.slice(0, 3),
    [
      "ID  TITLE     SIZE   AGE         VIEWS  STATE           COMMAND",
      "1   漢字 red  80x24  1 min 0 s  0      running         /bin/sh",
      "12  one       80x24  1 min 0 s  2      ended, code 3   /bin/sh",
    ].map((line) => line.replace("AGE         ", "AGE        ")),
  );
  assertEquals(lines[3]!.length, 80);
  assertEquals(lines[3]!.endsWith("x…"), true);
});

Deno.test("a session is found by its id, else by its title", () => {
  const sessions = [
    sessionInfo({ id: 1, title: "2" }),
    sessionInfo({ id: 2 }),
    sessionInfo({ id: 3 }),
  ];
  assertEquals(find(sessions, "2").id, 2);
  assertEquals(find(sessions.slice(0, 1), "2").id, 1);
  assertThrows(() => find(sessions, "one"), TypeError, "2, 3 have this title");
  assertThrows(() => find(sessions, "four"), TypeError, "there are 1, 2, 3");
  assertThrows(() => find([], "four"), TypeError, "there is none");
});
