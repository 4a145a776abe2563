/**
 * Removal: everything that an installation and its programs made goes; what the user made stays and
 * is told.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { readTextFile } from "../../../lib/system/text_file.ts";
import { describeTrace, removeEmptyFolder, removeTrace } from "../../../lib/desktop/trace.ts";
import { OLD_RECORD_FILES_MAX, recordsFile } from "../../app_record.ts";
import { MANIFEST } from "../../manifest.ts";
import { COMMAND } from "../../programs.ts";
import { ProcessLock, RUNTIME_FILES, samePath } from "../../../lib/ipc/tools.ts";
import { isServing, NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { removeOld, setAside } from "./program_files.ts";
import { RECEIPT, type Receipt } from "./receipt.ts";
import { removeAfterExit } from "./remove_after_exit.ts";
import { holdStarts, runningFrom, stop } from "./running.ts";
import { pause } from "../../../lib/system/waiting.ts";

/** How to uninstall. */
export interface UninstallOptions {
  root: string;
  receipt: Receipt;
  signal: AbortSignal;
  say(step: string): void;
}

/** What programs of the suite write into the home for themselves; configurations are the user's. */
const APP_FILES: Readonly<Record<string, readonly string[]>> = {
  launcher: [
    "launcher.json",
    ...["launcher", "registry"].map((name) => join("schemas", `${name}.schema.json`)),
  ],
  statusbar: [join("schemas", "statusbar.schema.json")],
};

/** Locks of the mesh itself, and of the launcher's file, among the sockets. */
const SHARED_LOCKS = [".registry.lock", ".supervisor.lock", "launcher.json.lock"];

/** What a removal would do, in order, for people. */
export async function planUninstall(
  { root, receipt }: Omit<UninstallOptions, "say">,
): Promise<string[]> {
  await using ipc = await NeverLiieIPC.client();
  const running = await runningFrom(ipc, root, receipt.programs, new AbortController().signal);
  return [
    ...running.map((app) => `stop ${app}`),
    ...receipt.traces.toReversed().map((trace) => `remove ${describeTrace(trace)}`),
    ...receipt.programs.filter(({ name }) => name !== COMMAND)
      .map(({ name }) => `remove ${name} from "${ipc.registry.path}", and its log`),
    ...receipt.programs.map(({ file }) => `remove "${join(root, file)}"`),
  ];
}

/** Uninstalls; returns what is left because it is not the installation's. */
export async function uninstall(options: UninstallOptions): Promise<string[]> {
  const { root, receipt, signal, say } = options;
  const names = receipt.programs.map(({ name }) => name).filter((name) => name !== COMMAND);
  const ipc = await NeverLiieIPC.client();
  const { home } = ipc;
  let unused: string[] = [];
  try {
    using _held = await holdStarts(ipc, names, signal);
    for (const app of await runningFrom(ipc, root, receipt.programs, signal)) {
      await stop(ipc, app, signal);
      say(`stopped ${app}`);
    }
    for (const trace of receipt.traces.toReversed()) {
      if (trace.kind === "folder") continue; // those go last
      await removeTrace(trace);
      say(`removed ${describeTrace(trace)}`);
    }
    // An entry by now of another program of that name stays, and so does its log.
    const { apps } = await ipc.registry.read();
    const own = names.filter((name) => {
      const entry = apps.get(name);
      return entry === undefined || samePath(dirname(entry.cmd[0]!), root);
    });
    await ipc.registry.update(new Map(own.map((name) => [name, () => null])));
    // One that was started from elsewhere, such as the folder of an archive, goes on as it is.
    const elsewhere = own.filter((name) => isServing(ipc, name));
    for (const app of elsewhere) say(`${app} runs from elsewhere, and goes on`);
    unused = own.filter((name) => !elsewhere.includes(name));
    for (const app of unused) await removeLogs(home, app);
    say(`removed ${own.join(", ")} from the mesh`);
    for (const { name } of receipt.programs) await removeFile(codeCache(name));
  } finally {
    await ipc.close();
  }
  await removeFromHome(home, unused);
  const later = await removePrograms(options);
  return [...await leftIn(root, later), ...await leftIn(home.path, later)];
}

