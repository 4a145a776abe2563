/**
 * What the language has, and Node 20 has not yet. The package's build names these functions in place
 * of the language's (apps/build/node_module.ts): nobody's globals are changed.
 *
 * @module
 */

/** `Promise.withResolvers`. */
export function withResolvers<T>(): PromiseWithResolvers<T> {
  const made = {} as PromiseWithResolvers<T>;
  made.promise = new Promise<T>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** `Promise.try`. */
// deno-lint-ignore require-await -- what it throws is to reject
export async function promiseTry<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}

/** `Set.prototype.difference`. */
export function difference<T>(of: ReadonlySet<T>, without: ReadonlySet<T>): Set<T> {
  return new Set([...of].filter((one) => !without.has(one)));
}

/** `Uint8Array.prototype.toHex`. */
export function toHex(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("hex");
}

/** `Uint8Array.prototype.toBase64`. */
export function toBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64");
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
