/**
 * The errors of a system's calls, as Deno makes them of what a real system answers: class, code, the
 * system's own words, and behind them the call and its path where Deno tells those.
 *
 * @module
 */

/** Which error it is, by the name that Unix has for it. */
export type ErrorKind = keyof typeof ERRORS;

type Named = Exclude<keyof typeof Deno.errors, "prototype">;

interface SystemError {
  /** Number and words on Unix; on Windows. */
  unix: readonly [number, string];
  windows: readonly [number, string];
  /** The class, where Deno has one for it. */
  type?: Named;
}

const ERRORS = {
  EACCES: {
    unix: [13, "Permission denied"],
    windows: [5, "Access is denied."],
    type: "PermissionDenied",
  },
  EBUSY: {
    unix: [16, "Device or resource busy"],
    windows: [
      32,
      "The process cannot access the file because it is being used by another process.",
    ],
    type: "Busy",
  },
  ECONNABORTED: {
    unix: [103, "Software caused connection abort"],
    windows: [1236, "The network connection was aborted by the local system."],
    type: "ConnectionAborted",
  },
  ECONNRESET: {
    unix: [104, "Connection reset by peer"],
    windows: [233, "No process is on the other end of the pipe."],
    type: "ConnectionReset",
  },
  EIO: {
    unix: [5, "Input/output error"],
    windows: [1117, "The request could not be performed because of an I/O device error."],
  },
  EMFILE: {
    unix: [24, "Too many open files"],
    windows: [4, "The system cannot open the file."],
  },
  ENOENT: {
    unix: [2, "No such file or directory"],
    windows: [2, "The system cannot find the file specified."],
    type: "NotFound",
  },
  ENOLCK: {
    unix: [37, "No locks available"],
    windows: [1450, "Insufficient system resources exist to complete the requested service."],
  },
  ENOMEM: {
    unix: [12, "Cannot allocate memory"],
    windows: [8, "Not enough memory resources are available to process this command."],
  },
  ENOSPC: {
    unix: [28, "No space left on device"],
    windows: [112, "There is not enough space on the disk."],
  },
  EPIPE: {
    unix: [32, "Broken pipe"],
    windows: [232, "The pipe is being closed."],
    type: "BrokenPipe",
  },
} as const satisfies Record<string, SystemError>;

/** What is said of a call beside the system's words. */
export interface Said {
  /** Before them: `Cannot open "x"`, where the caller of the system adds that itself. */
  tried?: string | undefined;
  /** Behind them: `open 'x'`, as Deno does for files. */
  told?: string | undefined;
}

/** The error of a call. */
export function systemError(kind: ErrorKind, { tried, told }: Said): Error {
  const { type, unix, windows }: SystemError = ERRORS[kind];
  const [number, words] = Deno.build.os === "windows" ? windows : unix;
  const message = [tried, `${words} (os error ${number})`, told].filter((part) => part).join(": ");
  const error = type === undefined ? new Error(message) : new Deno.errors[type](message);
  return Object.assign(error, { code: kind });
}
