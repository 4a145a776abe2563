/**
 * Locks on open files, which Node does not have. By the package koffi, which calls the system; on
 * Linux and macOS also by a program that locks the file for this process: the lock belongs to the
 * open file, which the program only borrows. That takes some milliseconds each time, so it is for
 * clients, which lock when they wake somebody.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { errors } from "./errors.ts";
import { type ForeignFunction, type Koffi, koffi } from "./koffi.ts";
import { tryToLockOnWindows } from "./windows_lock.ts";

/** flock(2), the same on Linux and macOS. */
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
/** EAGAIN, which is EWOULDBLOCK, of Linux, and that of macOS. */
const TAKEN: ReadonlySet<number> = new Set([11, 35]);

/** Locks an open file, without waiting. @returns whether it has the lock, which closing gives back */
export function tryToLock(file: number, exclusive: boolean): boolean {
  const caller = koffi();
  if (process.platform === "win32") return tryToLockOnWindows(file, exclusive);
  return caller === null ? tryByProgram(file, exclusive) : tryOnUnix(caller, file, exclusive);
}

let flock: ForeignFunction | undefined;

function tryOnUnix(caller: Koffi, file: number, exclusive: boolean): boolean {
  flock ??= caller.load(null).func("flock", "int", ["int", "int"]);
  if (flock(file, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) === 0) return true;
  const number = caller.errno();
  if (TAKEN.has(number)) return false;
  throw new Error(`flock failed (os error ${number})`);
}

/** Perl, which macOS has, exits with 1 where the lock is taken, as flock(1) of Linux does. */
const PERL = 'use Fcntl ":flock"; open(my $f, "+<&=", 3) || open($f, "<&=", 3) || exit 2; ' +
  "exit(flock($f, $ARGV[0]) ? 0 : $!{EWOULDBLOCK} ? 1 : 2)";

function tryByProgram(file: number, exclusive: boolean): boolean {
  const operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  const programs: [string, string[]][] = [
    ["flock", ["-n", exclusive ? "-x" : "-s", "3"]],
    ["perl", ["-e", PERL, String(operation)]],
  ];
  for (const [program, args] of programs) {
    const { status } = spawnSync(program, args, { stdio: ["ignore", "ignore", "ignore", file] });
    if (status === 0 || status === 1) return status === 0;
  }
  throw new errors.NotSupported(
    "Node cannot lock files by itself, and there is no flock or perl that could: npm install koffi",
  );
}
