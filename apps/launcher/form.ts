/** Parameters as a person types them. */
import { InexactNumberError, parseExactly } from "../../lib/config/exact_numbers.ts";
import type { EntryParam } from "./contract.ts";

/**
 * The params that the texts give, one text for each parameter; an empty one is left out. By the
 * parameter's type where it has one; otherwise what reads as JSON is JSON, and all else a string.
 *
 * @throws {TypeError} that names the parameter, for a person to mend.
 */
export function paramsFrom(
  params: readonly EntryParam[],
  texts: readonly string[],
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [index, param] of params.entries()) {
    const text = texts[index] ?? "";
    if (text !== "") given[param.name] = valueOf(param, text);
    else if (param.required) throw new TypeError(`${param.name} must be given`);
  }
  return given;
}

function valueOf({ name, type }: EntryParam, text: string): unknown {
  if (type === "string") return text;
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (error) {
    if (error instanceof InexactNumberError) throw new TypeError(`${name}: ${error.message}`);
    if (type === undefined) return text;
    throw new TypeError(`${name} must be ${type === "array" ? "an array" : `a ${type}`}, in JSON`);
  }
  if (type === undefined) return value;
  const is = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const fits = is === type || (type === "integer" && Number.isInteger(value));
  if (!fits) throw new TypeError(`${name} must be of type ${type}, this is of type ${is}`);
  return value;
}
