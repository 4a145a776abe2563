import { assertEquals, assertStrictEquals } from "@std/assert";
import { asRecord } from "../../../lib/ipc/base/record.ts";
import { classify, isRequestId } from "../../../lib/ipc/wire/message.ts";

Deno.test("classify tells requests, notifications and responses apart", () => {
  const cases: [string, "request" | "notification" | "response"][] = [
    ['{"jsonrpc":"2.0","id":1,"method":"a"}', "request"],
    ['{"jsonrpc":"2.0","id":"x","method":"a","params":{}}', "request"],
    ['{"jsonrpc":"2.0","id":0,"method":"a","params":[]}', "request"],
    ['{"jsonrpc":"2.0","id":"","method":"","params":null}', "request"],
    ['{"jsonrpc":"2.0","id":-1.5,"method":"a"}', "request"],
    ['{"jsonrpc":"2.0","id":1,"method":"a","result":1,"extra":true}', "request"],
    ['{"jsonrpc":"2.0","method":"a"}', "notification"],
    ['{"jsonrpc":"2.0","method":"a","params":[1]}', "notification"],
    ['{"jsonrpc":"2.0","id":1,"result":null}', "response"],
    ['{"jsonrpc":"2.0","id":1,"result":false}', "response"],
    ['{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"m"}}', "response"],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}', "response"],
    ['{"jsonrpc":"2.0","id":1,"result":1,"error":null}', "response"],
  ];
  for (const [json, kind] of cases) {
    const body = JSON.parse(json);
    const classified = classify(body);
    assertEquals(classified.kind, kind, json);
    if (classified.kind !== "invalid") assertStrictEquals(classified.message, body);
  }
});

Deno.test("classify says why a body is no message, and whom it concerns", () => {
  const cases: [string, number | string | null, string][] = [
    ["1", null, "a message must be an object"],
    ["null", null, "a message must be an object"],
    ['"text"', null, "a message must be an object"],
    ["[]", null, "a message must be an object"],
    ["{}", null, '"jsonrpc" must be "2.0"'],
    ['{"id":1,"method":"a"}', 1, '"jsonrpc" must be "2.0"'],
    ['{"jsonrpc":2.0,"id":1,"method":"a"}', 1, '"jsonrpc" must be "2.0"'],
    ['{"jsonrpc":"2.0","id":7,"method":5}', 7, '"method" must be a string'],
    ['{"jsonrpc":"2.0","id":7,"method":null}', 7, '"method" must be a string'],
    ['{"jsonrpc":"2.0","id":"b","method":"a","params":1}', "b", '"params" must be'],
    ['{"jsonrpc":"2.0","method":"a","params":"x"}', null, '"params" must be'],
    ['{"jsonrpc":"2.0","id":null,"method":"a"}', null, '"id" must be'],
    ['{"jsonrpc":"2.0","id":{},"method":"a"}', null, '"id" must be'],
    ['{"jsonrpc":"2.0","id":[1],"method":"a"}', null, '"id" must be'],
    ['{"jsonrpc":"2.0","id":true,"result":1}', null, '"id" must be'],
    ['{"jsonrpc":"2.0","result":1}', null, '"id" must be'],
    ['{"jsonrpc":"2.0","id":1}', 1, 'needs "method", "result" or "error"'],
    ['{"__proto__":{"jsonrpc":"2.0","id":1,"method":"a"}}', null, '"jsonrpc" must be "2.0"'],
  ];
  for (const [json, id, why] of cases) {
    const classified = classify(JSON.parse(json));
    if (classified.kind !== "invalid") throw new Error(`${json} is a ${classified.kind}`);
    assertEquals([classified.id, classified.why.includes(why)], [id, true], json);
  }
});

Deno.test("asRecord takes objects alone", () => {
  const object = { a: 1 };
  assertStrictEquals(asRecord(object), object);
  for (const other of [null, undefined, 1, "a", true, [], [1], () => 1]) {
    assertStrictEquals(asRecord(other), null);
  }
});

Deno.test("isRequestId takes numbers and texts alone", () => {
  assertEquals([0, -1, 1.5, "", "a"].map(isRequestId), [true, true, true, true, true]);
  assertEquals([null, undefined, true, {}, [1]].some(isRequestId), false);
  // Their senders would not know them again, and Infinity is no JSON.
  assertEquals(
    ["1e999", "-1e999", "9007199254740993"].map((text) => isRequestId(JSON.parse(text))),
    [
      ...[false, false, false],
    ],
  );
});
