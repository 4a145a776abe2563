/**
 * JSON Schema as TypeScript types: the keywords that schema libraries write for data. A keyword
 * that types cannot say (a length, a pattern) is left out; a schema that is not understood is
 * `unknown`.
 *
 * @module
 */

import type { JsonSchema } from "../../../lib/ipc/mod.ts";
import { jsonText } from "../../output.ts";

/** Schemas in schemas, as far as types are written of them: no person reads on. */
const DEPTH_MAX = 100;

/** Writes types; what schemas refer to by name becomes a type of its own in {@link named}. */
export class TypeWriter {
  /** Declarations of the named types so far. */
  readonly named: string[] = [];
  readonly #taken = new Set<string>();

  /**
   * The type of a schema.
   *
   * @param name what types that it refers to are named after
   * @param indent of the line that the type stands in
   */
  write(schema: JsonSchema, name: string, indent = ""): string {
    return new Document(schema, name, this).type(schema, indent);
  }

  /** Declares a type under `wanted` or a name like it, which `body` may refer to. */
  declare(wanted: string, body: () => string, doc: string | undefined, named: Named): void {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
    this.#taken.add(name);
    named(name);
    this.named.push(`${comment(doc, "")}export type ${name} = ${body()};\n`);
  }
}

/** Told the name before the body is written: a type may refer to itself. */
type Named = (name: string) => void;

/** One schema document: the place that its `$ref`s refer to. */
class Document {
  readonly #root: JsonSchema;
  readonly #name: string;
  readonly #writer: TypeWriter;
  readonly #references = new Map<string, string>();
  /** Types that need brackets where they are a part of another one. */
  readonly #composite = new Set<string>();
  #depth = 0;

  constructor(root: JsonSchema, name: string, writer: TypeWriter) {
    this.#root = root;
    this.#name = name;
    this.#writer = writer;
  }

  type(schema: unknown, indent: string): string {
    if (schema === false) return "never";
    if (!isSchema(schema) || this.#depth > DEPTH_MAX) return "unknown";
    this.#depth++;
    const parts = [
      ...this.#values(schema),
      ...this.#combined(schema, indent),
      ...this.#typed(schema, indent),
    ];
    this.#depth--;
    return parts.length === 0 ? "unknown" : this.#join(parts, " & ");
  }

  #join(types: readonly string[], operator: string): string {
    if (types.length === 1) return types[0]!;
    const type = types.map((one) => this.#bracketed(one)).join(operator);
    this.#composite.add(type);
    return type;
  }

  #bracketed(type: string): string {
    return this.#composite.has(type) ? `(${type})` : type;
  }

