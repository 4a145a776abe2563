import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { painter } from "../../lib/ui/colour.ts";
import { Screen, type ScreenOutput, type ScreenSize } from "../../lib/ui/screen.ts";
import {
  bar,
  displayWidth,
  formatBytes,
  formatDuration,
  pad,
  plain,
  sparkline,
  truncate,
} from "../../lib/ui/text.ts";

const timeout = 30_000;
const ESC = "\x1b";
const LEAVE = `${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;

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
  assertEquals(plain(`a${ESC}[2Jb\r\nc\u0007d\u009be`), "ab c d e");
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
    const url = new URL("../../lib/ui/colour.ts", import.meta.url);
    const code = `import { wantsColour } from "${url}"; console.log(wantsColour());`;
    const args = ["eval", "--no-config", "--no-check", code];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "false");
  },
});

class Paper implements ScreenOutput {
  written = "";
  now: ScreenSize = { columns: 20, rows: 3 };

  write(text: string): void {
    this.written += text;
  }

  size(): ScreenSize {
    return this.now;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.written;
    this.written = "";
    return text;
  }
}

Deno.test("Screen takes the terminal over and gives it back once", () => {
  const output = new Paper();
  const screen = Screen.open({ output });
  assertEquals(output.take(), `${ESC}[?1049h${ESC}[?25l${ESC}[?7l${ESC}[2J`);
  screen.close();
  assertEquals(output.take(), LEAVE);
  screen.close();
  screen.draw(["too late"]);
  assertEquals(output.take(), "");
});

Deno.test("Screen gives the terminal back at the end of its scope, also when that throws", () => {
  const output = new Paper();
  try {
    using screen = Screen.open({ output });
    screen.draw(["a"]);
    throw new Error("out of here");
  } catch { /* Thrown above. */ }
  assert(output.written.endsWith(LEAVE));
});

Deno.test("Screen.draw writes only the lines that changed, at once", () => {
  const output = new Paper();
  using screen = Screen.open({ output });
  screen.draw(["a", "b"]);
  output.take();
  screen.draw(["a", "c"]);
  assertEquals(output.take(), `${ESC}[?2026h${ESC}[2;1H${ESC}[2Kc${ESC}[0m${ESC}[?2026l`);
  screen.draw(["a", "c"]);
  assertEquals(output.take(), "");
  screen.draw(["a"]);
  assertEquals(output.take(), `${ESC}[?2026h${ESC}[2;1H${ESC}[2K${ESC}[0m${ESC}[?2026l`);
});

Deno.test("Screen.draw leaves out lines below the end of the terminal", () => {
  const output = new Paper();
  using screen = Screen.open({ output });
  screen.draw(["1", "2", "3", "4"]);
  const written = output.take();
  assertStringIncludes(written, "3");
  assert(!written.includes("4;1H"));
});

Deno.test("Screen.draw draws everything again after the size changed", () => {
  const output = new Paper();
  using screen = Screen.open({ output });
  screen.draw(["a", "b"]);
  output.take();
  output.now = { columns: 30, rows: 4 };
  assertEquals(screen.size, { columns: 30, rows: 4 });
  screen.draw(["a", "b"]);
  const written = output.take();
  assertStringIncludes(written, `${ESC}[2J`);
  assertMatch(written, /1;1H.*a.*2;1H.*b/s);
});

/** Runs a program that has drawn a screen and then does what `code` says. */
function startScreen(code: string, options = ""): Deno.ChildProcess {
  const url = new URL("../../lib/ui/screen.ts", import.meta.url);
  const program = `
    import { Screen } from "${url}";
    const screen = Screen.open({${options}});
    screen.draw(["drawn"]);
    ${code}
  `;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-check", "--ext=ts", program],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

for (
  const [name, code, exitCode] of [
    ["ends by itself", "screen.close();", 0],
    ["calls Deno.exit", "Deno.exit(3);", 3],
    ["throws", "setTimeout(() => { throw new Error('uncaught'); }, 0);", 1],
    ["leaves a rejection alone", "Promise.reject(new Error('uncaught'));", 1],
  ] as const
) {
  Deno.test({
    name: `Screen gives the terminal back when the program ${name}`,
    timeout,
    async fn() {
      const { stdout, code: ended } = await startScreen(code).output();
      const text = new TextDecoder().decode(stdout);
      assertStringIncludes(text, "drawn");
      assert(text.endsWith(LEAVE), JSON.stringify(text));
      assertEquals([text.split(LEAVE).length - 1, ended], [1, exitCode]);
    },
  });
}

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    name: `Screen gives the terminal back on ${signal}`,
    // Windows ends a process for such a signal without asking it; a console's Ctrl-C is another way.
    ignore: Deno.build.os === "windows",
    timeout,
    async fn() {
      const child = startScreen("setInterval(() => {}, 1e6);");
      let text = "";
      for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
        const drawn = text.includes("drawn");
        text += piece;
        if (!drawn && text.includes("drawn")) child.kill(signal);
      }
      assert(text.endsWith(LEAVE), JSON.stringify(text));
      assertEquals((await child.status).code, exitCode);
      await child.stderr.cancel();
    },
  });
}

Deno.test({
  name: "Screen leaves signals to the program that asked for them, and tells of a new size",
  ignore: Deno.build.os === "windows",
  timeout,
  async fn() {
    const child = startScreen(
      "const alive = setInterval(() => {}, 1e6);",
      `onSignal: (signal) => { screen.close(); clearInterval(alive); console.log("got " + signal); },
       onResize: () => screen.draw(["resized"])`,
    );
    let text = "";
    let sent = 0;
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (sent === 0 && text.includes("drawn")) {
        sent = 1;
        child.kill("SIGWINCH");
      }
      if (sent === 1 && text.includes("resized")) {
        sent = 2;
        child.kill("SIGINT");
      }
    }
    assert(text.endsWith(`${LEAVE}got SIGINT\n`), JSON.stringify(text));
    assertEquals((await child.status).code, 0);
    await child.stderr.cancel();
  },
});
