/**
 * `neverliie mcp` as an assistant's program sees it: the official SDK's client starts it and talks
 * to it over standard input and output.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";

/** What a tool's answer holds, as far as these tests look. */
interface ToolAnswer {
  content: { type: string; text: string }[];
  structuredContent?: unknown;
  isError?: boolean;
}

/** An assistant's client whose server is `neverliie mcp` on this mesh. */
async function assistant(mesh: TestMesh, ...args: string[]): Promise<
  AsyncDisposable & {
    client: Client;
    call(name: string, params?: Record<string, unknown>): Promise<ToolAnswer>;
  }
> {
  const [command, ...rest] = [...suiteCommand("neverliie"), "mcp", ...args];
  const transport = new StdioClientTransport({
    command: command!,
    args: rest,
    env: { ...Deno.env.toObject(), NEVERLIIE_HOME: mesh.home, NO_COLOR: "1" },
    stderr: "inherit",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  return {
    client,
    call: async (name, params = {}) =>
      await client.callTool({ name, arguments: params }) as ToolAnswer,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

meshTest("mcp: the methods that an app marks are tools with schemas, and answer", async (mesh) => {
  await mesh.register();
  await using session = await assistant(mesh, "fixture");
  const { tools } = await session.client.listTools();
  assertEquals(tools.map(({ name }: { name: string }) => name), [
    "fixture_add",
    "fixture_divide",
    "fixture_fail",
    "fixture_hang",
    "fixture_count",
    "fixture_wait_after_one",
  ]);
  const [add, divide, , , count] = tools;
  assertEquals(add!.description, "adds two numbers");
  assertEquals(Object.keys(add!.inputSchema.properties!), ["a", "b"]);
  assertEquals(divide!.inputSchema.required, ["a", "b"]);
  assertEquals(divide!.outputSchema!["properties"], { quotient: { type: "number" } });
  assert(count!.description!.endsWith("(a stream of items)"));
  assertEquals([add!.annotations, divide!.annotations], [undefined, { idempotentHint: true }]);

  // A call answers with text, and with structure where its schema says that it is an object.
  assertEquals(await session.call("fixture_add", { a: 2, b: 3 }), {
    content: [{ type: "text", text: "5" }],
  });
  const { structuredContent } = await session.call("fixture_divide", { a: 1, b: 2 });
  assertEquals(structuredContent, { quotient: 0.5 });
});

meshTest(
  "mcp: what goes wrong in a tool is told to the assistant, and nothing ends",
  async (mesh) => {
    await mesh.register();
    await using session = await assistant(mesh, "fixture");
    const failed = await session.call("fixture_fail");
    assertEquals([failed.isError, failed.content[0]!.text], [true, "it failed: Grüße"]);
    const refused = await session.call("fixture_divide", { a: 1 });
    assertEquals(refused.isError, true);
    assert(refused.content[0]!.text.includes("params.b: must be a finite number"));
    // What is not marked cannot be called, whether it exists or not.
    for (const name of ["fixture_die", "nope"]) {
      const error = await assertRejects(() => session.call(name), McpError) as McpError;
      assertEquals(error.code, ErrorCode.InvalidParams);
    }
    assertEquals((await session.call("fixture_add", { a: 1, b: 1 })).content[0]!.text, "2");
  },
);

meshTest("mcp: a stream answers with its last items", async (mesh) => {
  await mesh.register();
  await using session = await assistant(mesh, "fixture");
  const answer = await session.call("fixture_count", { to: 250 });
  const { count, items } = JSON.parse(answer.content[0]!.text);
  assertEquals(count, 250);
  assertEquals(items, Array.from({ length: 100 }, (_, i) => i + 150));
});

meshTest("mcp: a stream reports its first item at once", async (mesh) => {
  await mesh.register();
  await using session = await assistant(mesh, "fixture");
  const [cancel, told] = [new AbortController(), Promise.withResolvers<unknown>()];
  // The stream goes on: an assistant's library drops progress that comes together with the answer.
  const call = session.client.callTool(
    { name: "fixture_wait_after_one", arguments: { id: "tool" } },
    undefined,
    { signal: cancel.signal, onprogress: told.resolve },
  );
  assertEquals(await Promise.race([told.promise, call]), { progress: 1, message: '"one"' });
  cancel.abort("enough");
  await assertRejects(() => call);
  await mesh.ipc.call("fixture", "happened", { event: "tool ended" }, { timeout: Infinity });
});

meshTest("mcp: an assistant that cancels ends the handler", async (mesh) => {
  await mesh.register();
  await using session = await assistant(mesh, "fixture");
  const cancel = new AbortController();
  const call = session.client.callTool(
    { name: "fixture_hang", arguments: { id: "tool" } },
    undefined,
    { signal: cancel.signal },
  );
  const happened = (event: string) =>
    mesh.ipc.call("fixture", "happened", { event }, { timeout: Infinity });
  await Promise.race([happened("tool started"), call]);
  cancel.abort("enough");
  await assertRejects(() => call);
  assertEquals(await happened("tool aborted"), 1);
});

meshTest(
  "mcp: all registered apps are served unless named, without those that cannot be",
  async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "broken", args: ["crash"] });
    await using session = await assistant(mesh, "--no-activate");
    assertEquals((await session.client.listTools()).tools, []);
    await mesh.ipc.wake("fixture");
    assertEquals((await session.client.listTools()).tools.length, 6);
  },
);

/** What the server writes back on standard output, a line each; the test writes its standard input. */
async function spoken(mesh: TestMesh, lines: (string | Uint8Array)[]) {
  const child = mesh.spawn([...suiteCommand("neverliie"), "mcp", "fixture"], { stdin: "piped" });
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const initialize = {
    ...{ jsonrpc: "2.0", id: "first", method: "initialize" },
    params: {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    },
  };
  for (const line of [JSON.stringify(initialize), ...lines]) {
    await writer.write(typeof line === "string" ? encoder.encode(`${line}\n`) : line);
  }
  // Answered after all before it, but for what takes an app's time.
  await writer.write(encoder.encode('{"jsonrpc":"2.0","id":"last","method":"ping"}\n'));
  // deno-lint-ignore no-explicit-any -- what arrives is looked at by the test
  const answers: any[] = [];
  let rest = "";
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!answers.some(({ id }) => id === "last")) {
    const { value, done } = await output.read();
    assert(!done, "the server ended");
    const whole = (rest + value).split("\n");
    rest = whole.pop()!;
    for (const line of whole) answers.push(JSON.parse(line));
  }
  await writer.close();
  await output.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  const told = stderr.split("\n").filter((line) => line.includes("Cannot take a message"));
  return { answers, told, stderr, code };
}