  #union(types: readonly string[]): string {
    const distinct = [...new Set(types)];
    if (distinct.includes("unknown")) return "unknown";
    const some = distinct.filter((type) => type !== "never");
    return some.length === 0 ? "never" : this.#join(some, " | ");
  }

  #values(schema: JsonSchema): string[] {
    if ("const" in schema) return [literal(schema["const"])];
    return Array.isArray(schema["enum"]) ? [this.#union(schema["enum"].map(literal))] : [];
  }

  #combined(schema: JsonSchema, indent: string): string[] {
    const parts: string[] = [];
    if (typeof schema["$ref"] === "string") parts.push(this.#reference(schema["$ref"]));
    for (const keyword of ["anyOf", "oneOf"]) {
      const all = schema[keyword];
      if (Array.isArray(all)) parts.push(this.#union(all.map((one) => this.type(one, indent))));
    }
    const all = schema["allOf"];
    if (Array.isArray(all)) { for (const one of all) parts.push(this.type(one, indent)); }
    return parts;
  }

  #typed(schema: JsonSchema, indent: string): string[] {
    if ("const" in schema || Array.isArray(schema["enum"])) return [];
    const { type } = schema;
    const known = Array.isArray(type) ? type : type === undefined ? guess(schema) : [type];
    return known.length === 0
      ? []
      : [this.#union(known.map((one) => this.#ofType(one, schema, indent)))];
  }

  #ofType(type: unknown, schema: JsonSchema, indent: string): string {
    switch (type) {
      case "string":
      case "boolean":
      case "null":
        return type;
      case "number":
      case "integer":
        return "number";
      case "array":
        return this.#list(schema, indent);
      case "object":
        return this.#object(schema, indent);
      default:
        return "unknown";
    }
  }

  #list(schema: JsonSchema, indent: string): string {
    // Draft 07 says a tuple by a list of items.
    const { prefixItems, items, additionalItems, minItems } = schema;
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : null;
    const rest = Array.isArray(items) ? additionalItems : items;
    if (tuple === null) return `${this.#bracketed(this.type(items, indent))}[]`;
    const needed = typeof minItems === "number" ? minItems : tuple.length;
    const members = tuple.map((one, i) =>
      i < needed ? this.type(one, indent) : `${this.#bracketed(this.type(one, indent))}?`
    );
    if (rest !== false && rest !== undefined) {
      members.push(`...${this.#bracketed(this.type(rest, indent))}[]`);
    }
    return `[${members.join(", ")}]`;
  }

  #object(schema: JsonSchema, indent: string): string {
    const { properties, additionalProperties, required } = schema;
    const members = isSchema(properties) ? Object.entries(properties) : [];
    const needed = new Set(Array.isArray(required) ? required : []);
    const inner = `${indent}  `;
    const lines = members.map(([key, one]) => {
      const doc = isSchema(one) ? comment(one["description"], inner) : "";
      const mark = needed.has(key) ? "" : "?";
      return `${doc}${inner}${keyOf(key)}${mark}: ${this.type(one, inner)};\n`;
    });
    const open = isSchema(additionalProperties) || additionalProperties === true;
    const other = open ? `Record<string, ${this.type(additionalProperties, indent)}>` : null;
    if (lines.length === 0) return other ?? "Record<string, unknown>";
    const body = `{\n${lines.join("")}${indent}}`;
    // Members of any other name may be of any type; an index signature would loosen those above.
    return other === null || additionalProperties === true
      ? body
      : this.#join([body, other], " & ");
  }

  /** `#`, `#/$defs/Node` and the like, as the name of a type. */
  #reference(pointer: string): string {
    const known = this.#references.get(pointer);
    if (known !== undefined) return known;
    const target = resolve(this.#root, pointer);
    if (!isSchema(target)) return "unknown";
    const last = pointer === "#" ? "" : pascal(pointer.slice(pointer.lastIndexOf("/") + 1));
    this.#writer.declare(
      this.#name + last,
      () => this.type(target, ""),
      typeof target["description"] === "string" ? target["description"] : undefined,
      (name) => this.#references.set(pointer, name),
    );
    return this.#references.get(pointer)!;
  }
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a schema without `type` is about. */
function guess(schema: JsonSchema): string[] {
  if ("properties" in schema || "additionalProperties" in schema) return ["object"];
  return "items" in schema || "prefixItems" in schema ? ["array"] : [];
}

/** What a JSON pointer leads to. */
function resolve(root: JsonSchema, pointer: string): unknown {
  if (!/^#(\/|$)/.test(pointer)) return undefined;
  return pointer.split("/").slice(1).reduce<unknown>((at, part) => {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    return isSchema(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined;
  }, root);
}

function literal(value: unknown): string {
  return typeof value === "object" && value !== null ? "unknown" : jsonText(value);
}

/** A name as the key of a member. */
export function keyOf(name: string): string {
  return /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : jsonText(name);
}

/** A name as the name of a type: `get_stats` is `GetStats`. */
export function pascal(name: string): string {
  const words = name.split(/[^\p{L}\d]+/u).filter((word) => word !== "");
  const text = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^\p{L}/u.test(text) ? text : `_${text}`;
}

/** A doc comment on lines of their own; nothing for no text. */
export function comment(text: unknown, indent: string): string {
  if (typeof text !== "string" || text.trim() === "") return "";
  const lines = text.trim().replaceAll("*/", "*\\/").split(/\r?\n/);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd() + "\n").join("")}` +
    `${indent} */\n`;
}
