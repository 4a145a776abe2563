/**
 * One copy for many processes: each finds what its modules keep, and nothing of another's.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { bodyOf } from "./product.ts";
import { SharedCopy } from "./shared_copy.ts";

interface Counting {
  count(): unknown[];
  shared(): void;
}

const copyOf = (text: string) => new SharedCopy<Counting>(bodyOf(text), ["name"], {});

Deno.test("simulation: what a module keeps is each process's own in a copy that they share", () => {
  const copy = copyOf(`
var calls = 0;
var last;
var seen = /* @__PURE__ */ new Set([
  "begin"
]);
var WORDS = /[a-z]+/g;
var Counter = class {
  static made = [];
  count() {
    calls++;
    last = name;
    seen.add(name);
    return [calls, last, ...seen, WORDS.exec("some words")[0], WORDS.lastIndex];
  }
};
function count() {
  return new Counter().count();
}
function shared() {
  Counter.made.push(1);
}
export {
  count,
  shared
};
`);
  const first = copy.instantiate(["first"]);
  assertEquals(first.library.count(), [1, "first", "begin", "first", "some", 4]);
  const second = copy.instantiate(["second"]);
  assertEquals(second.library.count(), [1, "second", "begin", "second", "some", 4]);
  first.enter();
  assertEquals(first.library.count(), [2, "first", "begin", "first", "words", 10]);
  second.enter();
  assertEquals(second.library.count(), [2, "second", "begin", "second", "words", 10]);
  assertThrows(() => second.library.shared(), TypeError, "not extensible");
});

Deno.test("simulation: what processes would share of a module is refused", () => {
  const cases = [
    ["var Counter = class {\n  static #made = 0;\n};", "a class keeps static #made = 0;"],
    ["var started = name.now();", "it takes name.now from its process as it is evaluated"],
    ["var kept = { bytes: new Uint8Array(8) };", '"kept.bytes" is an object of the class'],
    ["let calls = 0;", "its form is not known: let calls = 0;"],
  ];
  for (const [text, why] of cases) {
    assertThrows(() => copyOf(`${text}\nexport {\n};\n`), Error, why);
  }
});
