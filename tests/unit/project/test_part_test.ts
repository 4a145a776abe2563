import { assertEquals } from "@std/assert";
import { countTests, runPart } from "../../support/run/test_part.ts";

Deno.test("countTests reads the last summary", () => {
  const cases: [string, boolean, number, number][] = [
    ["ok | 22 passed | 0 failed (53ms)", true, 22, 0],
    ["ok | 5 passed (3 steps) | 0 failed | 2 ignored (1s)", true, 5, 0],
    ["FAILED | 7 passed (2 steps) | 2 failed (1 step) | 1 ignored (2s)", false, 7, 2],
    ["\x1b[0m\x1b[32mok\x1b[0m | 3 passed | 0 failed \x1b[0m(9ms)\x1b[0m\r\n", true, 3, 0],
    ["ok | 1 passed | 0 failed\nok | 2 passed | 0 failed", true, 2, 0],
    ["x ... ok (1ms)\n\nok | 0 passed | 0 failed | 4 filtered out", true, 0, 0],
  ];
  for (const [output, success, passed, failed] of cases) {
    assertEquals(countTests(output, success), { passed, failed }, output);
  }
});

Deno.test("countTests takes a crash for a failure", () => {
  assertEquals(countTests("", false), { passed: 0, failed: 1 });
  assertEquals(countTests("", true), { passed: 0, failed: 1 }, "ended without counting");
  const afterwards = "ok | 3 passed | 0 failed\nerror: Uncaught";
  assertEquals(countTests(afterwards, false), { passed: 3, failed: 1 });
});

Deno.test("runPart ends a part that hangs, and counts it as failed", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "setInterval(() => {}, 60_000)"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const result = await runPart("hanging", command, { quiet: true, silence: 300 });
  assertEquals([result.passed, result.failed], [0, 1]);
});
