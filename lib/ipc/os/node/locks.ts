/**
 * Locks on open files, which Node does not have. By the package koffi, which calls the system; on
 * Linux and macOS also by a program that locks the file for this process: the lock belongs to the
 * open file, which the program only borrows. That takes some milliseconds each time, so it is for
 * clients, which lock when they wake somebody.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { errors } from "./errors.ts";

/** flock(2), the same on Linux and macOS. */
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
/** EAGAIN and EWOULDBLOCK of Linux, and those of macOS. */
const TAKEN: ReadonlySet<number> = new Set([11, 35]);

/** A library of the system, as koffi opens it. */
export interface KoffiLibrary {
  func(declaration: string): (...args: unknown[]) => number;
}

/** What is used of koffi. https://koffi.dev */
export interface Koffi {
  load(path: string | null): KoffiLibrary;
  errno(): number;
}

let found: Koffi | null | undefined;

/** The package koffi; `null` where it is not installed. */
export function koffi(): Koffi | null {
  if (found !== undefined) return found;
  try {
    return found = createRequire(import.meta.url)("koffi") as Koffi;
  } catch (error) {
    // One that is there and does not load is told of by itself.
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return found = null;
  }
}

let flock: ((file: number, operation: number) => number) | undefined;

/** Locks an open file, without waiting. @returns whether it has the lock, which closing gives back */
export function tryToLock(file: number, exclusive: boolean): boolean {
  const operation = (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  const caller = koffi();
  if (caller === null) return tryByProgram(file, exclusive);
  flock ??= caller.load(null).func("int flock(int file, int operation)");
  if (flock(file, operation) === 0) return true;
  const number = caller.errno();
  if (TAKEN.has(number)) return false;
  throw new Error(`flock failed (os error ${number})`);
}

/** Perl, which macOS has, exits with 1 where the lock is taken, as flock(1) of Linux does. */
const PERL =
  'use Fcntl ":flock"; open(my $f, "+<&=", 3) || open($f, "<&=", 3) || exit 2; exit(flock($f, $ARGV[0]) ? 0 : $!{EWOULDBLOCK} ? 1 : 2)';

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
