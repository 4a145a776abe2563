import { assertEquals } from "@std/assert";
import { painter } from "../../../lib/ui/colour.ts";
import {
  bar,
  displayWidth,
  formatBytes,
  formatDuration,
  pad,
  plain,
  sparkline,
  truncate,
} from "../../../lib/ui/text.ts";

const timeout = 30_000;
const ESC = "\x1b";

Deno.test("displayWidth counts columns", () => {
  const widths = ["abc", "größe", "e\u0301", "日本語", "👨‍👩‍👧", `${ESC}[31mred${ESC}[0m`, "█░▁"];
  assertEquals(widths.map(displayWidth), [3, 5, 1, 6, 2, 3, 3]);
});

Deno.test("truncate cuts between characters and never exceeds the width", () => {
  assertEquals(truncate("scanner", 7), "scanner");
  assertEquals(truncate("scanner", 6), "scann…");
  assertEquals(truncate("日本語", 5), "日本…");
  assertEquals(truncate("日本語", 4), "日…");
  assertEquals(truncate("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  assertEquals([truncate("ab", 1), truncate("ab", 0)], ["…", ""]);
});

Deno.test("pad makes a text exactly as wide as asked", () => {
  assertEquals(pad("ab", 4), "ab  ");
  assertEquals(pad("ab", 4, "right"), "  ab");
  assertEquals(pad("日本語", 7), "日本語 ");
  assertEquals(pad("日本語", 4), "日… ");
});

Deno.test("plain takes out what could steer the terminal", () => {
  assertEquals(plain(`a${ESC}[2Jb\r\nc\u0007d\u0085e\u009bf`), "ab c d e");
  assertEquals(plain(`a${ESC}]0;a title\u0007b${ESC}]8;;http://x${ESC}\\link${ESC}7`), "ablink");
  assertEquals(plain(`a${ESC}]0;no end`), "a0;no end");
  assertEquals(plain(`${ESC}${ESC}[31m[31mred`), " [31mred");
  assertEquals(plain("photo\u202egpj.exe \u2066a\u2069"), "photogpj.exe a");
  assertEquals(plain("größe 日本"), "größe 日本");
});

Deno.test("bar is filled to its part, within its width", () => {
  assertEquals([bar(0, 4), bar(50, 4), bar(100, 4)], ["░░░░", "██░░", "████"]);
  assertEquals([bar(-5, 4), bar(500, 4), bar(NaN, 4), bar(null, 4)], [
    "░░░░",
    "████",
    "░░░░",
    "░░░░",
  ]);
  assertEquals([bar(50, 0), bar(50, -3)], ["", ""]);
});

Deno.test("sparkline draws each value as high as its part of the top", () => {
  assertEquals(sparkline([0, 50, 100], 100), "▁▅█");
  assertEquals(sparkline([0, 1, 2]), "▁▅█");
  assertEquals(sparkline([0, 0]), "▁▁");
  assertEquals(sparkline([500, -5, NaN], 100), "█▁ ");
  assertEquals(sparkline([]), "");
});

Deno.test("formatBytes chooses the unit", () => {
  const texts = [0, 1023, 1024, 1536, 1024 ** 2 - 1, 16 * 1024 ** 3, -1, NaN].map(formatBytes);
  assertEquals(texts, [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "1.0 MiB",
    "16.0 GiB",
    "0 B",
    "0 B",
  ]);
});

Deno.test("formatDuration shows the two largest units", () => {
  const texts = [0, 59.9, 60, 200, 3600, 7500, 86_400, 273_600, NaN].map(formatDuration);
  assertEquals(texts, [
    "0 s",
    "59 s",
    "1 min 0 s",
    "3 min 20 s",
    "1 h 0 min",
    "2 h 5 min",
    "1 d 0 h",
    "3 d 4 h",
    "0 s",
  ]);
});

Deno.test("painter styles a text or leaves it alone", () => {
  assertEquals(painter(false)("red", "x"), "x");
  assertEquals(painter(true)("red", "x"), `${ESC}[31mx${ESC}[39m`);
});

Deno.test({
  name: "wantsColour says no without a terminal",
  timeout,
  async fn() {
    const url = new URL("../../../lib/ui/colour.ts", import.meta.url);
    const code = `import { wantsColour } from "${url}"; console.log(wantsColour());`;
    const args = ["eval", "--no-config", "--no-check", code];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "false");
  },
});
