/** What `@std/assert` and its stand-in both do: each assertion met and missed. */
import type { Std } from "../../unit/lib/std_test.ts";

type Assert = Std["assert"];

/** Runs the assertion and tells what it threw, without leaning on the assertions under test. */
function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function mustPass(name: string, run: () => unknown): void {
  const error = thrown(run);
  if (error !== undefined) throw new Error(`${name} should pass`, { cause: error });
}

function mustFail({ AssertionError }: Assert, name: string, run: () => unknown): string {
  const error = thrown(run);
  if (error instanceof AssertionError) return error.message;
  throw new Error(`${name} should throw an AssertionError`, { cause: error });
}

const loop = () => {
  const value: { self?: unknown; n: number } = { n: 1 };
  value.self = value;
  return value;
};

const equalPairs: [unknown, unknown][] = [
  [1, 1],
  [NaN, NaN],
  [0, -0],
  ["a", "a"],
  [null, null],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [new Date(5), new Date(5)],
  [new Date(NaN), new Date(NaN)],
  [/a/g, /a/g],
  [new URL("a:b"), new URL("a:b")],
  [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
  [new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }],
  [loop(), loop()],
];

const differentPairs: [unknown, unknown][] = [
  [1, 2],
  [1, "1"],
  [1n, 1],
  [null, undefined],
  [{ a: undefined }, {}],
  [{ a: undefined }, { b: undefined }],
  [[1, 2], [2, 1]],
  [[1], { 0: 1 }],
  [new Date(5), new Date(6)],
  [/a/g, /a/i],
  [new URL("a:b"), new URL("a:c")],
  [new Set([1]), new Set([2])],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  [new Uint8Array([1]), new Uint16Array([1])],
  [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }],
  [new (class A {})(), new (class B {})()],
  [() => {}, () => {}],
];

class Special extends Error {}

