/**
 * A mesh of its own for one test: a home in a folder of its own, the programs of this run's mode,
 * and an end that leaves nothing behind.
 *
 * The same suite runs four times: scripts and executables, on this system and under Wine.
 * `NEVERLIIE_TEST_EXECUTABLES` names the folder of the executables; without it, programs are
 * scripts run by this Deno.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { PROGRAMS } from "../../../apps/programs.ts";
import {
  type LaunchCommand,
  NeverLiieIPC,
  pidOf,
  type RegistryEntry,
} from "../../../lib/ipc/mod.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { TestMesh as Mesh } from "../../../lib/ipc/testing/mod.ts";
import { ownModuleFlags } from "../../../lib/packages/module_flags.ts";
import { patientClient } from "../run/patient_client.ts";
import { isAlive } from "./process.ts";
import { collect, type Finished, finished } from "./program_output.ts";
import { endedBy, logsOf, patient, until, waitingFor, withLimit } from "../run/watchdog.ts";

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform().userId();
platform().commandLine();

/** Whether this runs on Windows, or Wine. */
export const WINDOWS = Deno.build.os === "windows";
/** Where the executables are; `null` in script mode. */
export const EXECUTABLES = Deno.env.get("NEVERLIIE_TEST_EXECUTABLES") ?? null;
/** How programs are started in this run. */
export const MODE: LaunchCommand["type"] = EXECUTABLES === null ? "script" : "binary";
/** Milliseconds that one test may take. */
const WATCHDOG = 60_000;
/** Milliseconds that an app has to leave. */
const STOP_TIME = 30_000;

const checkout = fromFileUrl(new URL("../../..", import.meta.url));

/** Flags that this Deno was given to find modules, for the scripts that tests start. */
const MODULE_FLAGS = [
  ...ownModuleFlags(),
  ...(platform().commandLine().includes("--cached-only") ? ["--cached-only"] : []),
];

/** The fixtures collect garbage when they are asked how much memory they use. */
export const FIXTURE_FLAGS: readonly string[] = ["-A", "--v8-flags=--expose-gc"];

/** The command that starts a script of the checkout, with flags of one's own. */
export function scriptCommand(path: string, flags: readonly string[] = ["-A"]): string[] {
  return [Deno.execPath(), "run", ...flags, "--no-check", ...MODULE_FLAGS, join(checkout, path)];
}

/** A command as somebody gives it for a script of his own: the lock file is the checkout's. */
export function withoutLock(command: readonly string[]): string[] {
  return command.filter((part) => !/^--(lock|frozen)\b/.test(part));
}

/** An executable of the suite or of the tests. */
export function executable(name: string): string {
  assert(EXECUTABLES !== null, "there are no executables in script mode");
  return join(EXECUTABLES, WINDOWS ? `${name}.exe` : name);
}

/** The command that starts the fixture app (mesh_app.ts). */
export function fixtureCommand(type: LaunchCommand["type"] = MODE): string[] {
  return type === "script"
    ? scriptCommand("tests/support/programs/mesh_app.ts", FIXTURE_FLAGS)
    : [executable("mesh_app")];
}

/** The command that starts the app that puts load on others (load_app.ts). */
export function loadCommand(): string[] {
  return MODE === "script"
    ? scriptCommand("tests/support/programs/load_app.ts")
    : [executable("load_app")];
}

/** The command that starts a program of the suite, with its own permissions. */
export function suiteCommand(name: string, type: LaunchCommand["type"] = MODE): string[] {
  return type === "script"
    ? scriptCommand(`apps/${name}/main.ts`, PROGRAMS[name]!.permissions)
    : [executable(name)];
}

/** One test's mesh: the kit's, with the programs of this run's mode. */
export class TestMesh extends Mesh {
  /** A client in the test's own process. */
  readonly ipc: NeverLiieIPC;

  constructor(ipc: NeverLiieIPC) {
    super(ipc, { timeout: patient(STOP_TIME) });
    this.ipc = ipc;
  }

