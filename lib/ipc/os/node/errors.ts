/**
 * The errors of the system as Deno's classes, which the library asks for, made of Node's.
 *
 * @module
 */

import { getSystemErrorMap } from "node:util";

/** The classes, and by which of Node's codes an error is one of them. */
const CODES = {
  NotFound: ["ENOENT"],
  PermissionDenied: ["EACCES", "EPERM"],
  NotCapable: [],
  AlreadyExists: ["EEXIST"],
  NotADirectory: ["ENOTDIR"],
  IsADirectory: ["EISDIR"],
  FilesystemLoop: ["ELOOP"],
  AddrInUse: ["EADDRINUSE"],
  ConnectionRefused: ["ECONNREFUSED"],
  ConnectionReset: ["ECONNRESET"],
  BrokenPipe: ["EPIPE"],
  BadResource: ["EBADF", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END", "ERR_SOCKET_CLOSED"],
  Interrupted: ["EINTR", "ECANCELED"],
  WouldBlock: ["EAGAIN"],
  TimedOut: ["ETIMEDOUT"],
  NotSupported: ["ENOSYS", "ENOTSUP"],
} as const;

type ErrorName = keyof typeof CODES;

function classNamed(name: ErrorName): ErrorConstructor {
  const made = class extends Error {
    override readonly name = name;
  };
  Object.defineProperty(made, "name", { value: name });
  return made as unknown as ErrorConstructor;
}

const names = Object.keys(CODES) as ErrorName[];

/** What the library knows as `Deno.errors`. */
export const errors = Object.fromEntries(names.map((name) => [name, classNamed(name)])) as Record<
  ErrorName,
  ErrorConstructor
>;

const CLASS_OF_CODE = new Map<string, ErrorConstructor>(
  names.flatMap((name) => CODES[name].map((code) => [code, errors[name]] as const)),
);

/** From here on a number is none of the system: Node has made it up, for Windows. */
const WINDOWS_ERRNO = 3_000;

/** An error of Node as Deno throws it: of its class, with the system's words, number and code. */
export function asDenoError(thrown: unknown): Error {
  const { code, errno, message } = thrown as NodeJS.ErrnoException;
  if (code === undefined) return thrown as Error;
  const [, words = null] = getSystemErrorMap().get(errno ?? NaN) ?? [];
  // (Of Windows' own numbers Node tells none.)
  const number = -errno! < WINDOWS_ERRNO ? `os error ${-errno!}` : code;
  const [, where = ""] = /(?<=, )(.*)$/.exec(message) ?? [];
  const told = words === null ? message : `${words} (${number})${where === "" ? "" : `: ${where}`}`;
  const error = new (CLASS_OF_CODE.get(code) ?? Error)(told, { cause: thrown });
  return Object.assign(error, { code });
}

/** A function whose errors are Deno's. */
export function withErrors<Args extends unknown[], Result>(
  work: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      throw asDenoError(error);
    }
  };
}
