/**
 * The home of a mesh: where its registry and logs lie, and the key that keeps its pipes, sockets
 * and locks apart from those of other homes and other users.
 *
 * @module
 */

import { folderFault, isLink } from "./registry_entry.ts";
import { checkAppName, isAppName } from "../base/name.ts";
import { isAbsolute, join, resolve } from "../base/path.ts";
import { platform } from "../os/platform.ts";

/** One mesh's places. */
export interface Home {
  /** The folder itself, absolute, links resolved. */
  readonly path: string;
  /** 12 hex digits that stand for this user and this home. */
  readonly key: string;
  /** The folder of sockets and locks. */
  readonly runtime: string;
  /** `registry.json`. */
  readonly registryFile: string;
  /** Where `app` listens: a pipe name or a socket path. */
  address(app: string): string;
  /** The log that a woken `app` writes to. */
  logFile(app: string): string;
  /** A file in {@link runtime} that belongs to `app`: a lock, or the record of its starts. */
  runtimeFile(app: string, kind: RuntimeFile): string;
  /** The apps that have a file of that kind there. */
  appsWith(kind: RuntimeFile): string[];
  /** Makes {@link runtime} anew, as it was made first: what cleans /tmp may have removed it. */
  renewRuntime(): void;
  /**
   * What is remembered of an `app` that is to be kept alive: in the home, because the runtime folder
   * is emptied at times.
   */
  keptFile(app: string): string;
  /** The apps that have such a file. */
  keptApps(): string[];
}

/** What an app's files in the runtime folder end in, after its name and a dot; its lock is the last. */
export const RUNTIME_FILES: readonly RuntimeFile[] = [
  "up",
  "left",
  "starts.json",
  "start.lock",
  "lock",
];

/** One of {@link RUNTIME_FILES}. */
export type RuntimeFile = "up" | "left" | "starts.json" | "start.lock" | "lock";

/** `NEVERLIIE_HOME`, or `.neverliie` in the user's own folder. */
export function defaultHome(): string {
  const chosen = Deno.env.get("NEVERLIIE_HOME");
  if (chosen) return resolve(chosen);
  const variable = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
  const user = Deno.env.get(variable);
  if (!user || !isAbsolute(user)) {
    throw new Deno.errors.NotFound(
      `Cannot find the home of the mesh: set NEVERLIIE_HOME (or ${variable}) to a folder`,
    );
  }
  return join(user, ".neverliie");
}

/**
 * Opens the home at `path`, creating it (readable by its user alone) when it is not there.
 *
 * @throws {Error} that names the folder, when it cannot be created, is not a folder, or others than
 * this user could write in it.
 */
export async function openHome(path: string = defaultHome()): Promise<Home> {
  const system = platform();
  let real: string;
  try {
    makeFolders(path);
    real = Deno.realPathSync(path);
    // Who can write here decides what is started under every name.
    const fault = system.ownershipFault(real);
    if (fault !== null) throw new Deno.errors.PermissionDenied(fault);
  } catch (error) {
    throw new Error(
      `Cannot use "${path}" as the home of the mesh: ${(error as Error).message}. ` +
        `Mend the folder, or choose another by NEVERLIIE_HOME`,
      { cause: error },
    );
  }
  const user = system.userId();
  // Windows does not tell "C:\Home" from "c:\home".
  const identity = `${user}\n${Deno.build.os === "windows" ? real.toLowerCase() : real}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identity));
  const key = new Uint8Array(digest).toHex().slice(0, 12);
  const runtime = system.runtimeDirectory(real, key);
  return {
    path: real,
    key,
    runtime,
    registryFile: join(real, "registry.json"),
    address(app) {
      checkAppName(app);
      return system.address(runtime, key, app);
    },
    logFile(app) {
      checkAppName(app);
      return join(real, "logs", `${app}.log`);
    },
    runtimeFile(app, kind) {
      checkAppName(app);
      return join(runtime, `${app}.${kind}`);
    },
    appsWith: (kind) => appsIn(runtime, kind),
    renewRuntime: () => void system.runtimeDirectory(real, key),
    keptFile(app) {
      checkAppName(app);
      return join(real, "run", `${app}.kept.json`);
    },
    keptApps: () => appsIn(join(real, "run"), "kept.json"),
  };
}

/** The home and its folder of logs. Without that, who runs is called all the same. */
function makeFolders(path: string): void {
  try {
    Deno.mkdirSync(join(path, "logs"), { recursive: true, mode: 0o700 });
  } catch (error) {
    // A file in place of the logs, say: waking an app tells of it.
    if (folderFault(path) === null) return;
    const odd = oddPlace(path);
    throw odd === null ? error : new Error(odd, { cause: error });
  }
}

/** What is in the home's place, where the system's words for it would mislead. */
function oddPlace(path: string): string | null {
  try {
    return Deno.statSync(path).isDirectory ? null : "it is no folder";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return null;
    return isLink(path) ? "it is a link to what is not there" : null;
  }
}

/** The apps that have a file in `folder` whose name ends so. */
function appsIn(folder: string, kind: string): string[] {
  const ending = `.${kind}`;
  return entriesOf(folder)
    .flatMap(({ name }) => name.endsWith(ending) ? name.slice(0, -ending.length) : [])
    .filter(isAppName);
}

/** What is in a folder; nothing where it was removed meanwhile, as a home may be. */
function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
