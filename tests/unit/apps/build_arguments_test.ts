import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments } from "../../../apps/build/arguments.ts";
import { Progress } from "../../../apps/build/progress.ts";
import { TARGETS } from "../../../apps/build/targets.ts";

Deno.test("build: without arguments, all programs as one for this system", () => {
  const { targets, apps, force, archive, measure, denort } = parseArguments([]);
  assertEquals([targets, apps], [[Deno.build.target], []]);
  assertEquals([force, archive, measure, denort.size], [false, false, false, 0]);
});

Deno.test("build: --target all is every target, each once", () => {
  const { targets } = parseArguments(["--target", "all", "--target=aarch64-apple-darwin"]);
  assertEquals(targets, Object.keys(TARGETS));
});

Deno.test("build: options take their value with a sign or as the next word", () => {
  const path = Deno.execPath();
  const args = ["--app=scanner", "--app", "scanner", "--jobs", "3", "--force", "--archive"];
  for (const denort of [["--denort", `${TARGET}=${path}`], [`--denort=${TARGET}=${path}`]]) {
    const request = parseArguments([...args, ...denort]);
    assertEquals([request.apps, request.jobs], [["scanner"], 3]);
    assertEquals([request.force, request.archive], [true, true]);
    assertEquals([...request.denort], [[TARGET, path]]);
  }
});

const TARGET = "x86_64-unknown-linux-gnu";

for (
  const [args, message] of [
    [["--target", "amiga"], 'Cannot build for "amiga"'],
    [["--app", "amiga"], 'Cannot build "amiga"'],
    [["--jobs", "0"], '"--jobs" takes'],
    [["--out"], "'--out <value>' argument missing"],
    [["--out="], '"--out" needs a value'],
    [["--out", "--force"], "'--out' argument is ambiguous"],
    [["--force=yes"], "'--force' does not take an argument"],
    [["--frce"], "Unknown option '--frce': see deno task build --help"],
    [["--denort", `${TARGET}=/no such file`], "Cannot use"],
    [["amiga"], "Unexpected argument 'amiga'"],
  ] as const
) {
  Deno.test(`build: ${args.join(" ")} is wrong usage`, () => {
    assertThrows(() => parseArguments(args), TypeError, message);
  });
}

Deno.test("progress: a bar under the lines that stay; without a terminal, the lines alone", () => {
  const steps = (shown: boolean) => {
    let text = "";
    {
      using progress = new Progress(2, shown, (more) => text += more);
      progress.begin("one");
      progress.end("one", "one is made");
      progress.skip(1);
    }
    return text;
  };
  assertEquals(steps(false), "one is made\n");
  const shown = steps(true);
  // The last bar is full, and then removed.
  assertEquals(shown.split("\r\x1b[2K").slice(-2), [`${"█".repeat(24)} 1/1 `, ""]);
  assertEquals(shown.includes("one is made\n"), true);
});
