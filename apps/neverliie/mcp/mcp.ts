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
  type ListToolsResult,
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
type Progress = (count: number, item: unknown) => Promise<void>;

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

/**
 * Serves until standard input ends, nobody reads the answers any more, or the signal fires.
 *
 * @throws {Error} where an answer could not be written
 */
export async function serveTools(ipc: NeverLiieIPC, options: ToolServerOptions): Promise<void> {
  const { signal } = options;
  const server = new Server(
    { name: "neverliie", version: String(PROTOCOL_VERSION) },
    { capabilities: { tools: {} } },
  );
  const tools = new Tools(ipc, options);
  server.setRequestHandler(ListToolsRequestSchema, () => tools.list());
  server.setRequestHandler(
    CallToolRequestSchema,
    ({ params }: CallToolRequest, extra: Extra) => tools.call(params, extra),
  );

  const closed = Promise.withResolvers<void>();
  const end = () => closed.resolve();
  server.onclose = end;
  server.onerror = (error: Error) => tell(`neverliie: ${error.message}`);
  signal.addEventListener("abort", end, { once: true });
  const transport = new StdioTransport();
  await server.connect(transport);
  await closed.promise;
  await server.close();
  if (transport.unwritten !== null) throw transport.unwritten;
  signal.throwIfAborted();
}

/** The tools that there are, and using them. */
class Tools {
  readonly #ipc: NeverLiieIPC;
  readonly #options: ToolServerOptions;
  #known: ReadonlyMap<string, Tool> | null = null;

  constructor(ipc: NeverLiieIPC, options: ToolServerOptions) {
    this.#ipc = ipc;
    this.#options = options;
  }

  /** What an assistant is told. */
  async list(): Promise<ListToolsResult> {
    return {
      tools: [...(await this.#look()).values()].map((
        { name, description, idempotent, inputSchema, outputSchema },
      ) => ({
        name,
        description,
        inputSchema,
        ...(idempotent ? { annotations: { idempotentHint: true } } : {}),
        ...(outputSchema === null ? {} : { outputSchema }),
      })),
    };
  }

  async call(params: CallToolRequest["params"], extra: Extra): Promise<CallToolResult> {
    // An app may have come since the tools were listed, or they were never listed.
    const tool = this.#known?.get(params.name) ?? (await this.#look()).get(params.name);
    if (tool === undefined) {
      throw new McpError(ErrorCode.InvalidParams, `There is no tool "${params.name}"`);
    }
    const ended = AbortSignal.any([extra.signal, this.#options.signal]);
    try {
      return tool.kind === "call"
        ? await call(this.#ipc, tool, params.arguments, ended, this.#options)
        : await stream(this.#ipc, tool, params.arguments, ended, this.#options, progressTo(extra));
    } catch (error) {
      if (ended.aborted) throw error;
      // The assistant reads what was wrong, and may mend it.
      const text = error instanceof Error ? error.message : String(error);
      return { content: [{ type: "text", text }], isError: true };
    }
  }

  async #look(): Promise<ReadonlyMap<string, Tool>> {
    const found = toolsOf(await describeApps(this.#ipc, this.#options));
    return this.#known = new Map(found.map((tool) => [tool.name, tool]));
  }
}

/** Notifies who made a request of its progress, where that was asked for. */
function progressTo({ _meta, sendNotification }: Extra): Progress {
  const { progressToken } = _meta ?? {};
  return async (count, item) => {
    if (progressToken === undefined) return;
    const message = JSON.stringify(item).slice(0, PROGRESS_TEXT_MAX);
    await sendNotification({
      method: "notifications/progress",
      params: { progressToken, progress: count, message },
    });
  };
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
  progress: Progress,
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
