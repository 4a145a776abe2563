import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { exposeContract } from "../../../lib/ipc/methods/contract.ts";
import { ErrorCode, RemoteError } from "../../../lib/ipc/wire/errors.ts";
import { Methods } from "../../../lib/ipc/methods/methods.ts";
import type { StandardSchema } from "../../../lib/ipc/methods/standard_schema.ts";
import {
  arktypeContract,
  valibotContract,
  zodContract,
} from "../../support/unit/schema_contracts.ts";
import { methodsSession, openStream } from "../../support/session/unit_session.ts";

/** The error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<RemoteError> {
  return await assertRejects(() => call, RemoteError) as RemoteError;
}

const libraries = [
  ["zod", zodContract],
  ["valibot", valibotContract],
  ["arktype", arktypeContract],
] as const;

for (const [library, contract] of libraries) {
  /** The contract, exposed; `wrong` makes the handlers break it. */
  const expose = (wrong = false) => {
    const problems: string[] = [];
    const methods = new Methods((problem) => problems.push(problem));
    const table = { expose: methods.add.bind(methods) };
    exposeContract(table, contract as typeof zodContract, {
      greet: ({ name, times }) => wrong ? 7 as never : `Hello, ${name}!`.repeat(times),
      count: async function* ({ to }) {
        for (let n = 0; n < to; n++) yield wrong && n === 1 ? { n: "one" as never } : { n };
      },
      deep: ({ list }) => list.length,
    });
    return { methods, problems };
  };

  Deno.test(`${library}: params that pass reach the handler, defaults filled in`, async () => {
    await using pair = methodsSession(expose().methods);
    const { result } = await pair.client.call("greet", { name: "Ada" });
    assertEquals(result, "Hello, Ada!");
    const twice = await pair.client.call("greet", { name: "Ada", times: 2 });
    assertEquals(twice.result, "Hello, Ada!Hello, Ada!");
  });

  Deno.test(`${library}: positions get their names from the schema`, async () => {
    await using pair = methodsSession(expose().methods);
    assertEquals((await pair.client.call("greet", ["Ada", 2])).result, "Hello, Ada!Hello, Ada!");
    const error = await failure(pair.client.call("greet", ["Ada", 2, 3]));
    assertEquals(error.code, ErrorCode.InvalidParams);
  });

  Deno.test(`${library}: params that do not pass are -32602 and name the path`, async () => {
    await using pair = methodsSession(expose().methods);
    const error = await failure(pair.client.call("greet", { name: 7 }));
    assertEquals(error.code, ErrorCode.InvalidParams);
    assert(error.message.startsWith('Cannot call "greet": params.name: '), error.message);
    const { issues } = error.data as { issues: { path: unknown[]; message: string }[] };
    assertEquals(issues.map(({ path }) => path), [["name"]]);
    assert(issues[0]!.message.includes("string"));
    const none = await failure(pair.client.call("greet"));
    assertEquals(none.code, ErrorCode.InvalidParams);
  });

  Deno.test(`${library}: a path goes through lists`, async () => {
    await using pair = methodsSession(expose().methods);
    const error = await failure(pair.client.call("deep", { list: [{ key: "a" }, { key: 2 }] }));
    assert(error.message.startsWith('Cannot call "deep": params.list[1].key: '), error.message);
    const { issues } = error.data as { issues: { path: unknown[] }[] };
    assertEquals(issues[0]!.path, ["list", 1, "key"]);
    const many = await failure(pair.client.call("deep", { list: Array(5_000).fill({ key: 2 }) }));
    const { length } = (many.data as { issues: unknown[] }).issues;
    assert(length > 0 && length <= 100, `${length} issues`);
  });

  Deno.test(`${library}: a result that breaks the contract is -32603, not the caller's fault`, async () => {
    await using pair = methodsSession(expose(true).methods);
    const error = await failure(pair.client.call("greet", { name: "Ada" }));
    assertEquals(error.code, ErrorCode.InternalError);
    assert(error.message.startsWith('"greet" broke its own contract: result: '), error.message);
  });

  Deno.test(`${library}: items are checked one by one, and the first wrong one ends the stream`, async () => {
    await using good = methodsSession(expose().methods);
    const items = await Array.fromAsync(openStream(good.client, "count", { to: 3 }));
    assertEquals(items, [{ n: 0 }, { n: 1 }, { n: 2 }]);
    await using bad = methodsSession(expose(true).methods);
    const got: unknown[] = [];
    const error = await assertRejects(async () => {
      for await (const item of openStream(bad.client, "count", { to: 3 })) got.push(item);
    }, RemoteError) as RemoteError;
    assertEquals(got, [{ n: 0 }]);
    assert(error.message.startsWith('"count" broke its own contract: item.n: '), error.message);
    assertEquals((error.data as { issues: { path: unknown[] }[] }).issues[0]!.path, ["n"]);
    const refused = openStream(good.client, "count", { to: "3" });
    assertEquals((await failure(refused.next())).code, ErrorCode.InvalidParams);
  });

  Deno.test(`${library}: $/describe tells the contract as JSON Schema`, () => {
    const { methods, problems } = expose();
    const [greet, count, deep] = methods.describe();
    assertEquals(greet!.kind, "call");
    assertEquals(greet!.description, "greets somebody");
    assertEquals(greet!.params, ["name", "times"]);
    // deno-lint-ignore no-explicit-any -- a document of three makes
    const params = greet!.schemas!.params as any;
    assertEquals(params.properties.name, { type: "string", minLength: 1 });
    assertEquals(params.properties.times.type, "integer");
    assertEquals(params.required, ["name"]);
    assertEquals(greet!.schemas!.result!["type"], "string");
    assertEquals(count!.kind, "stream");
    // deno-lint-ignore no-explicit-any -- a document of three makes
    assertEquals((count!.schemas!.item as any).properties, { n: { type: "number" } });
    // Without a converter there is no document, and no failure either.
    assertEquals(deep!.schemas!.result?.["type"], library === "valibot" ? undefined : "number");
    assertEquals(problems, []);
  });
}

