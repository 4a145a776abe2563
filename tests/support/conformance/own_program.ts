/**
 * A host that the conformance kit starts itself, in a home of its own: by hand, by its entry in the
 * registry, once more, and to its end.
 *
 * @module
 */

import { DELIMITER, isAbsolute, join, resolve } from "@std/path";
import { type Host, type OwnHost, RunningHost } from "../../../apps/neverliie/conformance/host.ts";
import { Failed, shown } from "../../../apps/neverliie/conformance/outcome.ts";
import { type Home, openHome } from "../../../lib/ipc/mod.ts";
import {
  platform,
  ProcessLock,
  RUNTIME_FILES,
  type SpawnedProcess,
} from "../../../lib/ipc/tools.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { removed } from "../run/removed.ts";

/** How much of what it wrote is shown, in characters. */
const OUTPUT_MAX = 600;

/** A program that is started as a user would start it. */
export class OwnProgram implements OwnHost, AsyncDisposable {
  readonly #command: readonly string[];
  readonly #home: Home;
  readonly #timeout: number;
  readonly #log: string;
  readonly #processes: SpawnedProcess[] = [];
  /** The process that serves, as far as is known. */
  #serving: SpawnedProcess | null = null;
  #host: Host | null = null;

  private constructor(command: readonly string[], home: Home, timeout: number) {
    this.#command = command;
    this.#home = home;
    this.#timeout = timeout;
    this.#log = join(home.path, "output.txt");
  }

