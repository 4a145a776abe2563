/**
 * What becomes of a failed call of the system on Linux and macOS. Deno gives its error in the
 * system's words; what was tried, and on what, is said here.
 *
 * @module
 */

/**
 * The error of a failed call with what was tried before it; of the same class.
 *
 * @param action what was tried, on what: `Cannot open "…"`
 */
export function systemError(action: string, error: unknown): Error {
  const { message, constructor } = error as Error;
  return new (constructor as ErrorConstructor)(`${action}: ${message}`, { cause: error });
}

/** Whether the error says that the other end of a connection is gone. */
export function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/** What `work` gives; `null` where there is nothing to do it on. */
export function ifThere<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
