/** The conformance kit, held against the page that it cites. */
import { assert, assertEquals } from "@std/assert";
import { shown } from "../../../apps/neverliie/conformance/outcome.ts";
import { linesOf } from "../../../apps/neverliie/conformance/report.ts";
import { CHECKS } from "../../../apps/neverliie/conformance/sections.ts";
import { onOneLine, sentencesOf, uncitedOf } from "../../support/conformance/sentences.ts";

/** Sentences that nothing cites: of clients, of what takes long to show, of this repository alone. */
const UNCITED_MAX = 95;

const text = await Deno.readTextFile(new URL("../../../docs/protocol.md", import.meta.url));
const page = onOneLine(text);

Deno.test("conformance: each sentence that a check cites stands on the page", () => {
  const missing = CHECKS.flatMap(({ id, sentences }) =>
    sentences.filter((sentence) => sentence.length < 10 || !page.includes(sentence))
      .map((sentence) => `${id}: ${sentence}`)
  );
  assertEquals(missing, []);
});

Deno.test("conformance: no two checks have one name, and each cites something", () => {
  const names = CHECKS.map(({ id }) => id);
  assertEquals(names.length, new Set(names).size);
  assertEquals(CHECKS.filter(({ sentences }) => sentences.length === 0), []);
});

Deno.test("conformance: few sentences that tell a host what to do are cited by no check", () => {
  assert(sentencesOf(text).length > 250);
  const uncited = uncitedOf(text).map(({ heading, text }) => `${heading}: ${text}`);
  assert(uncited.length <= UNCITED_MAX, `${uncited.length}:\n${uncited.join("\n")}`);
});

Deno.test("conformance: what a host says does not steer the terminal, and is not shown without end", () => {
  const said = `\x1b[2J\x9b1m\u202e\r\n${"x".repeat(10_000)}`;
  for (const text of [shown(said), shown({ said })]) {
    // deno-lint-ignore no-control-regex -- that is what is looked for
    assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(text), text);
    assert(text.length < 400, `${text.length} characters`);
  }
  const told = { id: "a.b", section: "a", sentences: ["s"], milliseconds: 1, sent: [shown(said)] };
  const lines = linesOf({ ...told, result: "failed", awaited: "w", got: shown(said) });
  const words = lines.map((line) => line.trim().split(/ {2,}/)[0]);
  assertEquals(words, ["failed", "the page", "sent", "awaited", "got"]);
});
