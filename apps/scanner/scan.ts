/** Walking a real folder tree. */
import { join } from "@std/path";
import type { DeepScanParams, ScanStep } from "./contract.ts";

/** Files asked for at once: enough to keep the disk busy, few enough to stop at once. */
const BATCH = 64;
/** Milliseconds between two steps while counting, so that a caller sees life in a huge tree. */
const COUNTING_INTERVAL = 200;

/**
 * Scans `folder` and everything below it, in a fixed order (names sorted in each folder).
 *
 * Everything that is not a folder is a file: symbolic links count with their own size and are not
 * followed (the folder itself may be one), pipes and devices are not opened. The first step comes
 * before any counting. Memory grows with the largest folder and the depth, not with the tree.
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
  const root = await checkFolder(params.folder);
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

  for await (const folder of walk(root, signal)) {
    if (folder.error !== null) {
      step.errors += 1;
      yield scanning(folder.path, folder.error);
    }
    for (let start = 0; start < folder.files.length; start += BATCH) {
      signal.throwIfAborted();
      const names = folder.files.slice(start, start + BATCH);
      const sizes = await Promise.all(names.map((name) => sizeOf(join(root, folder.path, name))));
      for (const [index, name] of names.entries()) {
        const size = sizes[index] ?? 0;
        step.done += 1;
        // Files that appeared since they were counted.
        step.total = Math.max(step.total, step.done);
        if (typeof size === "number") step.bytes += size;
        else step.errors += 1;
        yield scanning(join(folder.path, name), typeof size === "number" ? null : size.message);
        signal.throwIfAborted();
      }
    }
  }
  // Files that vanished since they were counted.
  step.total = step.done;
  yield { ...scanning("", null), finished: true };
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

/** The size of a file, or why it is not known. */
async function sizeOf(path: string): Promise<number | Error> {
  try {
    return (await Deno.lstat(path)).size;
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
