/**
 * What can be wrong with a mesh's places: looked at by the library's own checks, which programs of
 * the mesh apply too. Finding changes nothing; what is safe to mend brings its remedy along.
 *
 * @module
 */

import { basename, join } from "@std/path";
import {
  checkAppName,
  defaultHome,
  type Home,
  NeverLiieIPC,
  openHome,
  type RegistryEntry,
  RegistryRefusedError,
} from "../../../lib/ipc/mod.ts";
import { isRegistry, platform, RUNTIME_FILES } from "../../../lib/ipc/tools.ts";
import { lockHoldersIn } from "../../../lib/system/lock_holders.ts";
import { checkApp } from "./app_checks.ts";
import { checkEntry } from "./entry_checks.ts";
import { checkWatch } from "./watch_check.ts";

/** What a finding is about, in the order they are looked at. */
const CHECKS = ["home", "transport", "registry", "apps", "leftovers", "elevation"] as const;

/** One thing that was found. */
export interface Finding {
  /** Which check found it. */
  check: typeof CHECKS[number];
  /** A note is worth knowing and no fault: it does not change the exit code. */
  level: "problem" | "note";
  /** What is wrong, and with what. */
  problem: string;
  /** What to do about it. */
  mend: string;
  /** Mends it without losing anything of the user's; missing where a person has to. */
  remedy?: () => void | Promise<void>;
}

/** Milliseconds for a round trip on a pipe or socket of one's own. */
const TRANSPORT_TIME = 5_000;

const WINDOWS = Deno.build.os === "windows";

/** Everything that is found wrong. A home that cannot be used ends the search: the rest is in it. */
export async function diagnose(signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const home = await checkHome(findings);
  if (home !== null) {
    await checkTransport(home, findings);
    for (const found of checkWatch(home)) findings.push(found);
    await using ipc = await NeverLiieIPC.client({ home: home.path, onProblem: () => {} });
    const apps = await checkRegistry(ipc, findings);
    const holders = await lockHoldersIn(home.runtime);
    const held = holders?.map(({ path }) => basename(path)) ?? [];
    const files = filesIn(home);
    const names = files === null
      ? []
      : [...new Set([...apps.keys(), ...namesOf([...files, ...held])])].sort();
    await Promise.all(names.map((name) => checkApp(ipc, name, findings, { holders, signal })));
    checkLeftovers(ipc, findings);
  }
  if (platform().rights().elevated) {
    findings.push({
      check: "elevation",
      level: "note",
      problem:
        "this process is elevated: it starts no program of the mesh, and exchanges nothing " +
        "with programs that are not elevated",
      mend: "run it from an ordinary console",
    });
  }
  const place = ({ check }: Finding) => CHECKS.indexOf(check);
  return findings.sort((a, b) => place(a) - place(b));
}

async function checkHome(findings: Finding[]): Promise<Home | null> {
  const add = (problem: string, mend: string, remedy?: () => void) =>
    findings.push({ check: "home", level: "problem", problem, mend, ...(remedy && { remedy }) });
  let path: string;
  try {
    path = defaultHome();
  } catch (error) {
    add((error as Error).message, "set NEVERLIIE_HOME to a folder of yours");
    return null;
  }
  let home: Home;
  try {
    home = await openHome(path);
  } catch (error) {
    const remedy = closed(path, 0o022);
    const mend = remedy === undefined
      ? "mend the folder that is named, or choose another home by NEVERLIIE_HOME"
      : `chmod go-w "${path}", and look through registry.json: others could have written it`;
    add((error as Error).message, mend, remedy);
    return null;
  }
  for (const folder of [home.path, join(home.path, "logs")]) {
    try {
      const fault = platform().ownershipFault(folder);
      if (fault !== null) {
        const mend = `make it a folder that you alone write`;
        add(`"${folder}": ${fault}`, mend, closed(folder, 0o022));
      }
      if (!Deno.statSync(folder).isDirectory) {
        add(`"${folder}" is no folder`, "remove it: it is made anew");
        continue;
      }
      tryToWrite(folder);
    } catch (error) {
      const why = (error as Error).message;
      add(`Cannot write in "${folder}": ${why}`, "give yourself the right to, or free some space");
    }
  }
  // (What a home is readable for on Windows follows from the profile that it lies in.)
  if (!WINDOWS && ((Deno.statSync(home.path).mode ?? 0) & 0o055) !== 0) {
    findings.push({
      check: "home",
      level: "note",
      problem: `others may read "${home.path}", the logs in it too`,
      mend: `chmod go-rwx "${home.path}"`,
      remedy: () => takeRights(home.path, 0o077),
    });
  }
  return home;
}

/** @throws where no file can be made there, or nothing be written into it: a disk may be full. */
function tryToWrite(folder: string): void {
  const path = Deno.makeTempFileSync({ dir: folder, prefix: ".doctor-" });
  try {
    Deno.writeFileSync(path, new Uint8Array(4096));
  } finally {
    Deno.removeSync(path);
  }
}

