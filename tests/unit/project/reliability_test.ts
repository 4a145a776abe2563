import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { page } from "../../reliability.ts";
import { recordsIn } from "../../support/run/record.ts";
import type { PartRecord } from "../../support/run/records_folder.ts";

const part = (name: string, records: PartRecord["records"]): PartRecord => ({
  part: name,
  ended: "2026-01-02T03:04:05.000Z",
  deno: "2.9.5",
  commit: "abc1234",
  tests: 3,
  seconds: 4,
  records,
});

Deno.test("recordsIn finds figures among other output", () => {
  const output = 'x ... ok\n@record {"subject":"kills","figures":{"total":7}}\n@recordless\n';
  assertEquals(recordsIn(output), [{ subject: "kills", figures: { total: 7 } }]);
});

Deno.test("reliability: the page has a column for each way, and adds up kills and frames", () => {
  const text = page([
    part("chaos", [
      { subject: "kills", figures: { total: 1_200, calls: 600 } },
      { subject: "fuzz, codec", figures: { frames: 200_000, seed: 5 } },
    ]),
    part("mixed", [{ subject: "kills in all languages", figures: { total: 20 } }]),
    part("windows-chaos", [{ subject: "kills", figures: { total: 34, "left out": "yes" } }]),
  ]);
  assertStringIncludes(text, "9 tests in these parts, 1,254 kills, 200,000 fuzzed frames");
  assertStringIncludes(text, "| total | 1,200 | 34 |");
  assertStringIncludes(text, "| left out | - | yes |");
  assertStringIncludes(text, "| chaos | 3 | 4 | abc1234 | 2026-01-02 |");
  const missing = "compiled, mesh, windows-compiled, windows-mesh, windows-mixed";
  assertStringIncludes(text, `not run yet: ${missing}.`);
  assert(!text.includes(Deno.hostname()), "a page for everybody names no host");
});
