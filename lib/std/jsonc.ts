/**
 * Stand-in for `@std/jsonc`, over the npm package jsonc-parser: only the functions in use.
 *
 * @module
 */
import {
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "npm:jsonc-parser@3.3.1";

/** What a JSON text can hold. */
export type JsonValue =
  | { [key: string]: JsonValue | undefined }
  | JsonValue[]
  | string
  | number
  | boolean
  | null;

/**
 * Reads JSON with comments and trailing commas.
 *
 * @throws {SyntaxError} where the text is anything else, an empty one included
 */
export function parse(text: string): JsonValue {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined) {
    const what = printParseErrorCode(first.error);
    throw new SyntaxError(`Cannot parse JSONC at position ${first.offset}: ${what}`);
  }
  if (tree === undefined) throw new SyntaxError("Unexpected end of JSONC input");
  return valueOf(tree);
}

/** Own properties throughout, so that a "__proto__" in the text is a key like any other. */
function valueOf(node: Node): JsonValue {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return getNodeValue(node);
  const object: { [key: string]: JsonValue } = {};
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    Object.defineProperty(object, key.value, {
      value: valueOf(value),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return object;
}
