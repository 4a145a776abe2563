/**
 * Where programs run: this system, or Windows under Wine in the lab.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { type Lab, VERSIONS } from "../lab/lab.ts";
import { CHECKOUT_IN_LAB, LabSession, pathInLab, windowsPath } from "../lab/session.ts";
import { packageFolder, PACKAGES, PeerMissing, pythonWith, versionOf } from "./packages.ts";

export const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Gives the command that runs a program with these arguments. */
export type Make = (args: readonly string[]) => Deno.Command;

/** How a program is started there. */
export interface ProgramOptions {
  /** Further flags for `deno run`. */
  flags?: readonly string[];
}

/** A place that measured programs run in. Every path it gives is one as they see it. */
export interface Environment extends AsyncDisposable {
  /** `linux`, `darwin`, `windows` or `wine`. */
  readonly key: string;
  /** For people. */
  readonly title: string;
  /** Whether programs there see Windows. */
  readonly windows: boolean;
  /** What of it the raw results tell: versions. */
  readonly versions: Record<string, string>;
  /** Flags that its Deno needs to find modules. */
  readonly moduleFlags: readonly string[];
  /** A program of programs/, run by Deno. */
  deno(script: string, options?: ProgramOptions): Make;
  /** A program of programs/, run by Node. @throws {PeerMissing} */
  node(script: string): Promise<Make>;
  /** A program of programs/, run by a Python that has a package. @throws {PeerMissing} */
  python(script: string, needs?: string): Promise<Make>;
  /** A file of an npm package. @throws {PeerMissing} */
  packageFile(name: "vscodeJsonrpc", path: string): Promise<string>;
  /** The socket of a D-Bus daemon that is started for it. @throws {PeerMissing} */
  bus(): Promise<string>;
  /** A socket's path or a pipe's name that nobody else has. */
  address(name: string): string;
  /** A folder that programs can write to, as they see it and as this process does. */
  share(): Promise<{ path: string; folder: string }>;
}

const programs = join("tests", "bench", "programs");

/** This system. */
export class LocalEnvironment implements Environment {
  readonly key: string = Deno.build.os;
  readonly title: string = { linux: "Linux", darwin: "macOS", windows: "Windows" }[
    Deno.build.os as string
  ] ?? Deno.build.os;
  readonly windows: boolean = Deno.build.os === "windows";
  readonly versions: Record<string, string> = { deno: Deno.version.deno, v8: Deno.version.v8 };
  readonly moduleFlags: readonly string[];
  readonly #folder = Deno.makeTempDirSync({ prefix: "neverliie-bench-" });
  readonly #env: Record<string, string>;
  #bus: Deno.ChildProcess | null = null;
  #busAddress: Promise<string> | null = null;

  constructor(importFlags: readonly string[]) {
    this.moduleFlags = importFlags.map((flag) =>
      flag.replace(/^(--(?:import-map|lock)=)/, (start) => start + checkout)
    );
    this.#env = { NEVERLIIE_HOME: join(this.#folder, "home"), NO_COLOR: "1" };
  }

  deno(script: string, { flags = [] }: ProgramOptions = {}): Make {
    const run = ["run", "-A", "--no-check", ...this.moduleFlags, ...flags];
    return this.#make(Deno.execPath(), [...run, join(checkout, programs, script)]);
  }

  async node(script: string): Promise<Make> {
    this.versions["node"] ??= await versionOf("node");
    return this.#make("node", [join(checkout, programs, script)]);
  }

  async python(script: string, needs?: string): Promise<Make> {
    if (this.windows) throw new PeerMissing("the reference's way is measured on Unix sockets");
    this.versions["python"] ??= await versionOf("python3");
    const python = needs === undefined ? "python3" : await pythonWith(needs);
    return this.#make(python, ["-B", join(checkout, programs, script)]);
  }

  async packageFile(name: "vscodeJsonrpc", path: string): Promise<string> {
    return join(await packageFolder(name), path);
  }

  bus(): Promise<string> {
    return this.#busAddress ??= this.#startBus();
  }

  async #startBus(): Promise<string> {
    if (this.windows) throw new PeerMissing("there is no D-Bus on Windows");
    this.versions["dbus-daemon"] ??= await versionOf("dbus-daemon");
    const path = this.address("bus");
    const bus = this.#bus = new Deno.Command("dbus-daemon", {
      args: [
        "--session",
        "--nofork",
        "--nopidfile",
        `--address=unix:path=${path}`,
        "--print-address",
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    // It says its address once it listens there.
    const reader = bus.stdout.getReader();
    const { done } = await reader.read();
    await reader.cancel();
    if (done) throw new PeerMissing("dbus-daemon did not start");
    return path;
  }

