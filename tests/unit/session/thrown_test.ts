/** Whatever a handler throws, and however, its caller gets an error, and the session goes on. */
import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../../lib/ipc/session/connection.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { RemoteError } from "../../../lib/ipc/wire/errors.ts";
import { type ExpectedError, THROWN } from "../../support/programs/thrown_values.ts";
import { openStream, sessionPair } from "../../support/session/unit_session.ts";

const SEED = 20_260_301;

/** What the handler throws next. */
let make: () => unknown = () => undefined;
const fail = (): never => {
  throw make();
};

/** Handlers that throw in every way there is. */
const methods = {
  echo: ({ params }: IncomingRequest) => params,
  now: fail,
  later: async () => {
    await Promise.resolve();
    fail();
  },
  rejected: () => Promise.reject(make()),
  thenable: () => ({ then: fail }),
  *after_items() {
    yield 1;
    yield 2;
    fail();
  },
  async *after_async_items() {
    yield 1;
    yield await Promise.resolve(2);
    fail();
  },
  own_iterator: () => ({
    next: fail,
    return: fail,
    [Symbol.asyncIterator]() {
      return this;
    },
  }),
  *in_return() {
    try {
      yield 1;
      for (;;) yield 2;
    } finally {
      // deno-lint-ignore no-unsafe-finally -- that is what is tried
      throw make();
    }
  },
  result_json: () => ({ toJSON: fail }),
  *item_json() {
    yield 1;
    yield { toJSON: fail };
  },
};
const CALLS = ["now", "later", "rejected", "thenable"] as const;
const STREAMS = ["after_items", "after_async_items", "own_iterator"] as const;

async function errorOf(work: Promise<unknown>): Promise<RemoteError> {
  const error = await work.then(() => null, (thrown) => thrown);
  assertInstanceOf(error, RemoteError);
  return error;
}

/** What a stream gives before its error, and the error. */
async function streamed(client: Connection, method: string): Promise<[unknown[], RemoteError]> {
  const items: unknown[] = [];
  const error = await errorOf((async () => {
    for await (const item of openStream(client, method)) items.push(item);
  })());
  return [items, error];
}

function assertError(error: RemoteError, { message, code = -32603, data }: ExpectedError): void {
  if (typeof message === "string") assertEquals(error.message, message);
  else assertMatch(error.message, message);
  assertEquals([error.code, error.data], [code, data]);
}

for (const [name, { make: makeOne, error: expected, large = false }] of Object.entries(THROWN)) {
  Deno.test(`a handler that throws: ${name}`, async () => {
    make = makeOne;
    await using pair = sessionPair(methods);
    const { client } = pair;
    for (const method of large ? CALLS.slice(0, 1) : CALLS) {
      assertError(await errorOf(client.call(method)), expected);
    }
    for (const method of large ? [] : STREAMS) {
      const [items, error] = await streamed(client, method);
      assertEquals(items, method === "own_iterator" ? [] : [1, 2]);
      assertError(error, expected);
    }
    assertEquals((await client.call("echo", [name])).result, [name]);
  });
}

/** Anything that a program can throw: values, errors with odd members, traps. */
const thrown = (): fc.Arbitrary<() => unknown> => {
  const value = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    fc.constantFrom<unknown>(Symbol("s"), () => 1, 1n, NaN, -0, new Uint8Array(3), new Error("in")),
  );
  const member = fc.tuple(
    fc.constantFrom(
      "message",
      "name",
      "code",
      "data",
      "cause",
      "errors",
      "stack",
      "toJSON",
      "then",
    ),
    fc.oneof(
      value.map((value): PropertyDescriptor => ({ value })),
      value.map((value): PropertyDescriptor => ({ get: () => value })),
      value.map((value): PropertyDescriptor => ({
        get: () => {
          throw value;
        },
      })),
    ),
  );
  const base = fc.constantFrom<() => object>(
    () => new Error("base"),
    () => new DOMException("base", "DataError"),
    () => new AggregateError([1, new Error("inner")], "base"),
    () => ({}),
    () => [],
    () => Object.create(null),
    () => () => {},
  );
  const odd = fc.tuple(base, fc.array(member, { maxLength: 4 }), fc.nat(2)).map(
    ([base, members, wrap]) => () => {
      const made = base();
      for (const [name, descriptor] of members) {
        try {
          Object.defineProperty(made, name, { configurable: true, ...descriptor });
        } catch {
          // Its own members stay as they are.
        }
      }
      if (wrap === 1) Object.freeze(made);
      if (wrap < 2) return made;
      const { proxy, revoke } = Proxy.revocable(made, {});
      revoke();
      return proxy;
    },
  );
  return fc.oneof(value.map((value) => () => value), odd);
};

Deno.test("whatever handlers throw, each call is answered by an error of the protocol's form", async () => {
  await using pair = sessionPair(methods);
  const { client } = pair;
  await fc.assert(
    fc.asyncProperty(thrown(), async (makeOne) => {
      make = makeOne;
      for (const method of CALLS) assertForm(await errorOf(client.call(method)));
      for (const method of STREAMS) assertForm((await streamed(client, method))[1]);
      const result = await errorOf(client.call("result_json"));
      assertMatch(result.message, /^the answer cannot be sent as JSON: ./s);
      const [items, item] = await streamed(client, "item_json");
      assertEquals(items, [1]);
      assertMatch(item.message, /^an item cannot be sent as JSON: ./s);
      // What it throws when it is left has nobody to go to.
      for await (const _ of openStream(client, "in_return")) break;
      assertEquals((await client.call("echo", [1])).result, [1]);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

function assertForm({ message, code }: RemoteError): void {
  assert(typeof message === "string" && message !== "");
  assert(Number.isSafeInteger(code), `${code}`);
}

Deno.test("whatever the handler of a notification throws, the session goes on", async () => {
  const told: unknown[][] = [];
  const { error } = console;
  await using pair = sessionPair(methods);
  try {
    // As it shows values: by their own functions.
    console.error = (...args) => {
      told.push(args);
      if (typeof args[1] !== "undefined") Deno.inspect(args[1]);
    };
    const inspected = Symbol.for("Deno.customInspect");
    const values = [
      ...Object.values(THROWN).filter(({ large }) => !large),
      { make: () => ({ [inspected]: fail }) },
    ];
    for (const { make: makeOne } of values) {
      make = makeOne;
      for (const method of ["now", "later"]) pair.client.notify(method);
      assertEquals((await pair.client.call("echo", [1])).result, [1]);
    }
    assert(told.length >= 2 * values.length, `${told.length} of ${values.length} were told`);
  } finally {
    console.error = error;
  }
});
