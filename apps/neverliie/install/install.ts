/**
 * Installation and upgrade: one way for both. Everything that can fail without harm comes first;
 * what comes after it is taken back when a step fails.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { describeTrace, makeTrace, removeTrace, type Trace } from "../../../lib/desktop/trace.ts";
import { NeverLiieIPC, type RegistryEntry } from "../../../lib/ipc/mod.ts";
import {
  type Manifest,
  type NamedProgram,
  namesOf,
  programsOf,
  writeManifest,
} from "../../manifest.ts";
import { COMMAND } from "../../programs.ts";
import { type DesktopChoice, desktopTraces } from "./places.ts";
import { removeLeftovers, stage, swap } from "./program_files.ts";
import { readReceipt, type Receipt, writeReceipt } from "./receipt.ts";
import { holdStarts, runningElsewhere, runningFrom, startAndCheck, stop } from "./running.ts";
import type { Source } from "./source.ts";
import { UndoList } from "./undo.ts";

/** How to install. */
export interface InstallOptions {
  root: string;
  source: Source;
  choice: DesktopChoice;
  /** Milliseconds that a restarted program has to answer. */
  timeout: number;
  signal: AbortSignal;
  /** Told each step as it is done. */
  say(step: string): void;
}

/** What an installation would do, in order, for people. */
export async function planInstall(
  { root, source, choice }: Omit<InstallOptions, "say">,
): Promise<string[]> {
  const { manifest } = source;
  const before = await readReceipt(root);
  // Nobody joins the mesh, whose home that would make, where nothing of it can run.
  const running = before === null ? [] : await runningNow(root, replaced(before, manifest));
  return [
    ...manifest.programs.flatMap((program) => {
      const [{ file }, ...links] = namesOf(program);
      return [
        `copy "${join(source.folder, file)}" to "${root}"`,
        ...links.map((link) => `name it "${join(root, link.file)}", too`),
      ];
    }),
    ...running.map((app) => `stop ${app}, and start it again as version ${manifest.version}`),
    ...appsOf(manifest)
      .map(({ name, file }) => `register ${name} as "${join(root, file)}"`),
    ...desktopTraces(root, programsAfter(manifest, before), manifest, choice).map((trace) =>
      `make ${describeTrace(trace)}`
    ),
  ];
}

async function runningNow(root: string, programs: readonly NamedProgram[]): Promise<string[]> {
  await using ipc = await NeverLiieIPC.client();
  return await runningFrom(ipc, root, programs, new AbortController().signal);
}

/** What of an installation a version takes the place of: one program alone leaves the others. */
function replaced({ programs }: Receipt, manifest: Manifest): NamedProgram[] {
  const now = programsOf(manifest);
  return programs.filter(({ name }) => now.some((one) => one.name === name));
}

/**
 * Installs, or upgrades what is installed. Running programs are stopped, swapped and started again;
 * callers wait meanwhile. Where a new one does not answer, everything is as it was before.
 *
 * @returns the apps that were restarted
 * @throws {Error} what failed, once it has been taken back
 */
