/**
 * `Deno` as a simulated process has it: its calls go to the machine's disk, and each may be the last.
 *
 * @module
 */

import { coded, type Inode } from "./disk.ts";
import type { Machine } from "./machine.ts";
import { OpenFile } from "./open_file.ts";
import { Ended, type Process } from "./process.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a program's log holds, at most: the rest is not simulated. */
const LOG_MAX = 64 << 10;

/** What every program of a simulated machine was built for. */
export const BUILD = { os: "linux", arch: "x86_64", standalone: true };

/** The calls of one process. */
export class SystemCalls {
  readonly errors = Deno.errors;
  readonly SeekMode = Deno.SeekMode;
  readonly build = BUILD;
  readonly version = { deno: "2.9.5", v8: "", typescript: "" };
  readonly mainModule = "file:///main.ts";
  readonly inspect = Deno.inspect;
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Pick<Deno.Env, "get" | "set" | "delete" | "toObject">;
  readonly #machine: Machine;
  readonly #process: Process;

  constructor(machine: Machine, process: Process) {
    this.#machine = machine;
    this.#process = process;
    this.pid = process.pid;
    this.args = process.args;
    const { env } = process;
    this.env = {
      get: (name) => env.get(name),
      set: (name, value) => void env.set(name, value),
      delete: (name) => void env.delete(name),
      toObject: () => Object.fromEntries(env),
    };
  }

  execPath(): string {
    return this.#process.program;
  }

  cwd(): string {
    return "/home/ann";
  }

  uid(): number {
    return 1000;
  }

  exit(code = 0): never {
    this.#machine.kill(this.#process, `exits with ${code}`, code);
    throw new Ended("exit");
  }

  addSignalListener(signal: string, listener: () => void): void {
    const { listeners } = this.#process;
    const known = listeners.get(signal) ?? new Set();
    listeners.set(signal, known.add(listener));
  }

  removeSignalListener(signal: string, listener: () => void): void {
    this.#process.listeners.get(signal)?.delete(listener);
  }

  openSync(path: string, options: Deno.OpenOptions = { read: true }): OpenFile {
    this.#enter("open", path);
    const file = this.#machine.disk.open(path, options);
    return new OpenFile(this.#machine, this.#process, path, file);
  }

  lstatSync(path: string) {
    this.#enter("lstat", path);
    return statOf(this.#machine.disk.get(path, "lstat"));
  }

  statSync(path: string) {
    this.#enter("stat", path);
    return statOf(this.#machine.disk.get(path, "stat"));
  }

  realPathSync(path: string): string {
    this.#machine.disk.get(path, "realpath");
    return path;
  }

  mkdirSync(path: string, { recursive = false, mode = 0o755 }: Deno.MkdirOptions = {}): void {
    this.#enter("mkdir", path);
    this.#machine.disk.makeFolder(path, recursive, mode ?? 0o755);
  }

  *readDirSync(path: string): Generator<Deno.DirEntry> {
    this.#enter("readdir", path);
    for (const [name, { kind }] of [...this.#machine.disk.get(path, "readdir").children]) {
      yield { name, isFile: kind === "file", isDirectory: kind === "folder", isSymlink: false };
    }
  }

  readFileSync(path: string): Uint8Array {
    this.#enter("read", path);
    return this.#machine.disk.get(path, "open").data.slice();
  }

  readTextFileSync(path: string): string {
    return decoder.decode(this.readFileSync(path));
  }

  writeTextFileSync(path: string, text: string, { mode = 0o644 }: Deno.WriteFileOptions = {}) {
    this.#enter("write", path);
    const { disk, faults } = this.#machine;
    const file = disk.open(path, { create: true, truncate: true, mode: mode ?? 0o644 });
    const bytes = encoder.encode(text);
    if (faults.nextWrite && bytes.length > 1) {
      faults.nextWrite = false;
      faults.happened("cutWrite");
      disk.write(path, file, 0, bytes.subarray(0, this.#machine.random(bytes.length)));
      this.#machine.kill(this.#process, `dies in the middle of writing ${path}`);
      throw new Ended("write");
    }
    disk.write(path, file, 0, bytes);
  }

  truncateSync(path: string, length = 0): void {
    this.#enter("truncate", path);
    this.#machine.disk.truncate(path, length);
  }

  removeSync(path: string): void {
    this.#enter("remove", path);
    this.#machine.disk.remove(path);
  }

  remove(path: string): Promise<void> {
    return this.#later(() => this.removeSync(path));
  }

  renameSync(from: string, to: string): void {
    this.#enter("rename", from);
    this.#machine.disk.rename(from, to);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(() => {
      const { faults } = this.#machine;
      const fate = faults.nextRename;
      faults.nextRename = null;
      if (fate === null) return this.renameSync(from, to);
      faults.happened(fate);
      if (fate === "crashAfterRename") this.renameSync(from, to);
      const when = fate === "crashAfterRename" ? "after" : "before";
      this.#machine.kill(this.#process, `dies ${when} ${from} takes the place of ${to}`);
      throw new Ended("rename");
    });
  }

  /** No watcher is left, as on a machine whose user has as many as may be: who watches looks. */
  watchFs(): never {
    this.#enter("watch", "");
    throw coded(new Error("Too many open files (os error 24)"), "EMFILE");
  }

  /** What the process writes to its standard output. @throws {Error} where the disk is full */
  appendLog(path: string, text: string): void {
    const { disk } = this.#machine;
    const file = disk.find(path);
    if (!this.#process.alive || file === null || file.data.length > LOG_MAX) return;
    disk.write(path, file, file.data.length, encoder.encode(text));
  }

  #enter(call: string, path: string): void {
    this.#machine.enter(this.#process, call, path);
  }

  #later<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!this.#process.alive) return promise;
    this.#machine.soon(this.#process, () => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }
}

/** What of `Deno` a simulated process has. */
export const SYSTEM_CALLS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(SystemCalls.prototype),
  ...["errors", "SeekMode", "build", "version", "mainModule", "inspect", "pid", "args", "env"],
]);

/** What is told of a file. */
export function statOf({ kind, ino, links, mode, data }: Inode) {
  const [isFile, isDirectory] = [kind === "file", kind === "folder"];
  return {
    isFile,
    isDirectory,
    isSymlink: false,
    ino,
    nlink: links,
    mode,
    size: data.length,
    ...HERE,
  };
}

const HERE = { dev: 1, uid: 1000 };
