/**
 * Pseudo-terminals of Linux and macOS: https://man7.org/linux/man-pages/man7/pty.7.html
 *
 * forkpty(3) cannot be called: a fork of a process with threads may only do very little, and Deno
 * has threads. So Deno starts a shell as the leader of a new session, which opens the terminal by
 * its name. The first terminal that such a leader opens becomes the session's own. Then the shell
 * gives its place to the program.
 *
 * @module
 */

import { spawnTree, type StartedTree } from "../../system/process_tree.ts";
import type { Pty, PtyExit, PtyOptions } from "../pty.ts";
import {
  closeOnExecNonblocking,
  cString,
  EAGAIN,
  EINTR,
  EIO,
  errno,
  failure,
  libc,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDWR,
  POLLIN,
  POLLOUT,
  setWindowSize,
} from "./libc.ts";
import { poller } from "./poller.ts";
import { findProgram } from "./find_program.ts";

/** $0 is the terminal. Its name comes from the system and the rest is not looked at by the shell. */
const BECOME = 'exec "$@" 0<>"$0" 1>&0 2>&0';
const READ_SIZE = 64 * 1024;

/** Starts a program in a pseudo-terminal; see {@link import("../open.ts").openPty}. */
export function openUnixPty(options: PtyOptions): Pty {
  const program = findProgram(options.program, options.cwd, options.env);
  const { master, slave, name } = openPair();
  try {
    setWindowSize(master, options.columns, options.rows);
    const started = spawnTree("/bin/sh", {
      args: ["-c", BECOME, name, program, ...options.args],
      cwd: options.cwd,
      env: { ...options.env },
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return new UnixPty(master, slave, started);
  } catch (error) {
    libc().close(slave);
    libc().close(master);
    throw error;
  }
}

/** A new terminal: the end that this process keeps, and the program's. */
function openPair(): { master: number; slave: number; name: string } {
  const calls = libc();
  const master = calls.open(cString("/dev/ptmx"), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) throw failure("Cannot make a pseudo-terminal");
  try {
    if (calls.grantpt(master) < 0 || calls.unlockpt(master) < 0) {
      throw failure("Cannot make a pseudo-terminal");
    }
    const path = calls.ptsname(master);
    if (path === null) throw failure("Cannot make a pseudo-terminal");
    const name = Deno.UnsafePointerView.getCString(path);
    const slave = calls.open(cString(name), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) throw failure(`Cannot open "${name}"`);
    closeOnExecNonblocking(master);
    return { master, slave, name };
  } catch (error) {
    calls.close(master);
    throw error;
  }
}

class UnixPty implements Pty {
  readonly pid: number;
  readonly exit: Promise<PtyExit>;
  readonly #tree: StartedTree["tree"];
  #master: number;
  /**
   * The program's end, held while it runs: where nobody has it open, reading fails, and at first
   * and between two programs of a shell nobody may.
   */
  #slave: number;
  #ended = false;
  #closing: Promise<void> | null = null;
  readonly #buffer = new Uint8Array(new ArrayBuffer(READ_SIZE));

  constructor(master: number, slave: number, { child, tree }: StartedTree) {
    this.#master = master;
    this.#slave = slave;
    this.#tree = tree;
    this.pid = child.pid;
    this.exit = child.status.then(({ code, signal }) => {
      this.#ended = true;
      this.#releaseSlave();
      return { code, signal };
    });
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#closing === null) {
      // Each read gives a page at most, so there may be more at once.
      let length = 0;
      let error = 0;
      while (length < READ_SIZE && (error === 0 || error === EINTR)) {
        const rest = this.#buffer.subarray(length);
        const count = Number(libc().read(this.#master, rest, BigInt(rest.length)));
        error = count > 0 ? 0 : count < 0 ? errno() : EIO;
        length += Math.max(0, count);
      }
      if (length > 0) return this.#buffer.subarray(0, length);
      // EIO (and 0 on macOS): nobody has the program's end any more.
      if (error !== EAGAIN) return null;
      await poller.wait(this.#master, POLLIN);
    }
    return null;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      if (this.#closing !== null) break;
      const rest = Uint8Array.from(bytes.subarray(sent));
      const count = Number(libc().write(this.#master, rest, BigInt(rest.length)));
      const error = count < 0 ? errno() : 0;
      if (count > 0) sent += count;
      if (sent === bytes.length) return;
      if (error !== 0 && error !== EAGAIN && error !== EINTR) break;
      await poller.wait(this.#master, POLLOUT);
    }
    if (bytes.length > 0) throw new Deno.errors.BrokenPipe("Cannot type: the terminal is closed");
  }

  resize(columns: number, rows: number): void {
    if (this.#closing === null) setWindowSize(this.#master, columns, rows);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    // In a turn of its own: `#closing` is set by then, and those who wait below see it.
    await Promise.resolve();
    poller.forget(this.#master);
    this.#releaseSlave();
    // The kernel sends SIGHUP to the foreground, as when a window is closed.
    libc().close(this.#master);
    this.#master = -1;
    if (this.#ended) this.#tree.release();
    else await this.#tree.end();
    await this.exit;
  }

  #releaseSlave(): void {
    if (this.#slave >= 0) libc().close(this.#slave);
    this.#slave = -1;
  }
}
