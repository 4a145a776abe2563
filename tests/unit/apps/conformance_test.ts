/** The conformance kit, held against the page that it cites. */
import { assert, assertEquals } from "@std/assert";
import { CHECKS } from "../../../apps/neverliie/conformance/sections.ts";
import { onOneLine, sentencesOf, uncitedOf } from "../../support/conformance/sentences.ts";

/** Sentences that nothing cites: of clients, of what takes long to show, of this repository alone. */
const UNCITED_MAX = 80;

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
