/**
 * Values of unknown shape.
 *
 * @module
 */

/** A value as an object with string keys, or `null`. */
export function asRecord(value: unknown): { readonly [key: string]: unknown } | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as { readonly [key: string]: unknown }
    : null;
}
