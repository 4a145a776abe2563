/** Numbers that JavaScript would take for others, wherever people write some. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as v from "valibot";
import { paramsFrom } from "../../../apps/launcher/form.ts";
import { describeProblem, parseConfig } from "../../../lib/config/config_file.ts";
import {
  changedNumber,
  InexactNumberError,
  parseExactly,
} from "../../../lib/config/exact_numbers.ts";

Deno.test("changedNumber: whole numbers to the digit, others within what doubles can reach", () => {
  for (
    const same of [
      ...["0", "-0", "1", "-12.50", "1e3", "1E-7", "0e999", "0.000", "3.14159265358979323846"],
      ...["9007199254740991", "9007199254740992", "-9007199254740994", "1e308", "123456789012e290"],
      // As JavaScript writes the doubles next to them.
      ...["66082186258828970", "1000000000000000000000"],
    ]
  ) assertEquals(changedNumber(same), null, same);
  const changed: [written: string, value: string][] = [
    ["9007199254740993", "9007199254740992"],
    ["-9007199254740993", "-9007199254740992"],
    // (The nearest double, by all its digits.)
    ["1000000000000000000000001", "999999999999999983222784"],
    ["1e999", "Infinity"],
    ["-1e999", "-Infinity"],
    ["1e-999", "0"],
    ["-0.0001E-999", "0"],
    [`1${"0".repeat(400)}`, "Infinity"],
  ];
  for (const [written, value] of changed) assertEquals(changedNumber(written), value, written);
});

Deno.test("parseExactly is JSON.parse, but for numbers that would be others", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assertEquals(parseExactly(text), JSON.parse(text));
  }));
  fc.assert(fc.property(fc.bigInt(), (value) => {
    const exact = BigInt(Number(value)) === value || String(Number(value)) === String(value);
    const parse = () => parseExactly(`{"list":[${value}]}`);
    if (exact) assertEquals(parse(), { list: [Number(value)] });
    else assertThrows(parse, InexactNumberError, `${value}`.slice(0, 40));
  }));
  assertThrows(
    () => parseExactly('{"a":{"b":9007199254740993}}'),
    InexactNumberError,
    '9007199254740993 at "b" would become 9007199254740992, as JavaScript has no such number',
  );
  assertThrows(() => parseExactly("1e999"), InexactNumberError, "1e999 would become Infinity");
  assertEquals(parseExactly('["9007199254740993", "1e999"]'), ["9007199254740993", "1e999"]);
});

Deno.test("parseConfig tells of numbers that would be others, by their places", () => {
  const schema = v.object({ list: v.optional(v.array(v.number()), []) });
  const text = '{ // many\n  "list": [1, 9007199254740993,\n 1e999]\n}';
  const { value, problems } = parseConfig(text, schema);
  assertEquals(value, { list: [] });
  assertEquals(problems.map((problem) => describeProblem("f", problem)), [
    "f:2:15: 9007199254740993 would become 9007199254740992, as JavaScript has no such number: " +
    "give it as a text",
    "f:3:2: 1e999 would become Infinity, as JavaScript has no such number: give it as a text",
  ]);
});

Deno.test("parseConfig takes no time over a file that is all wrong, and no depth stops it", () => {
  const schema = v.object({ list: v.optional(v.array(v.string()), []) });
  const told = (text: string) => parseConfig(text, schema).problems;
  assertEquals(told("x\n".repeat(100_000)).length, 20);
  assertEquals(told(`{"list":[${"1,".repeat(20_000)}]}`).length, 20);
  assertEquals(told("[".repeat(100_000)).map(({ message }) => message), [
    "is nested too deep to be read",
  ]);
});

Deno.test("paramsFrom refuses a typed number that would be another one", () => {
  for (const param of [{ name: "id", type: "integer" }, { name: "id" }]) {
    assertThrows(
      () => paramsFrom([param], ["9007199254740993"]),
      TypeError,
      "id: 9007199254740993 would become 9007199254740992",
    );
  }
  assertEquals(paramsFrom([{ name: "id" }], ['"9007199254740993"']), { id: "9007199254740993" });
});