meshTest("mcp: what cannot be read is answered and told, and the server goes on", async (mesh) => {
  await mesh.register();
  const call = (id: unknown, params: unknown) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params,
  });
  // What is sent, and the id, the code and the words of its answer; null where it has none.
  const cases: [sent: unknown, answer: [id: unknown, code: number, words: string] | null][] = [
    ["{not json", [null, -32700, "no JSON in UTF-8"]],
    [new Uint8Array([0x22, 0xff, 0x22, 0x0a]), [null, -32700, "no JSON in UTF-8"]],
    [[{ jsonrpc: "2.0", id: 2, method: "ping" }], [null, -32600, "batches are not supported"]],
    ["17", [null, -32600, "a message must be an object"]],
    [{ id: 3, method: "ping" }, [3, -32600, "no message of JSON-RPC 2.0"]],
    [{ jsonrpc: "2.0", id: 4, method: 5 }, [4, -32600, "no message of JSON-RPC 2.0"]],
    [{ jsonrpc: "2.0", id: null, method: "ping" }, [null, -32600, "no message of JSON-RPC 2.0"]],
    [{ jsonrpc: "2.0", method: 6 }, [null, -32600, "no message of JSON-RPC 2.0"]],
    [call(7, null), [7, -32602, '"params" must be an object']],
    [call(8, []), [8, -32602, '"params" must be an object']],
    [call(9, {}), [9, -32602, "params.name: "]],
    [call(10, { name: "fixture_add", arguments: 1 }), [10, -32602, "params.arguments: "]],
    [{ jsonrpc: "2.0", id: 11, method: "ping", params: { _meta: 1 } }, [
      11,
      -32602,
      "params._meta: ",
    ]],
    [
      '{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"fixture_add","arguments":' +
      '{"a":9007199254740993}}}',
      [12, -32602, '9007199254740993 at "a" would become 9007199254740992'],
    ],
    // A notification and a response have no answer.
    [{ jsonrpc: "2.0", method: "notifications/cancelled", params: 1 }, null],
    [{ jsonrpc: "2.0", id: 13, result: "no object" }, null],
    [`"${"x".repeat(11 << 20)}"`, [null, -32600, "is over 10 MiB"]],
  ];
  const lines = cases.map(([sent]) =>
    typeof sent === "string" || sent instanceof Uint8Array ? sent : JSON.stringify(sent)
  );
  const { answers, told, stderr, code } = await spoken(mesh, [...lines, "", " \r"]);
  assertEquals(code, 0, stderr);
  const errors = answers.filter(({ error }) => error !== undefined);
  const expected = cases.flatMap(([, answer]) => answer === null ? [] : [answer]);
  assertEquals(
    errors.map(({ id, error }) => [id, error.code]),
    expected.map(([id, code]) => [id, code]),
  );
  for (const [index, [, , words]] of expected.entries()) {
    assertStringIncludes(errors[index]!.error.message, words);
  }
  assertEquals(told.length, cases.length, stderr);
  assertEquals(answers.filter(({ result }) => result !== undefined).map(({ id }) => id), [
    "first",
    "last",
  ]);
  // The SDK's own complaints are told, too.
  const strange = await spoken(mesh, ['{"jsonrpc":"2.0","id":99,"result":{}}']);
  assertStringIncludes(strange.stderr, "unknown message ID");
});
