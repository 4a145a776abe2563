/**
 * The room for tests: a mesh of its own for a test, with apps in the test's process and programs of
 * their own. It stands before the house and comes in by the front door, as any program does; beside
 * that it knows `base/`, and for unit tests of the library `os/`; nothing of the library knows it.
 *
 * @module
 */

import { resolve } from "../base/path.ts";
import { printProblem } from "../base/problem.ts";
import { pauseFor } from "../base/timer.ts";
import {
  type ClientOptions,
  endSupervision,
  type Handler,
  type Home,
  isServing,
  listApps,
  NeverLiieIPC,
  type OpenOptions,
  pidOf,
} from "../mod.ts";
import { explaining } from "./explaining.ts";
import { holdStarts } from "./held_starts.ts";
import { endOf, holdsText, logsOf } from "./log_ends.ts";
import { endChild, endProcess, isRunning } from "./processes.ts";
import { commandOf, pathOf, type ProgramOptions } from "./program_command.ts";
import { removeFolder } from "./removed_folder.ts";
import { TestProgram } from "./test_program.ts";

/** How a mesh for a test is made. */
export interface TestMeshOptions {
  /** What its folder's name begins with; "neverliie-test-" unless given. */
  prefix?: string | undefined;
  /** Milliseconds that a program has to join the mesh, and to leave it; 30 seconds unless given. */
  timeout?: number | undefined;
}

/** What a mesh is made with. */
export interface TestMeshParts extends TestMeshOptions {
  /** Is let go of at the end, before the folder is removed. */
  lock?: Disposable | null | undefined;
}

/** Milliseconds that a program has unless told otherwise. */
const TIMEOUT = 30_000;
/** How often a process is asked for after it was killed, in steps of 20 milliseconds. */
const LOOKS = 100;

/** A mesh for one test: `testMesh()` makes it. */
export class TestMesh implements AsyncDisposable {
  /** Its home's folder. */
  readonly home: string;
  readonly #ipc: NeverLiieIPC;
  readonly #home: Home;
  readonly #timeout: number;
  readonly #lock: Disposable | null;
  readonly #members: NeverLiieIPC[] = [];
  readonly #programs: TestProgram[] = [];
  readonly #children: { child: Deno.ChildProcess; piped: ReadableStream[] }[] = [];
  #ending: Promise<void> | null = null;

  /**
   * A mesh in a home that is there, for those who make it in a way of their own.
   *
   * @param ipc a client of the home; at the mesh's end it is closed, and the home removed
   */
  constructor(ipc: NeverLiieIPC, { lock = null, timeout = TIMEOUT }: TestMeshParts = {}) {
    this.#ipc = ipc;
    this.#home = ipc.home;
    this.home = ipc.home.path;
    this.#timeout = timeout;
    this.#lock = lock;
  }

  /**
   * An app in the test's own process. It is not in the registry, so nobody wakes it.
   *
   * @param options more of what `NeverLiieIPC.open` takes
   */
  async app(
    name: string,
    methods: Readonly<Record<string, Handler>> = {},
    options: Omit<OpenOptions, "home" | "methods"> = {},
  ): Promise<NeverLiieIPC> {
    const own = { launch: false, handleSignals: false, ifRunning: "throw" } as const;
    const app = await NeverLiieIPC.open(name, { ...own, ...options, methods, home: this.home });
    return this.#joined(app);
  }

