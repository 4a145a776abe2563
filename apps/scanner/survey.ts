/** What a scan remembers beside its totals: the largest files and folders, files of one size. */
import { dirname } from "@std/path";
import type { Sized } from "./contract.ts";

/** A list of at most so many, the largest first. */
class Largest {
  readonly #count: number;
  readonly list: Sized[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(path: string, bytes: number): void {
    const { list } = this;
    if (list.length >= this.#count && bytes <= (list.at(-1)?.bytes ?? 0)) return;
    let at = list.length;
    while (at > 0 && list[at - 1]!.bytes < bytes) at--;
    list.splice(at, 0, { path, bytes });
    if (list.length > this.#count) list.pop();
  }
}

/** Collects while a tree is walked, a folder before what is in it. */
export class Survey {
  readonly #top: number;
  readonly #files: Largest;
  /** Bytes of the files in each folder itself. */
  readonly #folders = new Map<string, number>();
  readonly #sizes: Map<number, string[]> | null;

  /**
   * @param top How many of the largest to keep.
   * @param duplicates Whether to keep the files by size.
   */
  constructor(top: number, duplicates: boolean) {
    this.#top = top;
    this.#files = new Largest(top);
    this.#sizes = duplicates ? new Map() : null;
  }

  /** How many folders there were. */
  get folders(): number {
    return this.#folders.size;
  }

  /** A folder that is about to be read; "" is the root. */
  folder(path: string): void {
    this.#folders.set(path, 0);
  }

  /** A file in a folder that was told before. `regular` says whether it has content of its own. */
  file(folder: string, path: string, bytes: number, regular: boolean): void {
    if (this.#top > 0) this.#files.add(path, bytes);
    this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + bytes);
    if (this.#sizes === null || !regular || bytes === 0) return;
    const same = this.#sizes.get(bytes);
    if (same === undefined) this.#sizes.set(bytes, [path]);
    else same.push(path);
  }

  /** The largest files. */
  largestFiles(): Sized[] {
    return this.#files.list;
  }

  /** The largest folders, each with all that is below it. */
  largestFolders(): Sized[] {
    const totals = new Map(this.#folders);
    // What is in a folder was told after it, so going backwards a folder is complete when reached.
    for (const path of [...totals.keys()].reverse()) {
      if (path === "") continue;
      const parent = dirname(path) === "." ? "" : dirname(path);
      totals.set(parent, (totals.get(parent) ?? 0) + totals.get(path)!);
    }
    const largest = new Largest(this.#top);
    for (const [path, bytes] of totals) largest.add(path, bytes);
    return largest.list;
  }

  /** Files that have their size in common with others, by size, the largest first. */
  sameSize(): [bytes: number, files: string[]][] {
    return [...this.#sizes ?? []].filter(([, files]) => files.length > 1).sort(([a], [b]) => b - a);
  }
}
