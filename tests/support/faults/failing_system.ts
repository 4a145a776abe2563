/**
 * The system's calls that lib/ipc makes, each of which can be let fail: files by `Deno`, sockets by
 * `Deno` on Unix, and what `platform()` gives. What has no error on a real system is not among them:
 * closing (Deno tells none), and what is pure.
 *
 * @module
 */

import { basename } from "@std/path";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { FailingCalls, type Guarded } from "./failing_calls.ts";
import type { SpawnedProcess } from "../../../lib/ipc/os/transport.ts";
import type { ErrorKind } from "./system_errors.ts";

const WINDOWS = Deno.build.os === "windows";

/** The errors of files that somebody else has open come on Windows alone. */
const DENIED: ErrorKind = WINDOWS ? "EBUSY" : "EACCES";

/** What a path is about, the same in each run: numbers are left out. */
function place(path: unknown): string {
  return basename(String(path)).replaceAll(/[0-9a-f]{8,}|\d+/g, "N");
}

/** A function of `Deno` whose first argument is a path. */
function ofPath(call: string, kinds: readonly ErrorKind[], more: Partial<Guarded> = {}): Guarded {
  return { kinds, about: place, told: (path) => `${call} '${path}'`, ...more };
}

/** Nothing fits on the disk: the file is there all the same, and empty. */
function leaveEmpty(error: Error, path: unknown): void {
  if ((error as Error & { code?: string }).code !== "ENOSPC") return;
  real.writeTextFileSync(String(path), "");
}

const real = { writeTextFileSync: Deno.writeTextFileSync };

function guardFiles(calls: FailingCalls): void {
  const later = { later: true };
  const files: Record<string, Guarded> = {
    readTextFileSync: ofPath("readfile", ["EMFILE", "EIO", DENIED]),
    readFileSync: ofPath("readfile", ["EMFILE", "EACCES"]),
    writeTextFileSync: ofPath("writefile", ["ENOSPC", DENIED], { partly: leaveEmpty }),
    lstatSync: ofPath("lstat", ["EACCES", "EIO"]),
    statSync: ofPath("stat", ["EACCES", "EIO"]),
    realPathSync: ofPath("realpath", ["EACCES", "EIO"]),
    mkdirSync: ofPath("mkdir", ["ENOSPC", "EACCES"]),
    removeSync: ofPath("remove", [DENIED, "EIO"]),
    remove: ofPath("remove", [DENIED, "EIO"], later),
    renameSync: ofPath("rename", [DENIED, "ENOSPC"]),
    rename: {
      ...ofPath("rename", [DENIED, "ENOSPC"], later),
      about: (_from, to) => place(to),
      told: (from, to) => `rename '${from}' -> '${to}'`,
    },
    readDirSync: ofPath("readdir", ["EMFILE", "EACCES"]),
    truncateSync: ofPath("truncate", [DENIED, "EIO"]),
    openSync: ofPath("open", ["EMFILE", DENIED], {
      gave: (file, call) => guardFile(calls, file as Deno.FsFile, call),
    }),
  };
  for (const [name, how] of Object.entries(files)) calls.guard(Deno, name, how);
}

function guardFile(calls: FailingCalls, file: Deno.FsFile, opened: string): void {
  const about = () => opened.replace(/^\w+ /, "");
  calls.hold(file, opened, "close", Symbol.dispose);
  calls.guard(file, "tryLockSync", { kinds: ["ENOLCK", "EIO"], about });
  calls.guard(file, "statSync", { kinds: ["EIO", "ENOMEM"], about });
  calls.guard(file, "readSync", { kinds: ["EIO", "ENOMEM"], about });
  calls.guard(file, "writeSync", { kinds: ["ENOSPC", "EIO"], about });
}

/** Unix: what os/unix/ makes of the system's sockets is under test as well. */
function guardSockets(calls: FailingCalls): void {
  const of = (options: unknown) => place((options as { path: string }).path);
  const conn = (gave: unknown, call: string) => {
    calls.hold(gave as object, `connection by ${call}`, "close");
    guardConnection(calls, gave as Deno.UnixConn, call.replace(/^\w+ /, ""));
  };
  calls.guard(Deno, "connect", {
    kinds: ["EMFILE", "EACCES", "ECONNRESET"],
    about: of,
    later: true,
    gave: conn,
  });
  calls.guard(Deno, "listen", {
    kinds: ["EMFILE", "EACCES"],
    about: of,
    gave: (listener, call) => {
      calls.hold(listener as Deno.Listener, `listener by ${call}`, "close");
      calls.guard(listener as Deno.Listener, "accept", {
        kinds: ["EMFILE", "ECONNABORTED"],
        later: true,
        about: () => call.replace(/^\w+ /, ""),
        gave: conn,
      });
    },
  });
}