/** Removes what an app wrote and recorded, with what was set aside of both. */
async function removeLogs(home: NeverLiieIPC["home"], app: string): Promise<void> {
  const log = home.logFile(app);
  const records = recordsFile(home, app);
  const old = Array.from({ length: OLD_RECORD_FILES_MAX }, (_, i) => `${records}.${i + 1}`);
  for (const path of [log, `${log}.1`, `${log}.1.part`, records, ...old]) await removeFile(path);
}

/** Where Deno keeps V8's compiled code of an executable. */
function codeCache(program: string): string {
  const temporary = Deno.build.os === "windows"
    ? Deno.env.get("TEMP") ?? Deno.env.get("TMP")
    : Deno.env.get("TMPDIR");
  return join(temporary ?? "/tmp", `deno-compile-${program}.cache`);
}

/** Removes what the apps kept for themselves; the registry, where it has no entries. */
async function removeFromHome(home: NeverLiieIPC["home"], apps: readonly string[]): Promise<void> {
  for (const app of apps) {
    for (const kind of RUNTIME_FILES) await removeFile(home.runtimeFile(app, kind));
    await removeFile(home.keptFile(app));
    for (const name of APP_FILES[app] ?? []) await removeFile(join(home.path, name));
  }
  await removeEmptyFolder(join(home.path, "schemas"));
  // With an entry it is the user's, and so are the locks and the folders that it needs; so it is
  // where nobody can tell.
  const text = await readTextFile(home.registryFile).catch(() => "?");
  if (!["", "{}"].includes((text ?? "").trim())) return;
  // What runs without an entry has a lock of its own, and joins others by these.
  if (await isInUse(home.runtime)) return;
  await removeFile(home.registryFile);
  for (const name of SHARED_LOCKS) await removeFile(join(home.runtime, name));
  const own = ["run", "logs"].map((name) => join(home.path, name));
  for (const folder of [home.runtime, dirname(home.runtime), ...own, home.path]) {
    await removeEmptyFolder(folder);
  }
}

/** Whether any process holds a lock of the mesh. */
async function isInUse(runtime: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(runtime)) {
    if (name.endsWith(".lock") && ProcessLock.isHeld(join(runtime, name))) return true;
  }
  return false;
}

/**
 * Removes the programs and what is beside them.
 *
 * @returns what Windows keeps while a program of it runs, as this one does: removed after that
 */
async function removePrograms({ root, receipt, say }: UninstallOptions): Promise<string[]> {
  // On Windows no name of a program goes while it runs by another, as this one may.
  const runs = samePath(dirname(Deno.execPath()), root);
  const aside = await setAside(root, receipt.programs.map(({ file }) => file));
  await removeFile(join(root, MANIFEST));
  // A program that was just stopped may be held on to for a moment.
  let later = await removeOld(root);
  for (let attempt = 1; attempt < 100 && !runs && later.includes(aside); attempt++) {
    await pause(20);
    later = await removeOld(root);
  }
  // The receipt goes last: with it, a removal that was interrupted can be done again.
  await removeFile(join(root, RECEIPT));
  say(`removed the programs from "${root}"`);
  for (const path of later.filter((path) => !(runs && path === aside))) {
    say(`"${path}" seems to be in use: its removal is tried for another minute`);
  }
  const folders = receipt.traces.flatMap((trace) => trace.kind === "folder" ? [trace.path] : [])
    .toReversed();
  if (later.length === 0) {
    for (const folder of [root, ...folders]) await removeEmptyFolder(folder);
    return later;
  }
  const others = await Array.fromAsync(Deno.readDir(root), ({ name }) => join(root, name));
  const all = others.every((path) => later.includes(path));
  // Those above the folder stay until it has gone, the others are empty by now.
  for (const folder of folders) await removeEmptyFolder(folder);
  await removeAfterExit(all ? [root] : later, folders);
  return later;
}

/** What is in a folder that was not the installation's; `gone` is as good as gone. */
async function leftIn(folder: string, gone: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  const folders = [folder];
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    try {
      for await (const { name, isDirectory } of Deno.readDir(inside)) {
        const path = join(inside, name);
        if (!gone.includes(path)) (isDirectory ? folders : left).push(path);
      }
    } catch (error) {
      // What cannot be looked into is left as a whole.
      if (!(error instanceof Deno.errors.NotFound)) left.push(inside);
    }
  }
  return left.sort();
}

async function removeFile(path: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      // Windows holds on to a program's file for a moment after its end.
      if (Deno.build.os !== "windows" || attempt === 100) throw error;
      await pause(20);
    }
  }
}