export const assertCases: Record<string, (std: Std) => void | Promise<void>> = {
  "assert, fail and unreachable": ({ assert }) => {
    mustPass("assert", () => assert.assert(1));
    for (const value of [0, "", null, undefined, false]) {
      mustFail(assert, "assert", () => assert.assert(value, "why"));
    }
    same(mustFail(assert, "assert", () => assert.assert(false, "why")), "why");
    includes(mustFail(assert, "fail", () => assert.fail("why")), "why");
    includes(mustFail(assert, "unreachable", () => assert.unreachable()), "nreachable");
    const error = new assert.AssertionError("text", { cause: 1 });
    same(error.name, "AssertionError");
    same(error.message, "text");
    same(error.cause, 1);
    same(error instanceof Error, true);
  },
  "assertEquals and assertNotEquals compare deeply": ({ assert }) => {
    for (const [left, right] of equalPairs) {
      mustPass(Deno.inspect([left, right]), () => assert.assertEquals(left, right));
      mustFail(assert, Deno.inspect([left, right]), () => assert.assertNotEquals(left, right));
    }
    for (const [left, right] of differentPairs) {
      mustFail(assert, Deno.inspect([left, right]), () => assert.assertEquals(left, right));
      mustPass(Deno.inspect([left, right]), () => assert.assertNotEquals(left, right));
    }
  },
  "assertEquals shows both values and the note": ({ assert }) => {
    const left = { kept: 1, name: "left", list: [1, 2, 3] };
    const right = { kept: 1, name: "right", list: [1, 2, 4] };
    const message = mustFail(assert, "message", () => assert.assertEquals(left, right, "the note"));
    for (const part of ["left", "right", "kept", "3", "4", "the note"]) includes(message, part);
  },
  "assertStrictEquals compares by Object.is": ({ assert }) => {
    const value = {};
    mustPass("same", () => assert.assertStrictEquals(value, value));
    mustPass("NaN", () => assert.assertStrictEquals(NaN, NaN));
    mustFail(assert, "structure", () => assert.assertStrictEquals({}, {}));
    mustFail(assert, "zeros", () => assert.assertStrictEquals(0, -0));
    includes(mustFail(assert, "note", () => assert.assertStrictEquals(1, 2, "note")), "note");
  },
  "assertExists and assertInstanceOf": ({ assert }) => {
    for (const value of [0, "", false, NaN]) mustPass("exists", () => assert.assertExists(value));
    for (const value of [null, undefined]) {
      mustFail(assert, "exists", () => assert.assertExists(value));
    }
    mustPass("instance", () => assert.assertInstanceOf(new Special(), Error));
    mustFail(assert, "instance", () => assert.assertInstanceOf(new Error(), Special));
    mustFail(assert, "instance", () => assert.assertInstanceOf(null, Special));
  },
  "assertStringIncludes, assertMatch and assertArrayIncludes": ({ assert }) => {
    mustPass("includes", () => assert.assertStringIncludes("abc", "b"));
    mustFail(assert, "includes", () => assert.assertStringIncludes("abc", "d"));
    mustPass("match", () => assert.assertMatch("abc", /^a/));
    mustFail(assert, "match", () => assert.assertMatch("abc", /^b/));
    mustPass("array", () => assert.assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]));
    mustFail(assert, "array", () => assert.assertArrayIncludes([{ a: 1 }], [{ a: 2 }]));
  },
  "assertGreater, assertLess and their kin": ({ assert }) => {
    mustPass("2 > 1", () => assert.assertGreater(2, 1));
    mustFail(assert, "1 > 1", () => assert.assertGreater(1, 1));
    mustPass("1 >= 1", () => assert.assertGreaterOrEqual(1, 1));
    mustFail(assert, "0 >= 1", () => assert.assertGreaterOrEqual(0, 1));
    mustPass("1 < 2", () => assert.assertLess(1, 2));
    mustFail(assert, "1 < 1", () => assert.assertLess(1, 1));
    mustPass("1 <= 1", () => assert.assertLessOrEqual(1, 1));
    mustFail(assert, "2 <= 1", () => assert.assertLessOrEqual(2, 1));
  },
  "assertThrows checks class and message, and returns the error": ({ assert }) => {
    const error = new Special("the text");
    const fails = () => {
      throw error;
    };
    same(assert.assertThrows(fails), error);
    same(assert.assertThrows(fails, Special, "text"), error);
    same(assert.assertThrows(fails, Error), error);
    mustFail(assert, "class", () => assert.assertThrows(fails, TypeError));
    mustFail(assert, "text", () => assert.assertThrows(fails, Special, "other"));
    mustFail(assert, "nothing", () => assert.assertThrows(() => {}));
    includes(mustFail(assert, "note", () => assert.assertThrows(() => {}, "note")), "note");
    const oddly = () => {
      throw "text";
    };
    same(assert.assertThrows(oddly), "text");
    mustFail(assert, "no Error", () => assert.assertThrows(oddly, Error));
  },
  "assertRejects checks class and message, and returns the error": async ({ assert }) => {
    const error = new Special("the text");
    const fails = () => Promise.reject(error);
    same(await assert.assertRejects(fails), error);
    same(await assert.assertRejects(fails, Special, "text"), error);
    const missed = [
      assert.assertRejects(fails, TypeError),
      assert.assertRejects(fails, Special, "other"),
      assert.assertRejects(() => Promise.resolve()),
      assert.assertRejects(() => {
        throw error;
      }),
      assert.assertRejects(() => Promise.reject("text"), Error),
    ];
    for (const [index, result] of (await Promise.allSettled(missed)).entries()) {
      const reason = result.status === "rejected" ? result.reason : undefined;
      if (!(reason instanceof assert.AssertionError)) {
        throw new Error(`Case ${index} should reject with an AssertionError`, { cause: reason });
      }
    }
  },
};

function same(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) {
    throw new Error(`${Deno.inspect(actual)} should be ${Deno.inspect(expected)}`);
  }
}

function includes(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`${Deno.inspect(text)} should include "${part}"`);
}
