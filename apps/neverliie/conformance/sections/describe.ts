/** What an app says of itself. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject, type Body } from "../frame.ts";
import type { Trial } from "../trial.ts";

/** The answer to `$/describe`. @throws {Skipped} where the app does not wish to be explored */
async function description(t: Trial): Promise<Body> {
  const peer = await t.peer();
  const message = await peer.call("$/describe");
  const error = asObject(message.body["error"]);
  if (error?.["code"] === -32601) skip("it does not answer $/describe, as it may");
  const about = asObject(peer.resultOf(message, "$/describe"));
  expect(about !== null, "an object", message.body);
  return about;
}

/** The methods that it tells, each an object. */
function methodsOf(about: Body): Body[] {
  const methods = about["methods"];
  expect(Array.isArray(methods), "a list of methods", about);
  return methods.map((method) => {
    const one = asObject(method);
    expect(typeof one?.["name"] === "string", "a method with its name", method);
    return one;
  });
}

export const describe: Check[] = section("describe", [
  [
    "itself",
    "In `$/describe`, `started` is when its process began, in milliseconds since 1970, `version` is the app's own or `null`, `protocol` is 1,",
    async (t) => {
      const about = await description(t);
      const ping = asObject(await (await t.peer()).result("$/ping"));
      same([about["name"], about["pid"]], [t.host.app, ping?.["pid"]], "name and process");
      const { started, version = null, protocol = 1 } = about;
      if (started !== undefined) {
        const plausible = typeof started === "number" && started > 1e12 && started < 1e14;
        expect(plausible, "milliseconds since 1970 as started", started);
      }
      expect(version === null || typeof version === "string", "a version or null", version);
      same(protocol, 1, "the protocol");
    },
  ],
  [
    "launch",
    "`launch` is `{ type, cmd, cwd }` as in the registry, or `null` if the app cannot be woken.",
    async (t) => {
      const { launch = null } = await description(t);
      if (launch === null) return;
      const { type, cmd, cwd } = asObject(launch) ?? {};
      expect(type === "script" || type === "binary", '"script" or "binary"', launch);
      expect(Array.isArray(cmd) && cmd.length > 0 && typeof cwd === "string", "cmd, cwd", launch);
    },
  ],
  [
    "methods",
    [
      'Each of `methods` is `{ name, kind, params?, description?, schemas?, idempotent?, tool? }` with `kind` `"call"` or `"stream"`.',
      "The methods of the protocol are not listed.",
    ],
    async (t) => {
      for (const { name, kind, params = [] } of methodsOf(await description(t))) {
        expect(kind === "call" || kind === "stream", `"call" or "stream" for ${name}`, kind);
        expect(Array.isArray(params), `names of the params of ${name}`, params);
        expect(!String(name).startsWith("$/"), "no method of the protocol", name);
      }
    },
  ],
  ["params", "`params` are the names in their order.", async (t) => {
    const methods = methodsOf(await description(t));
    const add = methods.find(({ name }) => name === "kit.add");
    if (add === undefined) skip("it does not list kit.add");
    if (add["params"] === undefined) skip("it does not tell the params of kit.add, as it may");
    same(add["params"], ["a", "b"], "the params of kit.add");
  }],
  [
    "topics",
    "an app that has none, or knows of none, may leave the member out.",
    async (t) => {
      const { topics = [] } = await description(t);
      expect(Array.isArray(topics), "a list of topics", topics);
      for (const topic of topics) {
        const { name, retain = false } = asObject(topic) ?? {};
        expect(typeof name === "string" && typeof retain === "boolean", "a topic", topic);
      }
    },
  ],
]);