  address(name: string): string {
    const unique = `${name}-${crypto.randomUUID().slice(0, 8)}`;
    return this.windows ? `\\\\.\\pipe\\bench-${unique}` : join(this.#folder, `${unique}.sock`);
  }

  share(): Promise<{ path: string; folder: string }> {
    return Promise.resolve({ path: this.#folder, folder: this.#folder });
  }

  #make(program: string, first: readonly string[]): Make {
    return (args) =>
      new Deno.Command(program, {
        args: [...first, ...args],
        cwd: this.#folder,
        env: this.#env,
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bus?.kill("SIGKILL");
    await this.#bus?.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Windows programs under Wine. */
export class WineEnvironment implements Environment {
  readonly key = "wine";
  readonly title = "Windows (deno.exe under Wine)";
  readonly windows = true;
  readonly versions: Record<string, string>;
  readonly moduleFlags: readonly string[];
  readonly #lab: Lab;
  readonly #session: LabSession;
  readonly #shared: string[] = [];
  readonly #home = `C:\\bench-${crypto.randomUUID().slice(0, 8)}`;

  private constructor(
    lab: Lab,
    session: LabSession,
    importFlags: readonly string[],
    versions: Record<string, string>,
  ) {
    this.#lab = lab;
    this.#session = session;
    this.versions = versions;
    this.moduleFlags = [
      "--cached-only",
      ...importFlags.map((flag) =>
        flag.replace(/^(--(?:import-map|lock)=)(.*)/, (_, start, path) => start + inCheckout(path))
      ),
    ];
  }

  /** Enters the lab; fills the cache that deno.exe loads modules from. */
  static async enter(lab: Lab, importFlags: readonly string[]): Promise<WineEnvironment> {
    const scripts: string[] = [];
    for await (const { name } of Deno.readDir(join(checkout, programs))) {
      if (name.endsWith(".ts")) scripts.push(join(programs, name));
    }
    const cached = await new Deno.Command(Deno.execPath(), {
      args: ["cache", "--quiet", ...importFlags, ...scripts],
      cwd: checkout,
      env: { DENO_DIR: lab.denoDir },
      stdin: "null",
    }).output();
    if (!cached.success) {
      const why = new TextDecoder().decode(cached.stderr);
      throw new Error(`Cannot load what the measured programs import: ${why}`);
    }
    const session = await LabSession.enter(lab, checkout);
    const asked = await session.command(["wine", "--version"]).output();
    const versions = {
      deno: VERSIONS.windowsDeno.replace(/.*@/, ""),
      wine: new TextDecoder().decode(asked.stdout).trim().replace(/^wine-/, ""),
    };
    return new WineEnvironment(lab, session, importFlags, versions);
  }

  deno(script: string, { flags = [] }: ProgramOptions = {}): Make {
    const program = windowsPath(pathInLab(this.#lab, this.#lab.windowsDeno));
    const run = ["run", "-A", "--no-check", ...this.moduleFlags, ...flags];
    return this.#make([program, ...run, inCheckout(join(programs, script))], "piped");
  }

  async node(script: string): Promise<Make> {
    const folder = await packageFolder("windowsNode");
    this.versions["node"] ??= PACKAGES.windowsNode.version;
    const program = windowsPath(join(pathInLab(this.#lab, folder), "bin", "node.exe"));
    // node.exe does not start under Wine with a pipe for its output.
    return this.#make([program, inCheckout(join(programs, script))], "null");
  }

  python(): Promise<Make> {
    return Promise.reject(new PeerMissing("there is no Python in the Windows lab"));
  }

  bus(): Promise<string> {
    return Promise.reject(new PeerMissing("there is no D-Bus on Windows"));
  }

  async packageFile(name: "vscodeJsonrpc", path: string): Promise<string> {
    return windowsPath(join(pathInLab(this.#lab, await packageFolder(name)), path));
  }

  address(name: string): string {
    return `\\\\.\\pipe\\bench-${name}-${crypto.randomUUID().slice(0, 8)}`;
  }

  async share(): Promise<{ path: string; folder: string }> {
    const folder = await Deno.makeTempDir({ dir: this.#lab.folder, prefix: "bench-" });
    this.#shared.push(folder);
    return { path: windowsPath(pathInLab(this.#lab, folder)), folder };
  }

  #make(first: readonly string[], stderr: "piped" | "null"): Make {
    const env = {
      DENO_DIR: windowsPath(pathInLab(this.#lab, this.#lab.denoDir)),
      DENO_NO_UPDATE_CHECK: "1",
      NEVERLIIE_HOME: this.#home,
      NO_COLOR: "1",
    };
    return (args) => this.#session.wine([...first, ...args], { env, stdout: "null", stderr });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
    for (const folder of this.#shared) await Deno.remove(folder, { recursive: true });
  }
}

const inCheckout = (path: string) => windowsPath(join(CHECKOUT_IN_LAB, path));
