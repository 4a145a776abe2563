/** What a scan remembers beside its totals: the largest files and folders, files of one size. */
import type { Sized } from "./contract.ts";
import type { Entry } from "./entry.ts";
import type { Folder } from "./walk.ts";

/** What is listed, and how manieth it was found. */
interface Ranked extends Sized {
  found: number;
}

/** What takes more goes first; of those that take as much the longer one, then the one found first. */
function compare(a: Ranked, b: Ranked): number {
  return b.taken - a.taken || b.bytes - a.bytes || a.found - b.found;
}

/** A list of at most so many, the largest first. */
class Largest {
  readonly #count: number;
  readonly #list: Ranked[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(ranked: Ranked): void {
    const list = this.#list;
    const last = list.at(-1);
    if (list.length === this.#count && (last === undefined || compare(last, ranked) <= 0)) return;
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(list[middle]!, ranked) <= 0) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, ranked);
    if (list.length > this.#count) list.pop();
  }

  /** They as they are told. */
  get list(): Sized[] {
    return this.#list.map(({ path, bytes, taken }) => ({ path, bytes, taken }));
  }
}

/** Collects while a tree is walked, a folder before what is in it. */
export class Survey {
  readonly #files: Largest;
  readonly #folders: Largest;
  /** The folder that is being read, and those that hold it: what is in them so far. */
  readonly #open: Ranked[] = [];
  readonly #sizes: Map<number, string[]> | null;
  #found = 0;
  /** How many folders there were. */
  folders = 0;

  /**
   * @param top How many of the largest to keep.
   * @param duplicates Whether to keep the files by size.
   */
  constructor(top: number, duplicates: boolean) {
    this.#files = new Largest(top);
    this.#folders = new Largest(top);
    this.#sizes = duplicates ? new Map() : null;
  }

  /** A folder that is about to be read. */
  folder({ path, depth, taken }: Folder): void {
    this.folders++;
    this.#close(depth);
    this.#open.push({ path, bytes: 0, taken, found: this.#found++ });
  }

  /** A file in the folder that was told last, by the first of its names. */
  file(path: string, { bytes, taken, regular }: Entry): void {
    const folder = this.#open.at(-1)!;
    folder.bytes += bytes;
    folder.taken += taken;
    this.#files.add({ path, bytes, taken, found: this.#found++ });
    if (this.#sizes === null || !regular || bytes === 0) return;
    const same = this.#sizes.get(bytes);
    if (same === undefined) this.#sizes.set(bytes, [path]);
    else same.push(path);
  }

  /** The largest files. */
  largestFiles(): Sized[] {
    return this.#files.list;
  }

  /** The largest folders, each with all that is below it: once the tree has been walked. */
  largestFolders(): Sized[] {
    this.#close(0);
    return this.#folders.list;
  }

  /** Files that have their size in common with others, by size, the largest first. */
  sameSize(): [bytes: number, files: string[]][] {
    return [...this.#sizes ?? []].filter(([, files]) => files.length > 1).sort(([a], [b]) => b - a);
  }

  /** The folders from this depth on are complete. */
  #close(depth: number): void {
    while (this.#open.length > depth) {
      const complete = this.#open.pop()!;
      const holder = this.#open.at(-1);
      if (holder !== undefined) {
        holder.bytes += complete.bytes;
        holder.taken += complete.taken;
      }
      this.#folders.add(complete);
    }
  }
}
