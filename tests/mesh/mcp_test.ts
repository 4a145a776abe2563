/**
 * `neverliie mcp` as an assistant's program sees it: the official SDK's client starts it and talks
 * to it over standard input and output.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
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
  ]);
  const [add, divide, , , count] = tools;
  assertEquals(add!.description, "adds two numbers");
  assertEquals(Object.keys(add!.inputSchema.properties!), ["a", "b"]);
  assertEquals(divide!.inputSchema.required, ["a", "b"]);
  assertEquals(divide!.outputSchema!["properties"], { quotient: { type: "number" } });
  assert(count!.description!.endsWith("(a stream of items)"));

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

meshTest("mcp: a stream reports progress, and answers with its last items", async (mesh) => {
  await mesh.register();
  await using session = await assistant(mesh, "fixture");
  const progress: { progress: number; message?: string | undefined }[] = [];
  const answer = await session.client.callTool(
    { name: "fixture_count", arguments: { to: 250 } },
    undefined,
    { onprogress: (step: (typeof progress)[number]) => progress.push(step) },
  ) as ToolAnswer;
  const { count, items } = JSON.parse(answer.content[0]!.text);
  assertEquals(count, 250);
  assertEquals(items, Array.from({ length: 100 }, (_, i) => i + 150));
  // The first item is told at once; how many of the others are depends on time.
  assertEquals([progress[0]!.progress, progress[0]!.message], [1, "0"]);
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
    assertEquals((await session.client.listTools()).tools.length, 5);
  },
);
