import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { type AppDescription, type ContractOf, ErrorCode, RemoteError } from "../../lib/ipc/mod.ts";
import type { TopicsOf } from "../../lib/ipc/mod.ts";
import type { divideContract, levelTopic } from "../support/programs/divide_contract.ts";
import { meshTest, MODE, WINDOWS } from "../support/mesh/mesh.ts";

meshTest("a contract's params are checked where the app runs", async (mesh) => {
  await mesh.register();
  const app = mesh.ipc.connect<ContractOf<{ divide: typeof divideContract }>>("fixture");
  assertEquals(await app.divide({ a: 6, b: 3 }), { quotient: 2 });
  const error = await assertRejects(
    () => mesh.ipc.call("fixture", "divide", { a: 6, b: "3" }),
    RemoteError,
  ) as RemoteError;
  assertEquals(error.code, ErrorCode.InvalidParams);
  assertEquals(error.message, 'Cannot call "divide": params.b: must be a finite number');
  assertEquals(error.data, { issues: [{ path: ["b"], message: "must be a finite number" }] });
  const broken = await assertRejects(() => app.divide({ a: 1, b: 0 }), RemoteError) as RemoteError;
  assertEquals(broken.code, ErrorCode.InternalError);
  assert(broken.message.includes("result.quotient: must be a finite number"), broken.message);
});

meshTest("a contract's topic sends what passes its schema", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  type Level = TopicsOf<{ level: typeof levelTopic }>["level"];
  await using subscription = mesh.ipc.subscribe<Level>("fixture", "level");
  await subscription.ready;
  const values = [{ level: 1 }, { level: "high" }, {}, { level: 2 }];
  await mesh.ipc.call("fixture", "emit", { topic: "level", values });
  for (const level of [1, 2]) assertEquals((await subscription.next()).value, { level });
  const log = await Deno.readTextFile(mesh.ipc.home.logFile("fixture"));
  const problem = 'A value of the topic "level" was not sent: "level" broke its own contract: ' +
    "value.level: must be a finite number";
  assertEquals(log.split(problem).length, 2, log);
});

meshTest(
  "$/describe tells a contract as JSON Schema, and which methods are tools",
  async (mesh) => {
    await mesh.register();
    const { methods } = await mesh.ipc.call<AppDescription>("fixture", "$/describe");
    const divide = methods.find(({ name }) => name === "divide")!;
    assertEquals(divide, {
      name: "divide",
      kind: "call",
      params: ["a", "b"],
      description: "divides a by b",
      schemas: {
        params: {
          type: "object",
          properties: { a: { type: "number" }, b: { type: "number" } },
          required: ["a", "b"],
        },
        result: {
          type: "object",
          properties: { quotient: { type: "number" } },
          required: ["quotient"],
        },
      },
      idempotent: true,
      tool: true,
    });
    const { tool, idempotent } = methods.find(({ name }) => name === "echo")!;
    assertEquals([tool, idempotent], [undefined, undefined]);
  },
);

meshTest("neverliie types writes an interface of the app", async (mesh) => {
  await mesh.register();
  const { code, stdout } = await mesh.neverliie("types", "fixture");
  assertEquals(code, 0);
  assert(stdout.includes("export interface Fixture {\n"), stdout);
  assert(
    stdout.includes(`
  /**
   * divides a by b
   * Idempotent: asked again where its answer was lost.
   */
  divide(params: {
    a: number;
    b: number;
  }): Promise<{
    quotient: number;
  }>;
`),
    stdout,
  );
  assert(stdout.includes("  count(params: { to?: unknown }): AsyncIterable<unknown>;\n"), stdout);
  const json = await mesh.neverliie("types", "fixture", "--json");
  assertEquals(JSON.parse(json.stdout), { name: "fixture", types: stdout });
});

// What was written is TypeScript, and makes connect<T>() refuse what the app would refuse. The
// checker is Deno's own, the same for every system, so it runs once.
if (!WINDOWS && MODE === "script") {
  meshTest("a program with the types that neverliie wrote is checked and runs", async (mesh) => {
    await mesh.register();
    const { stdout: types } = await mesh.neverliie("types", "fixture");
    await Deno.writeTextFile(join(mesh.home, "fixture.d.ts"), types);
    const library = new URL("../../lib/ipc/mod.ts", import.meta.url).href;
    const caller = (params: string) => `
      import { NeverLiieIPC } from "${library}";
      import type { Fixture } from "./fixture.d.ts";
      await using ipc = await NeverLiieIPC.client();
      const { quotient } = await ipc.connect<Fixture>("fixture").divide(${params});
      console.log(quotient.toFixed(1));
    `;
    const right = join(mesh.home, "right.ts");
    const wrong = join(mesh.home, "wrong.ts");
    await Deno.writeTextFile(right, caller("{ a: 7, b: 2 }"));
    await Deno.writeTextFile(wrong, caller('{ a: 7, b: "2" }'));
    const flags = import.meta.resolve("@std/path").startsWith("file:")
      ? [`--import-map=${fromFileUrl(new URL("../../lib/std/import_map.json", import.meta.url))}`]
      : [`--config=${fromFileUrl(new URL("../../deno.json", import.meta.url))}`];
    const check = await mesh.run([Deno.execPath(), "check", ...flags, right, wrong]);
    assertEquals(check.code, 1);
    assert(check.stderr.includes("Type 'string' is not assignable to type 'number'"), check.stderr);
    assertEquals(check.stderr.match(/\bTS\d+/g)?.length, 1, check.stderr);
    const run = await mesh.run([Deno.execPath(), "run", "--no-check", "-A", ...flags, right]);
    assertEquals({ code: run.code, stdout: run.stdout }, { code: 0, stdout: "3.5\n" }, run.stderr);
  });
}
