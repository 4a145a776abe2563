/** Files of the same content: by size, then by a hash of their beginnings, then of all. */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import type { DuplicateGroup } from "./contract.ts";

/** Bytes of a beginning: most files that differ do so here. */
const BEGINNING = 16 * 1024;
const CHUNK = 1024 * 1024;
/** Files read at once. */
const BATCH = 16;

/** How the search goes on; the last one has the groups. */
export interface DuplicateStep {
  /** The file just read. */
  file: string;
  error: string | null;
  /** Files whose reading is over. */
  done: number;
  /** Files with a size in common. */
  total: number;
}

/**
 * Finds the files of the same content.
 *
 * @param candidates Files by their size, relative to `root`, each by one name: taking away one of
 * several names (hard links) would free nothing.
 * @returns the groups, what could be freed first
 * @throws The signal's reason, at the next megabyte after it was aborted.
 */
export async function* findDuplicates(
  root: string,
  candidates: readonly (readonly [bytes: number, files: readonly string[]])[],
  signal: AbortSignal,
): AsyncGenerator<DuplicateStep, DuplicateGroup[], void> {
  const groups: DuplicateGroup[] = [];
  const total = candidates.reduce((sum, [, files]) => sum + files.length, 0);
  let done = 0;
  for (const [bytes, files] of candidates) {
    const beginnings = new Map<string, string[]>();
    for await (const read of hashes(root, files, BEGINNING, signal)) {
      if (read.hash !== null) put(beginnings, read.hash, read.file);
      // A short file is read as a whole by this already.
      if (bytes <= BEGINNING || read.error !== null) {
        yield { file: read.file, error: read.error, done: ++done, total };
      }
    }
    for (const [beginning, same] of beginnings) {
      if (bytes <= BEGINNING) {
        if (same.length > 1) groups.push(group(bytes, beginning, same));
        continue;
      }
      const whole = new Map<string, string[]>();
      if (same.length === 1) yield { file: same[0]!, error: null, done: ++done, total };
      else {
        for await (const read of hashes(root, same, Infinity, signal)) {
          if (read.hash !== null) put(whole, read.hash, read.file);
          yield { file: read.file, error: read.error, done: ++done, total };
        }
      }
      for (const [hash, files] of whole) {
        if (files.length > 1) groups.push(group(bytes, hash, files));
      }
    }
  }
  return groups.sort((a, b) => freedBy(b) - freedBy(a));
}

/** Bytes that are free once one file of the group is left. */
export function freedBy({ bytes, count }: DuplicateGroup): number {
  return bytes * (count - 1);
}

function group(bytes: number, hash: string, files: string[]): DuplicateGroup {
  return { bytes, hash, count: files.length, files: files.sort() };
}

function put(groups: Map<string, string[]>, hash: string, file: string): void {
  const group = groups.get(hash);
  if (group === undefined) groups.set(hash, [file]);
  else group.push(file);
}

interface Hashed {
  file: string;
  /** Null where it could not be read. */
  hash: string | null;
  error: string | null;
}

/** The hashes of files, a few of them read at a time. */
async function* hashes(
  root: string,
  files: readonly string[],
  length: number,
  signal: AbortSignal,
): AsyncGenerator<Hashed, void, void> {
  for (let start = 0; start < files.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = files.slice(start, start + BATCH);
    yield* await Promise.all(batch.map((file) => hashOf(root, file, length, signal)));
  }
}

async function hashOf(
  root: string,
  path: string,
  length: number,
  signal: AbortSignal,
): Promise<Hashed> {
  try {
    using file = await Deno.open(join(root, path));
    const hash = createHash("sha256");
    const buffer = new Uint8Array(Math.min(CHUNK, length));
    for (let left = length; left > 0;) {
      signal.throwIfAborted();
      const count = await file.read(buffer.subarray(0, Math.min(buffer.length, left)));
      if (count === null) break;
      hash.update(buffer.subarray(0, count));
      left -= count;
    }
    return { file: path, hash: hash.digest("hex"), error: null };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { file: path, hash: null, error: (error as Error).message };
  }
}
