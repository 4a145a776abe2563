/**
 * Checks what goes into a handler and what comes out of it by the schemas it was exposed with.
 *
 * @module
 */

import { ErrorCode, RemoteError } from "../wire/errors.ts";
import type { Handler } from "./handler.ts";
import { isThenable, iteratorOf, stepOf } from "../base/handler_result.ts";
import type { SchemaIssue, StandardSchema } from "./standard_schema.ts";

/** Issues that are told: one wrong schema finds as many as there are values. */
const ISSUES_MAX = 100;

/** The schemas of one method. */
export interface MethodSchemas {
  params?: StandardSchema | undefined;
  result?: StandardSchema | undefined;
  item?: StandardSchema | undefined;
}

/** One thing that is wrong, as `data.issues` of the error tells it. */
export interface ValidationIssue {
  /** Keys and indices that lead to it; empty for the value itself. */
  path: (string | number)[];
  /** What is wrong, for people. */
  message: string;
}

/**
 * The handler, which then gets only params that pass and answers only what passes. Params that do
 * not are error -32602, an answer that does not is -32603: that is the app's own fault. Both list
 * {@link ValidationIssue}s in `data.issues`.
 */
export function validated(handler: Handler, { params, result, item }: MethodSchemas): Handler {
  return (given, context) => {
    const { method } = context;
    const answer = (value: unknown): unknown => {
      const answered = handler(value, context);
      if (result === undefined && item === undefined) return answered;
      return after(answered, (what) => {
        const iterator = iteratorOf(what);
        if (result !== undefined) {
          if (iterator !== null) throw broken(method, 'it streams, but declares "result"');
          return check(result, what, (issues) => broken(method, said("result", issues), issues));
        }
        if (iterator === null) throw broken(method, 'it declares "item", but does not stream');
        return checkedItems(iterator, item!, method);
      });
    };
    if (params === undefined) return answer(given);
    return after(check(params, given, (issues) => refused(method, issues)), answer);
  };
}

/**
 * What a topic emits, as its schema gives it back.
 *
 * @throws {RemoteError} for what does not pass, and for a schema that answers later: values are sent
 * in the order of emitting.
 */
export function checkedEmission(topic: string, schema: StandardSchema, value: unknown): unknown {
  const fail = (issues: ValidationIssue[]) => broken(topic, said("value", issues), issues);
  const checked = check(schema, value, fail);
  if (!isThenable(checked)) return checked;
  // (What it comes to is of no use any more.)
  checked.then(() => {}, () => {});
  throw broken(topic, "its schema answers later, and a topic needs one that answers at once");
}

/** The value as the schema gives it back. @throws what `fail` makes of the issues. */
function check(
  schema: StandardSchema,
  value: unknown,
  fail: (issues: ValidationIssue[]) => Error,
): unknown {
  return after(schema["~standard"].validate(value), (outcome) => {
    if (outcome.issues !== undefined) {
      // (Lists of issues may be classes of their own, whose methods make no plain list.)
      throw fail(Array.from(outcome.issues).slice(0, ISSUES_MAX).map(plain));
    }
    return outcome.value;
  });
}

function checkedItems(
  items: AsyncIterator<unknown> | Iterator<unknown>,
  schema: StandardSchema,
  method: string,
): AsyncIterableIterator<unknown> {
  const fail = (issues: ValidationIssue[]) => broken(method, said("item", issues), issues);
  return {
    async next() {
      const step = stepOf(await items.next());
      if (step.done) return { value: undefined, done: true };
      return { value: await check(schema, step.value, fail), done: false };
    },
    async return() {
      await items.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function refused(method: string, issues: ValidationIssue[]): RemoteError {
  const message = `Cannot call "${method}": ${said("params", issues)}`;
  return new RemoteError(message, ErrorCode.InvalidParams, { issues });
}

function broken(method: string, why: string, issues: ValidationIssue[] = []): RemoteError {
  const message = `"${method}" broke its own contract: ${why}`;
  return new RemoteError(message, ErrorCode.InternalError, { issues });
}

/** Issues in one line: `params.items[2].name: must be a string; …`. */
function said(root: string, issues: readonly ValidationIssue[]): string {
  const where = (path: ValidationIssue["path"]) =>
    path.reduce<string>((text, key) => {
      if (typeof key === "number") return `${text}[${key}]`;
      return /^[\p{L}_$][\p{L}\d_$]*$/u.test(key)
        ? `${text}.${key}`
        : `${text}[${JSON.stringify(key)}]`;
    }, root);
  return issues.map(({ path, message }) => `${where(path)}: ${message}`).join("; ");
}

/** An issue as it travels: paths of keys alone. */
function plain({ message, path = [] }: SchemaIssue): ValidationIssue {
  const keys = Array.from(path, (part) => typeof part === "object" ? part.key : part);
  return { path: keys.map((key) => typeof key === "number" ? key : String(key)), message };
}

/** `next` with the value, at once where it is there already: most validators do not wait. */
function after<T, R>(value: T | PromiseLike<T>, next: (value: T) => R): R | Promise<Awaited<R>> {
  return isThenable(value) ? Promise.resolve(value).then(next) as Promise<Awaited<R>> : next(value);
}
