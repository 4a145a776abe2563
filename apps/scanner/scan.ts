/** Scanning a real folder tree, step by step. */
import { resolve } from "@std/path";
import { NOT_THERE, unreadable } from "../../lib/system/text_file.ts";
import type { DeepScanParams, DuplicateGroup, ScanStep, ScanSummary } from "./contract.ts";
import { findDuplicates, freedBy } from "./duplicates.ts";
import { Links } from "./links.ts";
import { Survey } from "./survey.ts";
import { countFiles, type Folder, found, walk, within } from "./walk.ts";

/** Milliseconds between two steps while counting, so that a caller sees life in a huge tree. */
const COUNTING_INTERVAL = 200;
/** Milliseconds between two steps of "progress". */
const PROGRESS_INTERVAL = 100;
const LARGEST_TOP = 1_000;
/** Groups of duplicates told, files of each, and characters in the names of all of them. */
const GROUPS = 1_000;
const FILES_OF_GROUP = 100;
const NAMES_LENGTH = 8 << 20;

/**
 * Scans `folder` and everything below it, in a fixed order (names sorted in each folder).
 *
 * Everything that is not a folder is a file: symbolic links count with their own size and are not
 * followed (the folder itself may be one), pipes and devices are not opened. The first step comes
 * before any counting. Memory grows with the largest folder and the depth, with the files of which
 * some names (hard links) lie elsewhere, and where duplicates are asked for with all files.
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
  const scan = new Scan(root, { steps, top, duplicates }, signal);
  yield* scan.count();
  yield* scan.read();
  yield* scan.finish();
}

type Options = Required<Omit<DeepScanParams, "folder">>;

/** One scan. */
class Scan {
  readonly #root: string;
  readonly #options: Options;
  readonly #signal: AbortSignal;
  readonly #survey: Survey;
  readonly #links = new Links();
  readonly #started = performance.now();
  readonly #sums = { done: 0, total: 0, bytes: 0, taken: 0, errors: 0 };
  #phaseStarted = this.#started;
  #told = this.#started;

  constructor(root: string, options: Options, signal: AbortSignal) {
    this.#root = root;
    this.#options = options;
    this.#signal = signal;
    this.#survey = new Survey(options.top, options.duplicates);
  }

  async *count(): AsyncGenerator<ScanStep> {
    const step = (file: string): ScanStep => (
      { phase: "counting", file, ...this.#sums, error: null, finished: false }
    );
    yield step("");
    let told = performance.now();
    for await (const { files, path } of countFiles(this.#root, this.#signal)) {
      this.#sums.total = files;
      if (performance.now() - told < COUNTING_INTERVAL) continue;
      told = performance.now();
      yield step(path);
    }
  }

  async *read(): AsyncGenerator<ScanStep> {
    this.#begin();
    for await (const folder of walk(this.#root, this.#signal)) {
      this.#survey.folder(folder);
      this.#sums.taken += folder.taken;
      if (folder.error !== null) {
        this.#sums.errors += 1;
        yield this.#scanning(folder.path, folder.error);
      }
      yield* this.#files(folder);
    }
    // Files that vanished since they were counted.
    this.#sums.total = this.#sums.done;
  }

  async *#files(folder: Folder): AsyncGenerator<ScanStep> {
    const sums = this.#sums;
    for await (const files of found(this.#root, folder, this.#signal)) {
      for (const { name, entry } of files) {
        const file = within(folder.path, name);
        sums.done += 1;
        // Files that appeared since they were counted.
        sums.total = Math.max(sums.total, sums.done);
        const error = typeof entry === "string" ? entry : null;
        if (typeof entry === "string") sums.errors += 1;
        else if (this.#links.isFirst(entry)) {
          sums.bytes += entry.bytes;
          sums.taken += entry.taken;
          this.#survey.file(file, entry);
        }
        if (error !== null || this.#due()) yield this.#scanning(file, error);
        this.#signal.throwIfAborted();
      }
    }
  }

  async *finish(): AsyncGenerator<ScanStep> {
    const { top, duplicates } = this.#options;
    const last = { ...this.#scanning("", null), finished: true };
    if (top === 0 && !duplicates) {
      yield last;
      return;
    }
    const rate = rateOf(this.#sums.done, this.#started);
    const groups = duplicates ? yield* this.#hash() : [];
    const summary: ScanSummary = {
      folders: this.#survey.folders,
      seconds: Math.round(performance.now() - this.#started) / 1000,
      rate,
      largestFiles: this.#survey.largestFiles(),
      largestFolders: this.#survey.largestFolders(),
      duplicates: toldOf(groups),
      duplicateBytes: groups.reduce((sum, group) => sum + freedBy(group), 0),
    };
    yield { ...last, errors: this.#sums.errors, summary };
  }

  async *#hash(): AsyncGenerator<ScanStep, DuplicateGroup[]> {
    this.#begin();
    const hashing = findDuplicates(this.#root, this.#survey.sameSize(), this.#signal);
    for (;;) {
      const { value, done: over } = await hashing.next();
      if (over) return value;
      const { file, error, done, total } = value;
      if (error !== null) this.#sums.errors += 1;
      if (error === null && !this.#due()) continue;
      const sums = { ...this.#sums, done, total };
      yield this.#rated({ phase: "hashing", file, ...sums, error, finished: false });
    }
  }

  #begin(): void {
    this.#phaseStarted = this.#told = performance.now();
  }

  /** Whether a step is to be given: each one, or one ten times a second. */
  #due(): boolean {
    if (this.#options.steps === "files") return true;
    if (performance.now() - this.#told < PROGRESS_INTERVAL) return false;
    this.#told = performance.now();
    return true;
  }

  #scanning(file: string, error: string | null): ScanStep {
    return this.#rated({ phase: "scanning", file, ...this.#sums, error, finished: false });
  }

  #rated(step: ScanStep): ScanStep {
    if (this.#options.steps === "files") return step;
    return { ...step, rate: rateOf(step.done, this.#phaseStarted) };
  }
}

/** What is told of the groups, whose answer must not be too large to be sent. */
function toldOf(groups: readonly DuplicateGroup[]): DuplicateGroup[] {
  const told: DuplicateGroup[] = [];
  let length = 0;
  for (const group of groups.slice(0, GROUPS)) {
    const files = group.files.slice(0, FILES_OF_GROUP);
    for (const file of files) length += file.length;
    if (length > NAMES_LENGTH) break;
    told.push({ ...group, files });
  }
  return told;
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

async function checkFolder(folder: unknown): Promise<string> {
  if (typeof folder !== "string" || folder === "") {
    throw new TypeError(`Cannot scan "${folder}": give the path of a folder`);
  }
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(folder);
  } catch (error) {
    const { reason } = unreadable(folder, error);
    if (reason !== NOT_THERE) {
      throw new Error(`Cannot scan "${folder}": ${reason}`, { cause: error });
    }
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
  return resolve(folder);
}
