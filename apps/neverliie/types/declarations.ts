/**
 * An app's methods as TypeScript declarations, from what it says of itself.
 *
 * @module
 */

import type {
  AppDescription,
  JsonSchema,
  MethodDescription,
  TopicDescription,
} from "../../../lib/ipc/mod.ts";
import { comment, keyOf, pascal, TypeWriter } from "./schema_types.ts";

/**
 * A module that declares the app's interface, for `connect<T>()`, and the values of its topics, for
 * `subscribe<T>()`. What the app gives no schema for is `unknown`.
 */
export function declarations({ name, version, methods, topics }: AppDescription): string {
  const app = name ?? "app";
  const writer = new TypeWriter();
  const members = methods.map((method) => member(method, writer));
  // (An app in another language, or of an older version, tells none.)
  const values = (topics ?? []).map((topic) => topicMember(topic, writer));
  const told = version === null ? "" : ` ${version}`;
  const parts = [
    `// Made by "neverliie types ${app}" from what the app says of itself.\n`,
    ...writer.named,
    `${comment(`The methods of the app "${app}"${told}.`, "")}` +
    `export interface ${pascal(app)} {\n${members.join("")}}\n`,
  ];
  if (values.length > 0) {
    const [what, type] = [`What the topics of "${app}" tell.`, `${pascal(app)}Topics`];
    parts.push(`${comment(what, "")}export interface ${type} {\n${values.join("")}}\n`);
  }
  return parts.join("\n");
}

function topicMember({ name, description, schemas }: TopicDescription, writer: TypeWriter): string {
  const item = schemas?.item;
  const type = item === undefined ? "unknown" : writer.write(item, `${pascal(name)}Value`, "  ");
  return `${comment(description, "  ")}  ${keyOf(name)}: ${type};\n`;
}

function member(method: MethodDescription, writer: TypeWriter): string {
  const { name, kind, description, idempotent, schemas } = method;
  const type = (part: "params" | "result" | "item", schema: JsonSchema | undefined) =>
    schema === undefined ? "unknown" : writer.write(schema, pascal(name) + pascal(part), "  ");
  const answer = kind === "stream"
    ? `AsyncIterable<${type("item", schemas?.item)}>`
    : `Promise<${type("result", schemas?.result)}>`;
  const params = paramsOf(method, () => type("params", schemas?.params));
  const again = idempotent === true ? "Idempotent: asked again where its answer was lost." : "";
  const told = [description ?? "", again].filter((text) => text !== "").join("\n");
  return `${comment(told, "  ")}  ${keyOf(name)}(${params}): ${answer};\n`;
}

function paramsOf({ params, schemas }: MethodDescription, write: () => string): string {
  if (schemas?.params !== undefined) {
    const { required } = schemas.params;
    const needed = Array.isArray(required) && required.length > 0;
    return `params${needed || schemas.params["type"] !== "object" ? "" : "?"}: ${write()}`;
  }
  if (params === undefined) return "params?: Record<string, unknown>";
  if (params.length === 0) return "";
  return `params: { ${params.map((name) => `${keyOf(name)}?: unknown`).join("; ")} }`;
}