  /** A client. Where a program is lost or late, the error has the end of its log in its message. */
  async client(options: Omit<ClientOptions, "home"> = {}): Promise<NeverLiieIPC> {
    const client = await NeverLiieIPC.client({ ...options, home: this.home });
    return explaining(this.#joined(client), (error, app) => this.withLogs(error, app));
  }

  /**
   * Starts a program as the mesh does when it wakes one, and waits until it has joined.
   *
   * @param script a script, or a program that was compiled: its path or its URL
   * @throws {Error} what became of it, with the end of what it wrote
   */
  async wake(script: string | URL, options: ProgramOptions = {}): Promise<TestProgram> {
    const { cwd = Deno.cwd(), env = {} } = options;
    const woken = { cwd, env: { ...env, NEVERLIIE_WOKEN: "1" } };
    const program = new TestProgram(this.#start(commandOf(script, options), woken));
    this.#programs.push(program);
    const failed = (why: string) =>
      new Error(`Cannot wake "${pathOf(script)}": ${why}; ${program.endOfOutput()}`);
    const late = AbortSignal.timeout(this.#timeout);
    try {
      for (;; await pauseFor(10, late)) {
        // Asked before the mesh is: a program that joined and ended was there.
        const { end } = program;
        const name = await this.#nameOf(program.pid, late);
        if (name !== null) {
          program.named(name);
          return program;
        }
        if (end !== null) throw failed(`it ended with exit code ${end.code} before it joined`);
      }
    } catch (error) {
      if (!late.aborted) throw error;
      await program.kill();
      throw failed(`it did not join within ${this.#timeout} ms, and was ended`);
    }
  }

  /** Enters a program in the registry, asleep: the first call wakes it. Its log is in the home. */
  async enter(name: string, script: string | URL, options: ProgramOptions = {}): Promise<void> {
    const { args = [], flags, cwd = Deno.cwd() } = options;
    const cmd = commandOf(script, { flags });
    const type = cmd.length > 1 ? "script" : "binary";
    await this.#ipc.registry.set(name, { type, cmd, cwd: resolve(cwd), args: [...args] });
  }

  /** Starts any other program, such as a command of one's own, as a person on this mesh would. */
  spawn(command: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
    const child = this.#start(command, options);
    const { stdout = "piped", stderr = "piped" } = options;
    const piped = [
      ...(stdout === "piped" ? [child.stdout] : []),
      ...(stderr === "piped" ? [child.stderr] : []),
    ];
    this.#children.push({ child, piped });
    return child;
  }

  /** Asks an app to leave, and waits until it has, and its process with it. */
  async stop(app: string, pid?: number | null): Promise<void> {
    const own = this.#members.find(({ name }) => name === app);
    if (own !== undefined) return await own.close();
    const process = pid ?? await pidOf(this.#ipc, app);
    if (process === null && !isServing(this.#ipc, app)) return;
    const deadline = performance.now() + this.#timeout;
    const options = { activate: false, timeout: this.#timeout };
    await this.#ipc.call(app, "$/shutdown", {}, options);
    // Another app of the test's own process leaves alone.
    const left = async () =>
      process === null || process === Deno.pid
        ? !isServing(this.#ipc, app)
        : !isRunning(process) && await pidOf(this.#ipc, app) !== process;
    for (; !await left(); await pauseFor(10)) {
      if (performance.now() > deadline) {
        throw new Error(
          `Cannot stop "${app}": process ${process} did not end within ${this.#timeout} ms`,
        );
      }
    }
  }

  /** The ends of the logs, of all programs or of one: what they wrote, by whomever they were woken. */
  logs(app?: string): string {
    const written = this.#programs
      .filter(({ name, output }) => output !== "" && (app ?? name) === name)
      .map((program) => program.endOfOutput());
    const files = app === undefined ? logsOf(this.home) : [this.#home.logFile(app)];
    return [...written, ...files.filter(holdsText).map(endOf)].join("\n");
  }

  /** The same error, with the ends of the logs in its message. */
  withLogs(error: unknown, app?: string): unknown {
    const logs = this.logs(app);
    if (error instanceof Error && logs !== "" && !error.message.includes("the end of ")) {
      error.message += `\n${logs}`;
    }
    return error;
  }

  /**
   * Stops every app, ends what was started, and removes the folder. One that does not leave in time
   * is killed, and standard error says so.
   *
   * @throws {Error} where something could not be ended or removed
   */
  end(): Promise<void> {
    return this.#ending ??= this.#end();
  }

  /** What `await using` calls: {@link end}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #end(): Promise<void> {
    let silent: string[] = [];
    const starts = await holdStarts(this.#ipc, this.#timeout);
    try {
      silent = await this.#stopAll();
    } finally {
      await Promise.all(this.#members.map((member) => member.close()));
      for (const program of this.#programs) await program.kill();
      for (const { child, piped } of this.#children) {
        endChild(child);
        await child.status;
        for (const stream of piped) if (!stream.locked) await stream.cancel();
      }
      for (const app of silent.filter((app) => isServing(this.#ipc, app))) {
        printProblem(`Cannot stop "${app}": it does not answer, and its process is not known`);
      }
      await this.#ipc.close();
      for (const start of starts) start.release();
      this.#lock?.[Symbol.dispose]();
      await removeFolder(this.#home.runtime);
      await removeFolder(this.home);
    }
  }

  /**
   * Those too that others woke meanwhile; each process is asked once.
   *
   * @returns those that do not answer: they can only be ended as what the test started
   */
  async #stopAll(): Promise<string[]> {
    const asked = new Set<string>();
    const silent: string[] = [];
    for (;;) {
      const others = (await listApps(this.#ipc)).filter(({ name, running, pid }) =>
        running && !asked.has(`${name} ${pid}`) && !this.#isOwn(name)
      );
      if (others.length === 0) return silent;
      await Promise.all(others.map(async ({ name, pid }) => {
        asked.add(`${name} ${pid}`);
        if (pid !== null) return await this.#stopOrKill(name, pid);
        silent.push(name);
        endSupervision(this.#home, name);
      }));
    }
  }

  #isOwn(app: string): boolean {
    return this.#members.some(({ name }) => name === app);
  }

  /** It is closed at the mesh's end, unless it left before. */
  #joined(member: NeverLiieIPC): NeverLiieIPC {
    this.#members.push(member);
    void member.closed.then(() => this.#members.splice(this.#members.indexOf(member), 1));
    return member;
  }

  async #stopOrKill(app: string, pid: number): Promise<void> {
    try {
      await this.stop(app, pid);
    } catch (error) {
      endSupervision(this.#home, app);
      // It left by itself meanwhile.
      if (!isRunning(pid)) return;
      printProblem(`${(this.withLogs(error, app) as Error).message}\nIt is ended by force`);
      if (pid === Deno.pid) return;
      endProcess(pid);
      for (let asked = 0; isRunning(pid) && asked < LOOKS; asked++) await pauseFor(20);
    }
  }

  #start(command: readonly string[], options: Deno.CommandOptions): Deno.ChildProcess {
    return new Deno.Command(command[0]!, {
      args: command.slice(1),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...options,
      env: { NEVERLIIE_HOME: this.home, NO_COLOR: "1", ...options.env },
    }).spawn();
  }

  /** The app that is this process; `null` while none is. */
  async #nameOf(pid: number, signal: AbortSignal): Promise<string | null> {
    for (const app of this.#home.appsWith("lock")) {
      if (this.#isOwn(app) || !isServing(this.#ipc, app)) continue;
      if (await pidOf(this.#ipc, app, signal) === pid) return app;
    }
    return null;
  }
}
