/**
 * The Windows lab: where its parts are on this machine, and whether it is there at all.
 * `deno task lab` makes it (setup.ts); the test runner uses it (session.ts, executables.ts).
 *
 * @module
 */
import { join } from "@std/path";

/** The versions that were seen to work together; a change makes `deno task lab` renew its part. */
export const VERSIONS = {
  /** The Debian whose Wine can run Deno: older ones lack bcryptprimitives.dll. */
  debian: "trixie",
  /** Deno for Windows, for the suites under Wine. */
  windowsDeno: "@deno/win32-x64@2.9.5",
  /** The compiler; its version must be the one of the runtimes below. */
  compiler: "@deno/linux-x64-glibc@2.7.11",
  /** Programs made by `deno compile`, whose executables serve as its runtime. */
  linuxRuntime: "@stdy/cli-linux-x64@0.22.2",
  windowsRuntime: "@stdy/cli-win32-x64@0.22.2",
} as const;

/** What the archives of {@linkcode VERSIONS} that come from npm must be: npm's own hash of them. */
export const INTEGRITY: Readonly<Record<Exclude<keyof typeof VERSIONS, "debian">, string>> = {
  windowsDeno:
    "sha512-LkcERsH0olOgevg9L9eootSr1U8ydyfnX1bS3mFqU+lGBeTYtlec5b/QF473WUOGVgPlWECrkxi4As5kEaFOzg==",
  compiler:
    "sha512-TCRXqy4rHI+pKmWfjIz/qfDyfTz61qhxj+03kEJ3r0YzRGsXNoHyE7WiUawwUK2hbrBAu7hn3m5833VUYqRzOg==",
  linuxRuntime:
    "sha512-kp5QdG26EC8gEzVXI0YgzmiiFHz7DFCNRLNfAWa2rDPHr/jUBnfkP8AlbTPmv0YNQpnKn1wzSWHFw88fn/OTog==",
  windowsRuntime:
    "sha512-7ZsJltOYVvMTl6eAy1AKMya7TFhb629FXr/BKZTyQsBrPj28rAaebQSTFYs1IZN0+n6LnJTpue6m4SIkevqBNA==",
};

/** The targets that the lab's compiler has a runtime for. */
export const TARGETS = {
  linux: "x86_64-unknown-linux-gnu",
  windows: "x86_64-pc-windows-msvc",
} as const;

/** The parts of the lab, as absolute paths. */
export interface Lab {
  readonly folder: string;
  /** A Debian system with Wine. */
  readonly chroot: string;
  /** A Wine prefix that each run takes a copy of. */
  readonly prefix: string;
  readonly windowsDeno: string;
  readonly compiler: string;
  readonly linuxRuntime: string;
  readonly windowsRuntime: string;
  /** What deno.exe loads npm packages from: it downloads nothing itself. */
  readonly denoDir: string;
  /** The compiler's own cache, because two versions of Deno cannot share one. */
  readonly compilerDenoDir: string;
  /** One file per finished step, holding what it was made from. */
  readonly stamps: string;
}

/** The folder of the lab in the user's cache. */
export function labFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME");
  if (cache) return join(cache, "neverliie", "lab");
  const home = Deno.env.get("HOME");
  if (!home) throw new Error("Cannot find the lab's folder: set HOME or XDG_CACHE_HOME");
  return join(home, ".cache", "neverliie", "lab");
}

/** Where everything is, or will be. */
export function labPaths(): Lab {
  const folder = labFolder();
  const tools = join(folder, "tools");
  return {
    folder,
    chroot: join(folder, "chroot"),
    prefix: join(folder, "chroot", "prefixes", "template"),
    windowsDeno: join(tools, "windowsDeno", "deno.exe"),
    compiler: join(tools, "compiler", "deno"),
    linuxRuntime: join(tools, "linuxRuntime", "bin", "steady"),
    windowsRuntime: join(tools, "windowsRuntime", "bin", "steady.exe"),
    denoDir: join(folder, "deno_dir"),
    compilerDenoDir: join(folder, "compiler_deno_dir"),
    stamps: join(folder, "stamps"),
  };
}

/** What a finished lab was made from. */
export const LAB_STAMP: string = JSON.stringify(VERSIONS);

/** The lab, or null where `deno task lab` has not finished making this version of it. */
export function lab(): Lab | null {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return null;
  try {
    const paths = labPaths();
    return hasStamp(paths, "verified", LAB_STAMP) ? paths : null;
  } catch {
    return null; // no HOME, no lab
  }
}

/** Whether the step was finished from the same things. */
export function hasStamp({ stamps }: Lab, step: string, madeFrom: string): boolean {
  try {
    return Deno.readTextFileSync(join(stamps, step)) === madeFrom;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
