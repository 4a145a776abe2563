/**
 * The methods that apps mark as tools, as assistants know tools (Model Context Protocol).
 *
 * @module
 */

import type { AppDescription, JsonSchema, MethodDescription } from "../../../lib/ipc/mod.ts";

/** A JSON Schema of an object, which is all that a tool may take or give. */
export type ObjectSchema = JsonSchema & { readonly type: "object" };

/** One method of one app, as a tool. */
export interface Tool {
  /** What assistants call it. */
  name: string;
  app: string;
  method: string;
  kind: MethodDescription["kind"];
  description: string;
  idempotent: boolean;
  inputSchema: ObjectSchema;
  /** Where the method tells that it gives an object. */
  outputSchema: ObjectSchema | null;
}

/** Longest name that assistants take, and what it may be made of. */
const NAME_MAX = 64;
const NO_NAME = /[^a-zA-Z0-9_-]/g;

/** The tools of these apps, each under a name of its own. */
export function toolsOf(apps: readonly AppDescription[]): Tool[] {
  const tools: Tool[] = [];
  const taken = new Set<string>();
  for (const { name, methods } of apps) {
    if (name === null) continue;
    for (const method of methods) {
      if (method.tool !== true) continue;
      const tool = toolOf(name, method, taken);
      taken.add(tool.name);
      tools.push(tool);
    }
  }
  return tools;
}

function toolOf(app: string, method: MethodDescription, taken: ReadonlySet<string>): Tool {
  const { kind, description = `the method "${method.name}" of "${app}"`, schemas } = method;
  const result = kind === "call" ? schemas?.result : undefined;
  return {
    name: freeName(`${app}_${method.name}`.replaceAll(NO_NAME, "_"), taken),
    app,
    method: method.name,
    kind,
    description: kind === "call" ? description : `${description} (a stream of items)`,
    idempotent: method.idempotent === true,
    inputSchema: inputOf(schemas?.params, method.params),
    outputSchema: result?.["type"] === "object" ? plain(result) : null,
  };
}

/** Two methods may come down to one name, such as "a.b" and "a/b". */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let i = 1;; i++) {
    const suffix = i === 1 ? "" : `_${i}`;
    const name = wanted.slice(0, NAME_MAX - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

function inputOf(schema: JsonSchema | undefined, names: readonly string[] = []): ObjectSchema {
  if (schema !== undefined) return plain(schema);
  return { type: "object", properties: Object.fromEntries(names.map((name) => [name, {}])) };
}

/** Without the draft's name: it is the default of tools, and clients know it under no other. */
function plain({ $schema: _, ...schema }: JsonSchema): ObjectSchema {
  return { ...schema, type: "object" };
}