/** A connection of which a write fails is over: both sides read its end. */
function guardConnection(calls: FailingCalls, conn: Deno.UnixConn, address: string): void {
  const about = () => address;
  const broken = Promise.withResolvers<null>();
  calls.replace(
    conn,
    "read",
    (read, self) => (into) => Promise.race([read.call(self, into), broken.promise]),
  );
  calls.guard(conn, "read", { kinds: ["ECONNRESET", "EIO"], later: true, about });
  calls.guard(conn, "write", {
    kinds: ["EPIPE", "EIO"],
    later: true,
    about,
    partly() {
      broken.resolve(null);
      conn.closeWrite().catch(() => {
        // The peer was quicker.
      });
    },
  });
}

/** Windows: what os/windows/ calls is the system's own library, so it fails as a whole. */
function guardWindows(calls: FailingCalls): void {
  const system = platform();
  const guarded = (what: string, kinds: readonly ErrorKind[], more: Partial<Guarded> = {}) => ({
    kinds,
    tried: (about: unknown) => `${what}${about === undefined ? "" : ` "${about}"`}`,
    later: true,
    ...more,
  });
  const transport = (gave: unknown, call: string) => {
    if (gave === null) return;
    const about = () => call.replace(/^\w+ /, "");
    calls.hold(gave as object, `transport by ${call}`, "close");
    const address = "the pipe";
    calls.guard(
      gave as object,
      "read",
      guarded(`Cannot read from "${address}"`, ["EIO", "ENOMEM"], {
        about,
        tried: () => 'Cannot read from "pipe"',
      }),
    );
    calls.guard(
      gave as object,
      "write",
      guarded("", ["EPIPE", "ENOMEM"], { about, tried: () => 'Cannot write to "pipe"' }),
    );
  };
  const listener = (gave: unknown, call: string) => {
    calls.hold(gave as object, `listener by ${call}`, "close");
    const about = () => call.replace(/^\w+ /, "");
    calls.guard(
      gave as object,
      "accept",
      guarded("", ["EIO", "ENOMEM"], {
        about,
        tried: () => 'Cannot listen at "pipe"',
        gave: transport,
      }),
    );
  };
  calls.guard(
    system,
    "dial",
    guarded("Cannot connect to", ["EACCES", "ENOMEM"], { about: place, gave: transport }),
  );
  calls.guard(
    system,
    "listen",
    guarded("Cannot listen at", ["EACCES", "ENOMEM"], { about: place, gave: listener }),
  );
  const now = { later: false };
  calls.guard(
    system,
    "ownershipFault",
    guarded("Cannot read the owner of", ["EACCES", "ENOENT"], { about: place, ...now }),
  );
  calls.guard(
    system,
    "userId",
    guarded("Cannot read this process's user", ["EACCES", "ENOMEM"], now),
  );
  calls.guard(
    system,
    "commandLine",
    guarded("Cannot read a command line", ["ENOMEM", "EACCES"], now),
  );
}

/** A program that is started leaves something to let go of. */
function guardStarts(calls: FailingCalls): void {
  calls.guard(platform(), "spawn", {
    kinds: ["EMFILE", "EACCES", "ENOMEM"],
    later: true,
    gave: (child) => {
      calls.hold(child as object, "a program that was started", "release");
      calls.started.add((child as SpawnedProcess).pid);
    },
  });
}

/** Timers and signals that were not called off. */
function keepTimers(calls: FailingCalls): void {
  const timers = new Map<number, object>();
  calls.replace(globalThis, "setTimeout", (set) => (work, delay, ...args) => {
    const timer = { delay };
    const id = set(() => {
      calls.drop(timer);
      timers.delete(id);
      work(...args);
    }, delay);
    timers.set(id, timer);
    calls.hold(timer, `a timer of ${Math.round(delay)} ms`);
    return id;
  });
  calls.replace(globalThis, "clearTimeout", (clear) => (id) => {
    if (timers.has(id)) calls.drop(timers.get(id)!);
    timers.delete(id);
    clear(id);
  });
  calls.replace(AbortSignal, "timeout", (timeout, self) => (delay) => {
    const signal: AbortSignal = timeout.call(self, delay);
    // One that somebody listens to keeps the program running.
    const heard = new Map<unknown, (event: Event) => void>();
    calls.replace(signal, "addEventListener", (add, self) => (type, listener, options) => {
      const hear = (event: Event) => {
        calls.drop(hear);
        listener(event);
      };
      heard.set(listener, hear);
      calls.hold(hear, `a signal after ${delay} ms`);
      add.call(self, type, hear, options);
    });
    calls.replace(signal, "removeEventListener", (remove, self) => (type, listener) => {
      const hear = heard.get(listener) ?? listener;
      calls.drop(hear);
      remove.call(self, type, hear);
    });
    return signal;
  });
  calls.replace(Deno, "addSignalListener", (add, self) => (signal, listener) => {
    calls.hold(listener, `a listener of ${signal}`);
    add.call(self, signal, listener);
  });
  calls.replace(Deno, "removeSignalListener", (remove, self) => (signal, listener) => {
    calls.drop(listener);
    remove.call(self, signal, listener);
  });
}

/** Guards all of them, until it is disposed of. */
export function guardSystem(): FailingCalls {
  const calls = new FailingCalls();
  guardFiles(calls);
  guardStarts(calls);
  if (WINDOWS) guardWindows(calls);
  else guardSockets(calls);
  keepTimers(calls);
  return calls;
}
