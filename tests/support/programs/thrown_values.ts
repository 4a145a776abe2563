/**
 * What a handler may throw, in whatever way: named, so that a test can ask a handler in another
 * process or thread for it, with what its caller is to get.
 */

/** What a caller gets. */
export interface ExpectedError {
  message: string | RegExp;
  /** -32603 unless given. */
  code?: number;
  data?: unknown;
}

/** A value to throw. Made anew each time: some can be used once. */
export interface Thrown {
  make(): unknown;
  error: ExpectedError;
  /** It takes so long to be sent that one way to throw it is enough. */
  large?: true;
}

const throwing = () => {
  throw new Error("a getter threw");
};
const getter = (name: string) => ({ [name]: { get: throwing, enumerable: true } });
const cyclic = () => {
  const list: unknown[] = [];
  list.push(list);
  return list;
};
const deep = () => {
  let list: unknown[] = [];
  for (let depth = 0; depth < 50_000; depth++) list = [list];
  return list;
};
const NO_TEXT = "the handler threw a value without a text";

/** By name. */
export const THROWN: Readonly<Record<string, Thrown>> = {
  text: { make: () => "just a text ż", error: { message: "just a text ż" } },
  "no text": { make: () => "", error: { message: NO_TEXT } },
  undefined: { make: () => undefined, error: { message: "undefined" } },
  null: { make: () => null, error: { message: "null" } },
  number: { make: () => 42, error: { message: "42" } },
  NaN: { make: () => NaN, error: { message: "NaN" } },
  bigint: { make: () => 12n, error: { message: "12" } },
  symbol: { make: () => Symbol("s"), error: { message: "Symbol(s)" } },
  function: { make: () => function named() {}, error: { message: "a function, named" } },
  "plain object": { make: () => ({ status: 404 }), error: { message: '{"status":404}' } },
  "object like an error": {
    make: () => ({ message: "it says so", code: 17, data: { at: 1 } }),
    error: { message: "it says so", code: 17, data: { at: 1 } },
  },
  "object without a prototype": {
    make: () => Object.assign(Object.create(null), { code: 5 }),
    error: { message: '{"code":5}', code: 5 },
  },
  "empty error": { make: () => new TypeError(""), error: { message: "TypeError" } },
  "error without anything": {
    make: () => Object.defineProperty(new Error(""), "name", { value: "" }),
    error: { message: NO_TEXT },
  },
  "message no text": {
    make: () => Object.assign(new Error(), { message: { deep: 1 } }),
    error: { message: '{"deep":1}' },
  },
  "message a symbol": {
    make: () => Object.assign(new Error(), { message: Symbol("m") }),
    error: { message: "Symbol(m)" },
  },
  "message throws": {
    make: () =>
      Object.defineProperties(new Error("x"), { ...getter("message"), code: { value: 8 } }),
    error: { message: "Error", code: 8 },
  },
  "all of it throws": {
    make: () => {
      const names = ["message", "name", "code", "data", "cause", "stack", "toJSON", "errors"];
      return Object.defineProperties(new Error("x"), Object.assign({}, ...names.map(getter)));
    },
    error: { message: NO_TEXT },
  },
  "revoked proxy": {
    make: () => {
      const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
      revoke();
      return proxy;
    },
    error: { message: NO_TEXT },
  },
  frozen: {
    make: () => Object.freeze(Object.assign(new Error("cold"), { code: 3, data: [1] })),
    error: { message: "cold", code: 3, data: [1] },
  },
  "code no whole number": {
    make: () => Object.assign(new Error("half"), { code: 1.5 }),
    error: { message: "half" },
  },
  "code beyond whole numbers": {
    make: () => Object.assign(new Error("huge code"), { code: 1e300 }),
    error: { message: "huge code" },
  },
  "data with a cycle": {
    make: () => Object.assign(new Error("round"), { code: 4, data: cyclic() }),
    error: { message: /^round \(its data cannot be sent: .*circular/, code: 4 },
  },
  "data with a BigInt": {
    make: () => Object.assign(new Error("big"), { data: { of: [1n] } }),
    error: { message: /^big \(its data cannot be sent: .*BigInt/i },
  },
  "data whose toJSON throws": {
    make: () => Object.assign(new Error("no JSON"), { data: { toJSON: throwing } }),
    error: { message: "no JSON (its data cannot be sent: a getter threw)" },
  },
  "data whose toJSON throws nothing": {
    make: () =>
      Object.assign(new Error("no JSON"), {
        data: {
          toJSON: () => {
            throw undefined;
          },
        },
      }),
    error: { message: "no JSON (its data cannot be sent: undefined)" },
  },
  "data with a getter that throws": {
    make: () => Object.assign(new Error("got"), { data: Object.defineProperties({}, getter("x")) }),
    error: { message: "got (its data cannot be sent: a getter threw)" },
  },
  "data a function": {
    make: () => Object.assign(new Error("called"), { data: () => 1 }),
    error: { message: "called" },
  },
  "data too deep": {
    make: () => Object.assign(new Error("deep"), { code: 6, data: deep() }),
    error: {
      message: "deep (its data cannot be sent: it is nested too deep to be written as JSON)",
      code: 6,
    },
  },
  "data with bytes": {
    make: () => Object.assign(new Error("bytes"), { data: { bytes: new Uint8Array([1, 2, 3]) } }),
    error: { message: "bytes", data: { bytes: "AQID" } },
  },
  "data too large": {
    make: () => Object.assign(new Error("large"), { code: 7, data: "x".repeat(65 << 20) }),
    error: { message: /^large \(its data cannot be sent: .*64 MiB/, code: 7 },
    large: true,
  },
  "message too large": {
    make: () => Object.assign(new Error("x".repeat(65 << 20)), { code: 9 }),
    error: { message: /^x{300}…$/, code: 9 },
    large: true,
  },
  "half a letter": { make: () => new Error("\ud83d"), error: { message: "\ud83d" } },
  DOMException: {
    make: () => new DOMException("not now", "AbortError"),
    error: { message: "not now" },
  },
  AggregateError: {
    make: () => new AggregateError([new Error("one"), "two", null], "all failed"),
    error: { message: "all failed: one; two; null" },
  },
  "AggregateError of many": {
    make: () => new AggregateError(Array.from({ length: 9 }, (_, i) => new Error(`${i}`))),
    error: { message: "AggregateError: 0; 1; 2; 3; 4; …" },
  },
  "AggregateError of itself": {
    make: () => {
      const error = new AggregateError([], "round");
      error.errors.push(error);
      return error;
    },
    error: { message: "round: round" },
  },
  "cause a cycle": {
    make: () => {
      const error = new Error("of itself");
      error.cause = error;
      return error;
    },
    error: { message: "of itself" },
  },
};

/** Gives two items, then throws. */
export function* throwAfterItems(name: string): Generator<number> {
  yield 1;
  yield 2;
  throw THROWN[name]!.make();
}
