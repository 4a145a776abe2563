/** What was launched how often and when, and the methods that apps told of: kept on disk. */
import { basename, dirname, join } from "@std/path";
import { ProcessLock } from "../../lib/ipc/tools.ts";
import type { Home, MethodDescription } from "../../lib/ipc/mod.ts";
import { pause } from "../../lib/system/waiting.ts";
import { readTextFile } from "../../lib/system/text_file.ts";
import type { Problems } from "./problems.ts";

/** Milliseconds after which a use counts half. */
const HALF_LIFE = 7 * 24 * 60 * 60_000;
/** Entries kept; the ones used least and longest ago go. */
const KEPT = 200;
const LOCK_TIMEOUT = 5_000;

/** Uses of one entry, each one counting less with time. */
interface Use {
  /** The sum at `last`. */
  weight: number;
  /** Milliseconds since 1970. */
  last: number;
}

interface Remembered {
  uses: Record<string, Use>;
  methods: Record<string, MethodDescription[]>;
}

/** What problems of this file are about. */
const FILE = "launcher.json";
const WRITING = `${FILE}, writing`;

/**
 * The file `launcher.json` in the home. Written whole under a lock and then renamed, so a reader
 * sees the old one or the new one; a file that holds something else is set aside and begun anew.
 * One that cannot be read or written stays as it is, which is told; nothing fails by it, and what
 * was used since is remembered as long as the launcher runs.
 */
export class Usage {
  readonly path: string;
  readonly #lock: string;
  readonly #renew: () => void;
  readonly #problems: Problems;
  #now: Remembered = { uses: {}, methods: {} };

  constructor(home: Home, problems: Problems) {
    this.path = join(home.path, FILE);
    this.#lock = join(home.runtime, "launcher.json.lock");
    this.#renew = home.renewRuntime;
    this.#problems = problems;
  }

  /** Reads the file. A missing one is an empty one. */
  async load(): Promise<void> {
    await this.#problems.attempt(FILE, async () => {
      const read = await this.#read();
      if (read !== null) this.#now = read;
    });
  }

  /** How much an entry was used: each use counts 1, half of that a week later. */
  weight(id: string, now: number = Date.now()): number {
    const use = Object.hasOwn(this.#now.uses, id) ? this.#now.uses[id] : undefined;
    return use === undefined ? 0 : decayed(use, now);
  }

  /** The ids of what was used, the most used first. */
  used(now: number = Date.now()): string[] {
    return Object.keys(this.#now.uses).sort((a, b) => this.weight(b, now) - this.weight(a, now));
  }

  /** What an app told of its methods when it last ran. */
  methods(app: string): readonly MethodDescription[] {
    return Object.hasOwn(this.#now.methods, app) ? this.#now.methods[app]! : [];
  }

  /** Counts a use. */
  async record(id: string, now: number = Date.now()): Promise<void> {
    await this.#change((all) => {
      const before = Object.hasOwn(all.uses, id) ? decayed(all.uses[id]!, now) : 0;
      all.uses[id] = { weight: before + 1, last: now };
      const kept = Object.entries(all.uses)
        .sort(([, a], [, b]) => decayed(b, now) - decayed(a, now)).slice(0, KEPT);
      all.uses = Object.fromEntries(kept);
    });
  }

  /** Keeps an app's methods for when it sleeps. Writes only what is new. */
  async remember(app: string, methods: readonly MethodDescription[]): Promise<void> {
    if (JSON.stringify(this.methods(app)) === JSON.stringify(methods)) return;
    await this.#change((all) => {
      all.methods[app] = [...methods];
    });
  }

  async #change(change: (all: Remembered) => void): Promise<void> {
    let written = false;
    await this.#problems.attempt(WRITING, async () => {
      using _lock = await ProcessLock.acquire(this.#lock, LOCK_TIMEOUT, { renew: this.#renew });
      const all = await this.#read() ?? await this.#setAside();
      change(all);
      await replaceFile(this.path, JSON.stringify(all, null, 2) + "\n");
      this.#now = all;
      written = true;
    });
    if (!written) change(this.#now);
  }

  async #setAside(): Promise<Remembered> {
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
    const aside = this.path.replace(/\.json$/, `.corrupt-${stamp}-${Deno.pid}.json`);
    await Deno.rename(this.path, aside);
    this.#problems.add(
      `"${this.path}" is not what the launcher writes: kept as "${aside}" and begun anew`,
    );
    return { uses: {}, methods: {} };
  }

  /** What the file holds, or `null` where that is not what this class writes. */
  async #read(): Promise<Remembered | null> {
    // Bytes that are no text are none of this class's either.
    const text = await readTextFile(this.path, { lenient: true });
    if (text === null) return { uses: {}, methods: {} };
    try {
      return checked(JSON.parse(text));
    } catch {
      return null; // Told and set aside by the next change.
    }
  }
}

function decayed({ weight, last }: Use, now: number): number {
  return weight * 2 ** (-Math.max(0, now - last) / HALF_LIFE);
}

/** @throws {TypeError} where the value has another shape. */
function checked(value: unknown): Remembered {
  const { uses, methods } = value as Remembered;
  for (const { weight, last } of Object.values(uses)) {
    if (!Number.isFinite(weight) || !Number.isFinite(last)) throw new TypeError("not a use");
  }
  for (const told of Object.values(methods)) {
    if (!told.every(({ name }) => typeof name === "string")) throw new TypeError("not a method");
  }
  return { uses, methods };
}

/** Puts a text in the place of a file, in one step. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${Deno.pid}.tmp`);
  try {
    await Deno.writeTextFile(temporary, text, { mode: 0o600 });
    for (let attempt = 1;; attempt++) {
      try {
        return await Deno.rename(temporary, path);
      } catch (error) {
        // Windows refuses while somebody has the file open.
        if (Deno.build.os !== "windows" || attempt >= 50) throw error;
        await pause(attempt);
      }
    }
  } catch (error) {
    await Deno.remove(temporary).catch(() => {
      // What failed is told below; a file that was never made cannot be removed.
    });
    throw new Error(`Cannot write "${path}": ${(error as Error).message}`, { cause: error });
  }
}
