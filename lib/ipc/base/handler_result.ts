/**
 * What a handler may give back: a value, a promise of one, or a stream of items.
 *
 * @module
 */

/** Whether a value is a promise: the result of a handler, say, that is still to come. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}

/** The iterator of a handler's result where that is a stream: a generator or an async iterable. */
export function iteratorOf(result: unknown): AsyncIterator<unknown> | Iterator<unknown> | null {
  if (typeof result !== "object" || result === null) return null;
  const candidate = result as Partial<AsyncIterable<unknown> & IterableIterator<unknown>>;
  if (typeof candidate[Symbol.asyncIterator] === "function") {
    return candidate[Symbol.asyncIterator]!();
  }
  // An array or a Map is a value; a generator, which is its own iterator, is a stream.
  if (typeof candidate.next === "function" && typeof candidate[Symbol.iterator] === "function") {
    return candidate[Symbol.iterator]!();
  }
  return null;
}

/**
 * What an iterator's `next()` gave, as `for await` takes it: where that is no object, the stream
 * would never end.
 *
 * @throws {TypeError} on anything else
 */
export function stepOf(given: unknown): IteratorResult<unknown> {
  if (Object(given) === given) return given as IteratorResult<unknown>;
  throw new TypeError(`the iterator's next() gave ${String(given)}, not {value, done}`);
}

/**
 * Tells a handler's iterator that no more items are wanted. A generator hears of that after its
 * unfinished `next()`, which the handler's signal is to end. Errors of the handler's clean-up are
 * dropped: its caller has left.
 */
export async function endEarly(iterator: AsyncIterator<unknown> | Iterator<unknown>) {
  await Promise.try(() => iterator.return?.()).catch(ignoreAfterEnd);
}

/** A stream is over for its caller; a late failure of the handler's clean-up has nobody to tell. */
function ignoreAfterEnd(): void {}