  /**
   * Starts a program in a home of its own and waits until it has joined.
   *
   * @param timeout milliseconds that it may take for a start, or an end
   */
  static async start(command: readonly string[], timeout: number): Promise<OwnProgram> {
    const [program = "", ...args] = command;
    const found = findProgram(program);
    const home = await openHome(await Deno.makeTempDir({ prefix: "neverliie-conformance-" }));
    const own = new OwnProgram([found, ...args], home, timeout);
    try {
      await own.#begin();
      return own;
    } catch (error) {
      await own[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The host that is checked. */
  get host(): Host {
    return this.#host!;
  }

  async up(): Promise<void> {
    if (this.#serving?.exitCode() === null && await this.#listens()) return;
    await this.kill();
    await this.#begin();
  }

  async kill(): Promise<void> {
    for (const process of this.#processes) process.kill();
    for (const process of this.#processes) await this.#ended(process, "the end of what was killed");
    this.#serving = null;
    await this.gone("its end after it was killed");
  }

  async gone(awaited: string): Promise<void> {
    const lock = this.#home.runtimeFile(this.host.app, "lock");
    await this.#until(awaited, async () => {
      if (ProcessLock.isHeld(lock)) return "its lock, which is held";
      if (await this.#listens()) return "somebody who listens at its address";
      return this.#serving === null || this.#serving.exitCode() !== null ? null : "a process";
    });
    this.#serving = null;
  }

  async startAgain(args: readonly string[], woken = false): Promise<void> {
    const process = await this.#spawn([...this.#command, ...args], woken, this.#log);
    await this.#ended(process, "the end of a second start, as the app runs already");
  }

  async enter(): Promise<void> {
    const { registryFile } = this.#home;
    const text = await Deno.readTextFile(registryFile).catch(() => "{}");
    const entries = JSON.parse(text);
    const entry = { type: "binary", cmd: this.#command, cwd: Deno.cwd() };
    // (It was not the app itself that wrote it: that has to, whatever its command.)
    entries[this.host.app] = { ...entries[this.host.app], ...entry, source: undefined };
    await Deno.writeTextFile(registryFile, JSON.stringify(entries, null, 2));
  }

  async wake(): Promise<void> {
    const { app } = this.host;
    const entry = JSON.parse(await Deno.readTextFile(this.#home.registryFile))[app];
    using _lock = await ProcessLock.acquire(
      this.#home.runtimeFile(app, "start.lock"),
      this.#timeout,
    );
    if (await this.#listens()) return;
    const command = [...entry.cmd, ...entry.args ?? []];
    const log = this.#home.logFile(app);
    const process = this.#serving = await this.#spawn(command, true, log, entry.cwd);
    const missing = async () => await this.#listens() ? null : "nobody";
    await this.#until("the app that was woken", missing, process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) {
      process.kill();
      await this.#ended(process, "the end of what was killed");
      process.release();
    }
    await removed(this.#home.runtime);
    await removed(this.#home.path).catch((error) => {
      // On Windows the runtime folder is in the home.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Starts it by hand, and waits until somebody listens; the first time, at whichever name. */
  async #begin(): Promise<void> {
    const process = this.#serving = await this.#spawn(this.#command, false, this.#log);
    const missing = async () => {
      if (this.#host === null) await this.#find();
      return this.#host !== null && await this.#listens() ? null : "nobody";
    };
    await this.#until("an app that listens", missing, process);
  }

  /** Finds the app that came to this home, by the files that it made and by who listens. */
  async #find(): Promise<void> {
    const socket = /^(.+)\.sock$/;
    const names = new Set(RUNTIME_FILES.flatMap((kind) => this.#home.appsWith(kind)));
    if (Deno.build.os !== "windows") {
      for (const { name } of Deno.readDirSync(this.#home.runtime)) {
        const [, app] = socket.exec(name) ?? [];
        if (app !== undefined) names.add(app);
      }
    }
    for (const name of names) {
      const host = new RunningHost(name, this.#home, this);
      const transport = await host.dial(this.#timeout);
      if (transport === null) continue;
      await transport.close();
      this.#host = host;
    }
  }

  async #listens(): Promise<boolean> {
    const transport = await this.host.dial(this.#timeout);
    await transport?.close();
    return transport !== null;
  }

  async #spawn(
    command: readonly string[],
    woken: boolean,
    logFile: string,
    cwd: string = Deno.cwd(),
  ): Promise<SpawnedProcess> {
    const env = { NEVERLIIE_HOME: this.#home.path, NO_COLOR: "1" };
    const process = await platform().spawn({
      command,
      cwd,
      env: woken ? { ...env, NEVERLIIE_WOKEN: "1" } : env,
      logFile,
    });
    this.#processes.push(process);
    return process;
  }

  async #ended(process: SpawnedProcess, awaited: string): Promise<void> {
    await this.#until(awaited, () => process.exitCode() === null ? "a process" : null);
  }

  /**
   * Looks until `missing` says that nothing is.
   *
   * @param starting the process by which it should come: its end is a failure at once
   */
  async #until(
    awaited: string,
    missing: () => string | null | Promise<string | null>,
    starting?: SpawnedProcess,
  ): Promise<void> {
    const deadline = performance.now() + this.#timeout;
    for (;; await pause(5)) {
      // Asked before the look: a program that was there and ended was there.
      const code = starting?.exitCode() ?? null;
      const what = await missing();
      if (what === null) return;
      if (code === null && performance.now() < deadline) continue;
      const came = code === null
        ? `${what} after ${this.#timeout} ms`
        : `a program that ended with exit code ${code}`;
      throw new Failed(awaited, `${came}${this.#output()}`);
    }
  }

  #output(): string {
    try {
      const text = Deno.readTextFileSync(this.#log).trimEnd();
      return text === "" ? "" : `; it wrote: ${shown(text.slice(-OUTPUT_MAX))}`;
    } catch {
      return "";
    }
  }
}

/** The program's file, found as a shell does. @throws {TypeError} where there is none */
function findProgram(name: string): string {
  const windows = Deno.build.os === "windows";
  const named = /[/\\]/.test(name);
  const folders = named ? [Deno.cwd()] : (Deno.env.get("PATH") ?? "").split(DELIMITER);
  for (const folder of folders) {
    const path = isAbsolute(name) ? name : resolve(folder, name);
    for (const file of windows ? [path, `${path}.exe`] : [path]) {
      try {
        if (Deno.statSync(file).isFile) return file;
      } catch {
        // Not there: the next place.
      }
    }
  }
  throw new TypeError(`Cannot start "${name}": there is no such program`);
}
