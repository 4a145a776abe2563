/** The conformance kit, held against the page that it cites. */
import { assertEquals } from "@std/assert";
import { CHECKS } from "../../../apps/neverliie/conformance/sections.ts";

const page = (await Deno.readTextFile(new URL("../../../docs/protocol.md", import.meta.url)))
  .replaceAll(/\s+/g, " ");

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