export async function install(options: InstallOptions): Promise<string[]> {
  const { root, source } = options;
  const made = await missingFolders(dirname(root));
  const fresh = !await exists(root);
  const undo = new UndoList();
  // Not as a program of the suite: the folder that is installed from is not to be registered.
  await using ipc = await NeverLiieIPC.client();
  // Until all is done, or taken back: nobody is to start a program that is being swapped.
  using held = new DisposableStack();
  try {
    const before = await readReceipt(root);
    await ensureDir(root);
    undo.add("remove the folders that were made", async () => {
      for (const trace of made.toReversed()) await removeTrace(trace);
    });
    if (fresh) undo.add(`remove "${root}"`, () => Deno.remove(root));
    await stage(options, undo);
    const running = await exchange(ipc, options, before, held, undo);
    await makeTraces(options, before, made, undo);
    await removeLeftovers(root);
    const apps = appsOf(source.manifest).map(({ name }) => name);
    for (const line of await runningElsewhere(ipc, root, apps, options.signal)) options.say(line);
    return running;
  } catch (error) {
    const failures = await undo.run();
    await removeLeftovers(root, fresh);
    if (failures.length > 0) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}. And taking it back failed: ${failures.join("; ")}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** The programs that are apps of the mesh. */
function appsOf(manifest: Manifest): NamedProgram[] {
  return programsOf(manifest).filter(({ name }) => name !== COMMAND);
}

/**
 * Stops the old programs, puts the new ones in their place, and starts those that ran.
 *
 * @param held keeps them from being started by others meanwhile
 * @returns the apps that ran
 */
async function exchange(
  ipc: NeverLiieIPC,
  options: InstallOptions,
  before: Receipt | null,
  held: DisposableStack,
  undo: UndoList,
): Promise<string[]> {
  const { root, signal } = options;
  const apps = appsOf(options.source.manifest).map(({ name }) => name);
  held.use(await holdStarts(ipc, apps, signal));
  const old = before === null ? [] : replaced(before, options.source.manifest);
  const running = await runningFrom(ipc, root, old, signal);
  // Noted first, so that they are started last when all is taken back.
  for (const app of running) {
    const { file } = old.find(({ name }) => name === app)!;
    const start = { app, path: join(root, file), cwd: root, version: null };
    undo.add(`start ${app} again`, () => startAndCheck(ipc, start, options.timeout, never()));
  }
  for (const app of running) {
    await stop(ipc, app, signal);
    options.say(`stopped ${app}`);
  }
  await swap(options, undo);
  await register(ipc, options, undo);
  for (const app of running) await startNew(ipc, app, options, undo);
  return running;
}

/** Starts the new program of an app. */
async function startNew(
  ipc: NeverLiieIPC,
  app: string,
  { root, source: { manifest }, timeout, signal, say }: InstallOptions,
  undo: UndoList,
): Promise<void> {
  const { version } = manifest;
  const { file } = appsOf(manifest).find(({ name }) => name === app)!;
  const path = join(root, file);
  await startAndCheck(ipc, { app, path, cwd: root, version }, timeout, signal);
  undo.add(`stop the new ${app}`, () => stop(ipc, app, never()));
  say(`started ${app}, version ${version}`);
}

/** A signal for what must be done to its end. */
function never(): AbortSignal {
  return new AbortController().signal;
}

/** Enters the programs in the mesh's registry. */
async function register(
  ipc: NeverLiieIPC,
  { root, source }: InstallOptions,
  undo: UndoList,
): Promise<void> {
  const programs = appsOf(source.manifest);
  const { apps } = await ipc.registry.read();
  undo.add("restore the mesh's registry", () =>
    ipc.registry.update(
      new Map(programs.map(({ name }) => [name, () => apps.get(name) ?? null])),
    ));
  await ipc.registry.update(
    new Map(programs.map(({ name, file }): [string, () => RegistryEntry] => [name, () => ({
      type: "binary",
      cmd: [join(root, file)],
      cwd: root,
      source: "self",
    })])),
  );
}

/** Joins the desktop, leaves what an earlier version joined and this one does not, and notes it. */
async function makeTraces(
  { root, source: { manifest }, choice, say }: InstallOptions,
  before: Receipt | null,
  made: readonly Trace[],
  undo: UndoList,
): Promise<void> {
  const [folders, old] = partition(before?.traces ?? [], ({ kind }) => kind === "folder");
  const traces = desktopTraces(root, programsAfter(manifest, before), manifest, choice);
  folders.push(...made);
  const placeOf = (trace: Trace) => describeTrace(trace);
  for (const trace of old.filter((one) => !traces.some((two) => placeOf(one) === placeOf(two)))) {
    await removeTrace(trace);
    undo.add(`make ${describeTrace(trace)} again`, () => makeTrace(trace));
  }
  for (const trace of traces) {
    for (const folder of "path" in trace ? await missingFolders(dirname(trace.path)) : []) {
      await makeTrace(folder);
      folders.push(folder);
      undo.add(`remove ${describeTrace(folder)}`, () => removeTrace(folder));
    }
    await makeTrace(trace);
    const former = old.find((one) => placeOf(one) === placeOf(trace));
    undo.add(
      `remove ${describeTrace(trace)}`,
      () => former === undefined ? removeTrace(trace) : makeTrace(former),
    );
    say(`made ${describeTrace(trace)}`);
  }
  await writeManifest(root, manifest);
  await writeReceipt(root, {
    name: "neverliie",
    version: manifest.version,
    programs: programsAfter(manifest, before),
    // Folders first: they are removed last, once they are empty.
    traces: [...folders, ...traces],
  });
}

/** What is installed now: a version that lacks a program leaves the old one of it in place. */
function programsAfter(manifest: Manifest, before: Receipt | null): Receipt["programs"] {
  const now = programsOf(manifest);
  const kept = before?.programs.filter(({ name }) => !now.some((one) => one.name === name)) ?? [];
  return [...now, ...kept];
}

/** The folder and those above it that are not there, the uppermost first. */
async function missingFolders(folder: string): Promise<Trace[]> {
  const missing: Trace[] = [];
  for (let path = folder; !await exists(path); path = dirname(path)) {
    missing.unshift({ kind: "folder", path });
  }
  return missing;
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
