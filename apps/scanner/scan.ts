/** Walking a real folder tree. */
import { join } from "@std/path";
import type { DeepScanParams, ScanStep, ScanSummary } from "./contract.ts";
import { findDuplicates } from "./duplicates.ts";
import { Survey } from "./survey.ts";

/** Files asked for at once: enough to keep the disk busy, few enough to stop at once. */
const BATCH = 64;
/** Milliseconds between two steps while counting, so that a caller sees life in a huge tree. */
const COUNTING_INTERVAL = 200;
/** Milliseconds between two steps of "progress". */
const PROGRESS_INTERVAL = 100;
const LARGEST_TOP = 1_000;
/** Groups of duplicates told. */
const GROUPS = 1_000;

/**
 * Scans `folder` and everything below it, in a fixed order (names sorted in each folder).
 *
 * Everything that is not a folder is a file: symbolic links count with their own size and are not
 * followed (the folder itself may be one), pipes and devices are not opened. The first step comes
 * before any counting. Memory grows with the largest folder and the depth; where the largest
 * folders are asked for with the number of folders, and where duplicates are with that of files.
 *
 * @throws {Deno.errors.NotFound} When the folder is missing.
 * @throws {Deno.errors.NotADirectory} When it is something else.
 * @throws The signal's reason, at the next entry after it was aborted.
 */
export async function* deepScan(
  params: DeepScanParams,
  signal: AbortSignal,
): AsyncGenerator<ScanStep, void, void> {
  signal.throwIfAborted();
  const { steps = "files", top = 0, duplicates = false } = params;
  checkOptions(steps, top);
  const root = await checkFolder(params.folder);
  const survey = top > 0 || duplicates ? new Survey(top, duplicates) : null;
  const started = performance.now();
  const step: Omit<ScanStep, "file" | "error" | "phase" | "finished"> = {
    done: 0,
    total: 0,
    bytes: 0,
    errors: 0,
  };
  const counting = (file: string): ScanStep => (
    { phase: "counting", file, ...step, error: null, finished: false }
  );
  const scanning = (file: string, error: string | null): ScanStep => (
    { phase: "scanning", file, ...step, error, finished: false }
  );

  yield counting("");
  let reported = performance.now();
  for await (const folder of walk(root, signal)) {
    step.total += folder.files.length;
    if (performance.now() - reported < COUNTING_INTERVAL) continue;
    reported = performance.now();
    yield counting(folder.path);
  }

  let phaseStarted = performance.now();
  let told = phaseStarted;
  // Whether a step is to be given: each one, or one ten times a second.
  const due = () => {
    if (steps === "files") return true;
    if (performance.now() - told < PROGRESS_INTERVAL) return false;
    told = performance.now();
    return true;
  };
  const rated = (given: ScanStep): ScanStep =>
    steps === "files" ? given : { ...given, rate: rateOf(given.done, phaseStarted) };
  for await (const folder of walk(root, signal)) {
    survey?.folder(folder.path);
    if (folder.error !== null) {
      step.errors += 1;
      yield rated(scanning(folder.path, folder.error));
    }
    for (let start = 0; start < folder.files.length; start += BATCH) {
      signal.throwIfAborted();
      const names = folder.files.slice(start, start + BATCH);
      const infos = await Promise.all(names.map((name) => infoOf(join(root, folder.path, name))));
      for (const [index, name] of names.entries()) {
        const info = infos[index]!;
        const file = join(folder.path, name);
        step.done += 1;
        // Files that appeared since they were counted.
        step.total = Math.max(step.total, step.done);
        if (info instanceof Error) step.errors += 1;
        else {
          step.bytes += info.size;
          survey?.file(folder.path, file, info.size, info.isFile);
        }
        const error = info instanceof Error ? info.message : null;
        if (error !== null || due()) yield rated(scanning(file, error));
        signal.throwIfAborted();
      }
    }
  }
  // Files that vanished since they were counted.
  step.total = step.done;
  const last: ScanStep = { ...scanning("", null), finished: true };
  if (survey === null) {
    yield rated(last);
    return;
  }
  const rate = rateOf(step.done, started);
  const hashing = findDuplicates(root, duplicates ? survey.sameSize() : [], signal);
  phaseStarted = performance.now();
  let next = await hashing.next();
  for (; !next.done; next = await hashing.next()) {
    const { file, error, done, total } = next.value;
    if (error !== null) step.errors += 1;
    if (error === null && !due()) continue;
    yield rated({ phase: "hashing", file, ...step, done, total, error, finished: false });
  }
  const summary: ScanSummary = {
    folders: survey.folders,
    seconds: Math.round(performance.now() - started) / 1000,
    rate,
    largestFiles: survey.largestFiles(),
    largestFolders: survey.largestFolders(),
    duplicates: next.value.slice(0, GROUPS),
    duplicateBytes: next.value.reduce(
      (sum, { bytes, files }) => sum + bytes * (files.length - 1),
      0,
    ),
  };
  yield { ...last, errors: step.errors, summary };
}

/** Files a second since an instant of performance.now(). */
function rateOf(files: number, since: number): number {
  return Math.round(files / Math.max(0.001, (performance.now() - since) / 1000));
}

function checkOptions(steps: unknown, top: unknown): void {
  if (steps !== "files" && steps !== "progress") {
    throw new TypeError(`Cannot scan with steps "${steps}": give "files" or "progress"`);
  }
  if (!Number.isInteger(top) || (top as number) < 0 || (top as number) > LARGEST_TOP) {
    throw new RangeError(`Cannot tell the largest ${top}: top must be 0 to ${LARGEST_TOP}`);
  }
}

interface Folder {
  /** Relative to the root; "" is the root. */
  path: string;
  files: string[];
  error: string | null;
}

/** Every folder of a tree with the names of its files, a folder before what is in it. */
async function* walk(root: string, signal: AbortSignal): AsyncGenerator<Folder> {
  const waiting = [""];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    signal.throwIfAborted();
    const folder: Folder = { path, files: [], error: null };
    const inside: string[] = [];
    try {
      for await (const entry of Deno.readDir(join(root, path))) {
        signal.throwIfAborted();
        // A link to a folder is no directory here, nor is a Windows junction: loops end by this.
        if (entry.isDirectory) inside.push(join(path, entry.name));
        else folder.files.push(entry.name);
      }
    } catch (error) {
      folder.error = reasonOf(error, signal);
    }
    folder.files.sort();
    waiting.push(...inside.sort().reverse());
    yield folder;
  }
}

/** What a file is, or why that is not known. */
async function infoOf(path: string): Promise<Deno.FileInfo | Error> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** The message of a failure to read; an abort is none and goes on its way. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (!(error instanceof Error) || (signal.aborted && error === signal.reason)) throw error;
  return error.message;
}

async function checkFolder(folder: unknown): Promise<string> {
  if (typeof folder !== "string" || folder === "") {
    throw new TypeError(`Cannot scan "${folder}": give the path of a folder`);
  }
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot scan "${folder}": there is no such folder; check its spelling`,
      { cause: error },
    );
  }
  if (!info.isDirectory) {
    throw new Deno.errors.NotADirectory(
      `Cannot scan "${folder}": it is not a folder; give the folder that holds it`,
    );
  }
  return folder;
}
