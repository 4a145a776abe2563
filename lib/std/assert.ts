/**
 * Stand-in for `@std/assert`: only the functions in use.
 *
 * @module
 */
import { difference, equal, show } from "./equal.ts";

/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

// deno-lint-ignore no-explicit-any -- any constructor is meant, whatever it takes
type Constructor<T> = abstract new (...args: any[]) => T;

function failure(message: string, note: string | undefined): AssertionError {
  return new AssertionError(note === undefined ? message : `${message}: ${note}`);
}

/** Fails unless the expression is truthy. */
export function assert(expression: unknown, message = ""): asserts expression {
  if (!expression) throw new AssertionError(message);
}

/** Fails. */
export function fail(message?: string): never {
  throw failure("Failed assertion", message);
}

/** Fails where a program should never come. */
export function unreachable(reason?: string): never {
  throw failure("Unreachable", reason);
}

/** Fails unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (equal(actual, expected)) return;
  throw failure(`Values are not equal`, `${message ?? ""}\n${difference(actual, expected)}\n`);
}

/** Fails where both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  if (!equal(actual, expected)) return;
  throw failure(`Expected a value that does not equal ${show(expected)}`, message);
}

/** Fails unless both are the same, by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const why = equal(actual, expected)
    ? `Values have the same structure but are not the same`
    : `Values are not the same`;
  throw failure(why, `${message ?? ""}\n${difference(actual, expected)}\n`);
}

/** Fails where the value is null or undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw failure(`Expected a value that is not null or undefined, got ${actual}`, message);
}

/** Fails unless the text holds the other one. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (actual.includes(expected)) return;
  throw failure(`Expected ${show(actual)} to contain ${show(expected)}`, message);
}

/** Fails unless the pattern is found in the text. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (expected.test(actual)) return;
  throw failure(`Expected ${show(actual)} to match ${expected}`, message);
}

/** Fails unless every expected value deeply equals one in the list. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
): void {
  const found = Array.from(actual);
  const missing = Array.from(expected).filter((one) => !found.some((other) => equal(one, other)));
  if (missing.length === 0) return;
  throw failure(`Expected ${show(found)} to include ${show(missing)}`, message);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expected: Constructor<T>,
  message?: string,
): asserts actual is T {
  if (actual instanceof expected) return;
  throw failure(`Expected an instance of "${expected.name}", got ${show(actual)}`, message);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  if (actual > expected) return;
  throw failure(`Expected ${show(actual)} > ${show(expected)}`, message);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (actual >= expected) return;
  throw failure(`Expected ${show(actual)} >= ${show(expected)}`, message);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (actual < expected) return;
  throw failure(`Expected ${show(actual)} < ${show(expected)}`, message);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (actual <= expected) return;
  throw failure(`Expected ${show(actual)} <= ${show(expected)}`, message);
}

/** Fails unless the function throws, and unless the class and a part of the message fit. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  messageIncludes?: string,
  message?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMessage?: Constructor<Error> | string,
  includesOrMessage?: string,
  message?: string,
): unknown {
  const wanted = expectation(classOrMessage, includesOrMessage, message);
  try {
    fn();
  } catch (error) {
    checkError(error, wanted);
    return error;
  }
  throw failure("Expected function to throw", wanted.note);
}

/** Fails unless the promise rejects, and unless the class and a part of the message fit. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMessage?: Constructor<Error> | string,
  includesOrMessage?: string,
  message?: string,
): Promise<unknown> {
  const wanted = expectation(classOrMessage, includesOrMessage, message);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    const what = `Function throws when expected to reject: ${show(error)}`;
    throw new AssertionError(wanted.note === undefined ? what : `${what}: ${wanted.note}`, {
      cause: error,
    });
  }
  if (typeof promise?.then !== "function") {
    throw failure("Function returns no promise when expected to reject", wanted.note);
  }
  try {
    await promise;
  } catch (error) {
    checkError(error, wanted);
    return error;
  }
  throw failure("Expected function to reject", wanted.note);
}

interface Expectation {
  errorClass: Constructor<Error> | undefined;
  includes: string | undefined;
  note: string | undefined;
}

function expectation(
  classOrMessage: Constructor<Error> | string | undefined,
  includesOrMessage: string | undefined,
  message: string | undefined,
): Expectation {
  return typeof classOrMessage === "string"
    ? { errorClass: undefined, includes: undefined, note: classOrMessage }
    : { errorClass: classOrMessage, includes: includesOrMessage, note: message };
}

function checkError(error: unknown, { errorClass, includes, note }: Expectation): void {
  if (errorClass === undefined) return;
  if (!(error instanceof Error)) {
    throw failure(`Expected an Error, got ${show(error)}`, note);
  }
  const { message } = error;
  if (!(error instanceof errorClass)) {
    const got = (error as Error).constructor.name;
    throw new AssertionError(
      `Expected an error of class "${errorClass.name}", got "${got}" (${message})` +
        (note === undefined ? "" : `: ${note}`),
      { cause: error },
    );
  }
  if (includes !== undefined && !message.includes(includes)) {
    const what = `Expected the error's message to include ${show(includes)}`;
    throw failure(`${what}, got ${show(message)}`, note);
  }
}
