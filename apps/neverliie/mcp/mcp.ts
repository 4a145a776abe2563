/**
 * `neverliie mcp`: the mesh as a server of the Model Context Protocol (MCP), over standard input
 * and output. What apps mark as tools can be called; nothing else can.
 *
 * @module
 */

import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import {
  type AppDescription,
  type NeverLiieIPC,
  PROTOCOL_VERSION,
  TargetNotRunningError,
} from "../../../lib/ipc/mod.ts";
import { tell } from "../../output.ts";
import { StdioTransport } from "./stdio.ts";
import { type Tool, toolsOf } from "./tools.ts";

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** The answer to a stream has its last items, at most so many. */
const ITEMS_MAX = 100;
/** Milliseconds between two progress notifications of one stream, the first one apart. */
const PROGRESS_PAUSE = 100;
/** Longest text of a progress notification, in characters. */
const PROGRESS_TEXT_MAX = 500;
/** Milliseconds an app has to describe itself once it runs. */
const DESCRIBE_TIMEOUT = 10_000;

/** What is served. */
export interface ToolServerOptions {
  /** The apps; every registered one where this is empty. */
  apps: readonly string[];
  /** Whether apps that sleep are started. */
  activate: boolean;
  /** Ends the server. */
  signal: AbortSignal;
}

/** Serves until standard input ends or the signal fires. */
export async function serveTools(ipc: NeverLiieIPC, options: ToolServerOptions): Promise<void> {
  const { signal } = options;
  const server = new Server(
    { name: "neverliie", version: String(PROTOCOL_VERSION) },
    { capabilities: { tools: {} } },
  );
  let tools: ReadonlyMap<string, Tool> | null = null;
  const list = async () => {
    const found = toolsOf(await describeApps(ipc, options));
    return tools = new Map(found.map((tool) => [tool.name, tool]));
  };

  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: [...(await list()).values()].map((
      { name, description, inputSchema, outputSchema },
    ) => ({
      name,
      description,
      inputSchema,
      ...(outputSchema === null ? {} : { outputSchema }),
    })),
  }));

  server.setRequestHandler(
    CallToolRequestSchema,
    async ({ params }: CallToolRequest, extra: Extra) => {
      // An app may have come since the tools were listed, or they were never listed.
      const tool = tools?.get(params.name) ?? (await list()).get(params.name);
      if (tool === undefined) {
        throw new McpError(ErrorCode.InvalidParams, `There is no tool "${params.name}"`);
      }
      const { progressToken } = extra._meta ?? {};
      const progress = async (count: number, item: unknown) => {
        if (progressToken === undefined) return;
        const message = JSON.stringify(item).slice(0, PROGRESS_TEXT_MAX);
        await extra.sendNotification({
          method: "notifications/progress",
          params: { progressToken, progress: count, message },
        });
      };
      const ended = AbortSignal.any([extra.signal, signal]);
      try {
        return tool.kind === "call"
          ? await call(ipc, tool, params.arguments, ended, options)
          : await stream(ipc, tool, params.arguments, ended, options, progress);
      } catch (error) {
        if (ended.aborted) throw error;
        // The assistant reads what was wrong, and may mend it.
        const text = error instanceof Error ? error.message : String(error);
        return { content: [{ type: "text", text }], isError: true };
      }
    },
  );

  const closed = Promise.withResolvers<void>();
  const end = () => closed.resolve();
  server.onclose = end;
  server.onerror = (error: Error) => tell(`neverliie: ${error.message}`);
  signal.addEventListener("abort", end, { once: true });
  await server.connect(new StdioTransport());
  await closed.promise;
  await server.close();
  signal.throwIfAborted();
}

/** What the apps say of themselves. One that says nothing is named on standard error. */
async function describeApps(
  ipc: NeverLiieIPC,
  { apps, activate, signal }: ToolServerOptions,
): Promise<AppDescription[]> {
  const names = apps.length > 0 ? apps : [...(await ipc.registry.read()).apps.keys()].sort();
  const described = await Promise.all(names.map(async (name) => {
    try {
      const options = { activate, timeout: DESCRIBE_TIMEOUT, signal };
      return await ipc.call<AppDescription>(name, "$/describe", {}, options);
    } catch (error) {
      signal.throwIfAborted();
      // Asked for everything that runs, what does not run is no surprise.
      if (apps.length === 0 && error instanceof TargetNotRunningError) return null;
      tell(`neverliie: the tools of "${name}" are left out: ${(error as Error).message}`);
      return null;
    }
  }));
  return described.filter((app) => app !== null);
}

/** (The assistant's own patience is the limit, by its signal.) */
async function call(
  ipc: NeverLiieIPC,
  { app, method, outputSchema }: Tool,
  params: Record<string, unknown> = {},
  signal: AbortSignal,
  { activate }: ToolServerOptions,
): Promise<CallToolResult> {
  const result = await ipc.call(app, method, params, { signal, activate, timeout: Infinity });
  const text = typeof result === "string" ? result : JSON.stringify(result);
  return {
    content: [{ type: "text", text }],
    ...(outputSchema === null ? {} : { structuredContent: result as Record<string, unknown> }),
  };
}

async function stream(
  ipc: NeverLiieIPC,
  { app, method }: Tool,
  params: Record<string, unknown> = {},
  signal: AbortSignal,
  { activate }: ToolServerOptions,
  progress: (count: number, item: unknown) => Promise<void>,
): Promise<CallToolResult> {
  const items: unknown[] = [];
  let count = 0;
  let told = -Infinity;
  for await (
    const item of ipc.stream(app, method, params, { signal, activate, timeout: Infinity })
  ) {
    items.push(item);
    if (items.length > ITEMS_MAX) items.shift();
    count++;
    if (performance.now() - told >= PROGRESS_PAUSE) {
      await progress(count, item);
      told = performance.now();
    }
  }
  return { content: [{ type: "text", text: JSON.stringify({ count, items }) }] };
}