/** Takes rights of others away, where the file is one's own and no link; else `undefined`. */
function closed(path: string, rights: number): (() => void) | undefined {
  if (WINDOWS) return undefined;
  try {
    const { isSymlink, uid, mode } = Deno.lstatSync(path);
    if (isSymlink || uid !== Deno.uid() || ((mode ?? 0) & rights) === 0) return undefined;
  } catch {
    return undefined;
  }
  return () => takeRights(path, rights);
}

function takeRights(path: string, rights: number): void {
  Deno.chmodSync(path, (Deno.statSync(path).mode ?? 0) & 0o777 & ~rights);
}

/** A listener of one's own in the mesh's place, dialled, and a few bytes through it. */
async function checkTransport(home: Home, findings: Finding[]): Promise<void> {
  const address = home.address(`doctor-${crypto.randomUUID().slice(0, 8)}`);
  try {
    const listener = await platform().listen(address);
    try {
      const deadline = performance.now() + TRANSPORT_TIME;
      const [server, client] = await Promise.all([
        listener.accept(),
        platform().dial(address, { deadline, signal: AbortSignal.timeout(TRANSPORT_TIME) }),
      ]);
      try {
        await client!.write(new TextEncoder().encode("doctor"));
        const bytes = await server!.read();
        if (new TextDecoder().decode(bytes ?? undefined) !== "doctor") {
          throw new Error("what was sent did not arrive");
        }
      } finally {
        await Promise.all([client?.close(), server?.close()]);
      }
    } finally {
      await listener.close();
    }
  } catch (error) {
    findings.push({
      check: "transport",
      level: "problem",
      problem: `Cannot exchange anything at "${address}": ${(error as Error).message}`,
      mend: WINDOWS
        ? "see what forbids this user to make named pipes: a policy, or a protection program"
        : `see what forbids sockets in "${home.runtime}": its rights, or the space that is left`,
    });
  }
}

async function checkRegistry(
  ipc: NeverLiieIPC,
  findings: Finding[],
): Promise<ReadonlyMap<string, RegistryEntry>> {
  const { registry } = ipc;
  const add = (problem: string, mend: string, remedy?: Finding["remedy"]) =>
    findings.push({
      check: "registry",
      level: "problem",
      problem,
      mend,
      ...(remedy && { remedy }),
    });
  try {
    if (!await isRegistry(registry.path)) {
      add(
        `"${registry.path}" is not a registry: no JSON object, not even with comments`,
        "correct it. Any use sets it aside as registry.corrupt-….json and begins anew; programs " +
          "register themselves when they are started once",
        async () => void await registry.read(),
      );
      return new Map();
    }
    const { apps, problems } = await registry.read();
    for (const [name, problem] of problems) {
      add(`"${name}": ${problem}`, "correct the entry, or remove it and start the program once");
    }
    for (const [name, entry] of apps) {
      for (const found of checkEntry(name, entry, ipc)) {
        findings.push({ check: "registry", ...found });
      }
    }
    return apps;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    const refused = error instanceof RegistryRefusedError;
    add(
      (error as Error).message,
      refused
        ? "look through it for commands that are not yours, then make it a file that you alone write"
        : "make it a file that you can read, or remove it: programs that are started once register " +
          "themselves",
      refused ? closed(registry.path, 0o022) : undefined,
    );
    return new Map();
  }
}

/** The files of all apps; `null` where nobody may look there. Then that is what was told of already. */
function filesIn({ runtime }: Home): string[] | null {
  try {
    return [...Deno.readDirSync(runtime)].map(({ name }) => name);
  } catch {
    return null; // Nothing can be exchanged there either.
  }
}

/** A file of an app: its socket, or another one. */
const APP_FILE = new RegExp(`^(.+?)\\.(?:sock|${RUNTIME_FILES.join("|")})$`);

/** The apps that have a socket or a lock, whether or not they are registered. */
function namesOf(files: readonly string[]): string[] {
  return files.flatMap((name) => {
    const app = APP_FILE.exec(name)?.[1] ?? "";
    try {
      checkAppName(app);
      return [app];
    } catch {
      return [];
    }
  });
}

function checkLeftovers(ipc: NeverLiieIPC, findings: Finding[]): void {
  const add = (problem: string, mend: string, remedy?: () => Promise<void>) =>
    findings.push({
      check: "leftovers",
      level: "note",
      problem,
      mend,
      ...(remedy && { remedy }),
    });
  for (const { name } of Deno.readDirSync(ipc.home.path)) {
    const path = join(ipc.home.path, name);
    if (/^\.registry\.json.*\.tmp$/.test(name)) {
      add(
        `"${path}" was left by a process that was killed while it wrote the registry`,
        "nothing need be done: the next to write the registry removes it",
        // Whoever holds the registry's lock removes them; there is nothing else to change.
        () => ipc.registry.update(new Map()),
      );
    } else if (/^registry\.corrupt-.*\.json$/.test(name)) {
      add(
        `"${path}" is a registry that could not be read`,
        "take from it what you miss; remove it",
      );
    }
  }
}