  /** Registers the fixture app, asleep. `args` are given to it when it is woken. */
  async register(
    { name = "fixture", args = [], type = MODE, ...rest }:
      & { name?: string; args?: string[] }
      & Partial<RegistryEntry> = {},
  ): Promise<void> {
    const named = name === "fixture" ? args : ["--name", name, ...args];
    await this.ipc.registry.set(name, {
      type,
      cmd: fixtureCommand(type),
      cwd: this.home,
      args: named,
      ...rest,
    });
  }

  /** Registers an app that puts load on others (load_app.ts), asleep. */
  async registerLoad(name: string): Promise<void> {
    const entry = { type: MODE, cmd: loadCommand(), cwd: this.home, args: ["--name", name] };
    await this.ipc.registry.set(name, entry);
  }

  /** Runs a program in this mesh to its end. */
  async run(command: readonly string[], options: Deno.CommandOptions = {}): Promise<Finished> {
    return await finished(this.spawn(command, options), command.join(" "));
  }

  /** Runs a `neverliie` subcommand. */
  neverliie(...args: string[]): Promise<Finished> {
    return this.run([...suiteCommand("neverliie"), ...args]);
  }

  /** Makes the home know the suite, as any program of it does. */
  async seed(): Promise<void> {
    const { code, stderr } = await this.neverliie("list");
    assertEquals([code, stderr], [0, ""]);
  }

  /** Starts a program and waits for its first line, which tells that it serves. */
  async serve(command: readonly string[], options: Deno.CommandOptions = {}): Promise<Served> {
    const child = this.spawn(command, options);
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    const reader = lines.getReader();
    const errors = collect(child.stderr);
    let text = "";
    const firstLine = async () => {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The program ended before it served: ${text}${await errors.all}`);
        text += value;
      }
    };
    await waitingFor(`the first line of ${command.join(" ")}`, firstLine, () => errors.text);
    const rest = (async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
    })();
    return {
      child,
      pid: Number(/\d+/.exec(text)?.[0]),
      ended: (async () => ({
        code: (await child.status).code,
        stdout: await rest,
        stderr: await errors.all,
      }))(),
    };
  }

  /** Stops an app and waits until its process has ended and this one has heard of it. */
  override async stop(app: string, pid?: number | null): Promise<void> {
    await waitingFor(`"${app}" (process ${pid}) to leave`, () => super.stop(app, pid));
  }

  /** The process that answers as the app, waited for: another one than `before`. */
  async answering(app = "fixture", before: number | null = null): Promise<number> {
    let pid: number | null = null;
    await until(async () => ![null, before].includes(pid = await pidOf(this.ipc, app)));
    return pid!;
  }
}

/** A program that serves. */
export interface Served {
  child: Deno.ChildProcess;
  /** The process that its first line names. */
  pid: number;
  /** What it came to. */
  ended: Promise<Finished>;
}

export { endProcess as kill } from "../../../lib/ipc/testing/processes.ts";
export { isAlive };

/** Resolves once the process has ended. */
export async function gone(pid: number): Promise<void> {
  await waitingFor(`the end of process ${pid}`, async () => {
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
}

export { until };

/** A test on a mesh of its own, with a time limit in milliseconds, named after what it shows and how programs are started. */
export function meshTest(
  name: string,
  body: (mesh: TestMesh) => Promise<void>,
  { limit = WATCHDOG }: { limit?: number } = {},
): void {
  Deno.test({
    name: `${WINDOWS ? "windows" : Deno.build.os} ${MODE}: ${name}`,
    async fn() {
      const home = Deno.makeTempDirSync({ prefix: "neverliie test ü " });
      const ipc = patientClient(await NeverLiieIPC.client({ home }));
      const mesh = new TestMesh(ipc);
      const logs = () => logsOf(home);
      const run = async () => {
        try {
          await withLimit(name, body(mesh), limit, logs);
        } catch (error) {
          throw mesh.withLogs(error);
        }
      };
      await endedBy(run, () => withLimit(`the end of "${name}"`, mesh.end(), WATCHDOG, logs));
    },
  });
}