/** A schema without a library: what any other one comes down to. */
function schema<T>(
  validate: StandardSchema<T>["~standard"]["validate"],
  jsonSchema?: StandardSchema["~standard"]["jsonSchema"],
): StandardSchema<T> {
  return { "~standard": { version: 1, vendor: "test", validate, jsonSchema } };
}

Deno.test("a schema that takes its time is waited for", async () => {
  const methods = new Methods(() => {});
  const slow = schema<{ n: number }>(async (value) => {
    await Promise.resolve();
    return (value as { n: unknown }).n === 1
      ? { value: { n: 2 } }
      : { issues: [{ message: "must be one", path: [{ key: "n" }] }] };
  });
  methods.add("double", ({ n }: { n: number }) => n, { params: slow });
  await using pair = methodsSession(methods);
  assertEquals((await pair.client.call("double", { n: 1 })).result, 2);
  const error = await failure(pair.client.call("double", { n: 3 }));
  assertEquals(error.message, 'Cannot call "double": params.n: must be one');
});

Deno.test("keys that are no names are quoted in a path", async () => {
  const methods = new Methods(() => {});
  const issues = [{ message: "wrong", path: ["a b", 0, "größe"] }, { message: "all wrong" }];
  methods.add("any", () => null, { params: schema(() => ({ issues })) });
  await using pair = methodsSession(methods);
  const error = await failure(pair.client.call("any"));
  assertEquals(
    error.message,
    'Cannot call "any": params["a b"][0].größe: wrong; params: all wrong',
  );
});

Deno.test("what cannot be said in JSON Schema is left out and reported", () => {
  const problems: string[] = [];
  const methods = new Methods((problem) => problems.push(problem));
  const mute = () => {
    throw new Error("dates have no JSON");
  };
  const date = schema<Date>((value) => ({ value: value as Date }), { input: mute, output: mute });
  methods.add("now", () => new Date(), { result: date });
  assertEquals(methods.describe(), [{ name: "now", kind: "call" }]);
  assertEquals(methods.describe().length, 1);
  assertEquals(problems, [
    '"now": the result cannot be said in JSON Schema: dates have no JSON',
  ]);
});

Deno.test("documents given by hand describe and do not check", async () => {
  const methods = new Methods(() => {});
  const params = { type: "object", properties: { a: { type: "number" } } };
  methods.add("same", (value) => value, { jsonSchema: { params }, tool: true });
  assertEquals(methods.describe(), [
    { name: "same", kind: "call", params: ["a"], schemas: { params }, tool: true },
  ]);
  await using pair = methodsSession(methods);
  assertEquals((await pair.client.call("same", { a: "no number" })).result, { a: "no number" });
  assertEquals((await pair.client.call("same", [1])).result, { a: 1 });
});

Deno.test("a call has a result and a stream has items: options that contradict are refused", () => {
  const methods = new Methods(() => {});
  const any = schema((value) => ({ value }));
  assertThrows(() => methods.add("a", function* () {}, { result: any }), TypeError, '"item"');
  assertThrows(
    () => methods.add("b", () => 1, { item: any, kind: "call" }),
    TypeError,
    'a call has "result", not "item"',
  );
  methods.add("c", () => 1, { item: any });
  assertEquals(methods.describe()[0]!.kind, "stream");
});

Deno.test("a handler that does not stream what it declares, or streams what it does not", async () => {
  const methods = new Methods(() => {});
  const any = schema((value) => ({ value }));
  methods.add("plain", () => 1 as never, { item: any });
  const generator = function* () {};
  methods.add("streams", () => generator() as never, { result: any });
  await using pair = methodsSession(methods);
  const plain = await failure(pair.client.call("plain"));
  assert(plain.message.endsWith('it declares "item", but does not stream'), plain.message);
  const streams = await failure(pair.client.call("streams"));
  assert(streams.message.endsWith('it streams, but declares "result"'), streams.message);
});
