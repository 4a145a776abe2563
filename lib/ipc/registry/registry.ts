/**
 * The room of the registry: the home, and which programs belong to the mesh and how each is started.
 * It knows the system (`os/`) and locks (`base/`); it must not know who runs, or any message.
 *
 * This file is `registry.json`. Read as JSONC. Written under a lock between processes, to a temporary
 * file that then takes the registry's place, so that a reader sees the old or the new one and never
 * a part.
 *
 * @module
 */

import type { Home } from "./home.ts";
import { ProcessLock } from "../base/lock.ts";
import { basename, dirname, join } from "../base/path.ts";
import { pauseFor } from "../base/timer.ts";
import { checkAppName } from "../base/name.ts";
import { printProblem, withRemedy } from "../base/problem.ts";
import {
  emptyEntries,
  type Entries,
  hasComments,
  parseEntries,
  readRegistry,
} from "./registry_text.ts";
import {
  faultOf,
  isEdited,
  missingPart,
  type RegistryEntry,
  sameLaunch,
} from "./registry_entry.ts";

export { isRegistry, RegistryRefusedError } from "./registry_text.ts";
export {
  folderFault,
  isEdited,
  missingLock,
  type MissingPart,
  missingPart,
  type RegistryEntry,
  runsByDeno,
  withoutLock,
} from "./registry_entry.ts";

/** The registry as read. */
export interface RegistrySnapshot {
  /** The well-formed entries by app name. */
  readonly apps: ReadonlyMap<string, RegistryEntry>;
  /** Why an entry cannot be used, by its name. The file keeps it as it is. */
  readonly problems: ReadonlyMap<string, string>;
  /** Why nothing could be read; `null` where it could. */
  readonly fault: string | null;
}

/** Longest wait for another process that writes, in milliseconds. */
const LOCK_TIMEOUT = 20_000;
/** How often a change is begun anew, or put in its place, where somebody interferes. */
const ATTEMPTS = 50;
/** Files that this process has written so far. */
let writes = 0;

/**
 * Access to one mesh's registry file.
 *
 * @example
 * ```ts
 * import { openHome, ownLaunchCommand, Registry } from "@neverliie/ipc";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const registry = new Registry(await openHome());
 * await registry.set("editor", { type: "binary", cmd: [Deno.execPath()], cwd: Deno.cwd() });
 * const { apps } = await registry.read();
 * assertEquals(apps.get("editor")?.cmd, [Deno.execPath()]);
 * ```
 */
export class Registry {
  readonly #home: Home;
  readonly #report: (problem: string) => void;
  #told: string | null = null;

  /**
   * Access to the registry of `home`.
   *
   * @param report is told what was wrong and what was done about it; stderr by default.
   */
  constructor(home: Home, report: (problem: string) => void = printProblem) {
    this.#home = home;
    this.#report = report;
  }

  /** The file's path. */
  get path(): string {
    return this.#home.registryFile;
  }

  /** Reads the registry. One that cannot be parsed is set aside, reported, and counts as empty. */
  async read(): Promise<RegistrySnapshot> {
    const text = await readRegistry(this.path);
    let entries = await parseEntries(text);
    if (entries === null) {
      await this.#change(() => false);
      entries = await parseEntries(await readRegistry(this.path)) ?? emptyEntries();
    }
    const apps = new Map<string, RegistryEntry>();
    const problems = new Map<string, string>();
    for (const [name, value] of Object.entries(entries)) {
      // For editors; no app can have such a name.
      if (name === "$schema") continue;
      const why = faultOf(name, value);
      if (why === null) apps.set(name, value as RegistryEntry);
      else problems.set(name, `its entry in "${this.path}" cannot be used: ${why}`);
    }
    return { apps, problems, fault: null };
  }

  /**
   * The same, for who has work without it as well: a registry that cannot be read is reported, once
   * for each reason, and counts as empty.
   */
  async readOrTell(): Promise<RegistrySnapshot> {
    try {
      const snapshot = await this.read();
      this.#told = null;
      return snapshot;
    } catch (error) {
      const fault = (error as Error).message;
      if (fault !== this.#told) this.#report(fault);
      this.#told = fault;
      return { apps: new Map(), problems: new Map(), fault };
    }
  }

  /**
   * Writes the entry of `app`. Leaves the file alone when it says the same already.
   *
   * @throws {TypeError} on an entry that could not be started from.
   * @throws {RegistryRefusedError} where the file may be another user's work.
   */
  async set(app: string, entry: RegistryEntry): Promise<void> {
    checkAppName(app);
    const fault = faultOf(app, entry);
    if (fault !== null) throw new TypeError(`Cannot register "${app}": ${fault}`);
    await this.update(new Map([[app, () => entry]]));
  }

  /**
   * Changes several entries in one go: each function gets the present entry (`undefined` when
   * there is none or it is malformed) and returns the new one, or `null` to remove it.
   */
  async update(
    changes: ReadonlyMap<string, (present: RegistryEntry | undefined) => RegistryEntry | null>,
  ): Promise<void> {
    await this.#change((entries) => {
      let changed = false;
      for (const [name, change] of changes) {
        const present = entries[name];
        const valid = faultOf(name, present) === null ? present as RegistryEntry : undefined;
        const next = change(valid);
        if (next === null) {
          if (present === undefined) continue;
          delete entries[name];
        } else {
          if (valid !== undefined && sameLaunch(valid, next)) continue;
          entries[name] = { ...valid, ...next, registered: new Date().toISOString() };
        }
        changed = true;
      }
      return changed;
    });
  }

  /**
   * Removes the entries whose program or script is certainly gone, but for those in which a person
   * wrote something, such as `args`; returns their names. Others may be on a drive that is away.
   *
   * @param only removes the entry of this app, whatever it holds and wherever its program may be,
   * if that is not there now
   */
  async prune(only?: string): Promise<string[]> {
    const isStale = (name: string, entry: RegistryEntry): boolean => {
      const missing = missingPart(entry);
      if (missing === null || (only !== undefined && only !== name)) return false;
      return only === name || (missing.gone && !isEdited(entry));
    };
    const { apps } = await this.read();
    const stale = [...apps].filter(([name, entry]) => isStale(name, entry)).map(([name]) => name);
    if (stale.length > 0) {
      await this.update(
        new Map(stale.map((name) => [
          name,
          // Looked at again under the lock: it may have been registered anew meanwhile.
          (present) => present !== undefined && !isStale(name, present) ? present : null,
        ])),
      );
    }
    return stale;
  }

  /** Runs `change` on the entries under the lock and writes them when it returns true. */
  async #change(change: (entries: Entries) => boolean): Promise<void> {
    // (No app can have a name that begins so.)
    const path = join(this.#home.runtime, ".registry.lock");
    for (let attempt = 1;; attempt++) {
      using lock = await ProcessLock.acquire(path, LOCK_TIMEOUT, {
        renew: this.#home.renewRuntime,
      });
      try {
        return await this.#changeUnder(lock, change);
      } catch (error) {
        // What cleans /tmp removed its file: somebody else may have written, and is not to lose that.
        // Or was removed under another that writes: then each takes the other's file for a leftover.
        const taken = (error as Error).cause instanceof Deno.errors.NotFound;
        if (attempt === ATTEMPTS || !(lock.isRemoved() || taken)) throw error;
      }
    }
  }

  async #changeUnder(lock: ProcessLock, change: (entries: Entries) => boolean): Promise<void> {
    if (!lock.isRemoved()) this.#removeLeftovers();
    const text = await readRegistry(this.path);
    let entries = await parseEntries(text, true);
    if (entries === null) {
      const aside = await this.#setAside();
      this.#report(`"${this.path}" is not a registry: kept as "${aside}" and begun anew`);
      entries = emptyEntries();
    }
    if (!change(entries)) return;
    if (await hasComments(text)) {
      const copy = `${this.path}.bak`;
      await this.#write(copy, text, lock);
      this.#report(`"${this.path}" had comments: a copy with them is in "${copy}"`);
    }
    await this.#write(this.path, JSON.stringify(entries, null, 2) + "\n", lock);
  }

  async #write(path: string, text: string, lock: ProcessLock): Promise<void> {
    // The lock makes this the only writer; the names keep others apart all the same, as a lock can
    // be removed, and a killed process leaves its file.
    const temporary = join(dirname(path), `.${basename(path)}.${Deno.pid}-${++writes}.tmp`);
    try {
      // (The asynchronous one loads the web streams first.)
      Deno.writeTextFileSync(temporary, text, { mode: 0o600 });
      if (lock.isRemoved()) {
        throw new Error("the lock that guards it was removed, again and again");
      }
      for (let attempt = 1;; attempt++) {
        try {
          await Deno.rename(temporary, path);
          return;
        } catch (error) {
          if (attempt >= ATTEMPTS || Deno.build.os !== "windows") throw error;
          await pauseFor(attempt);
        }
      }
    } catch (error) {
      await Deno.remove(temporary).catch(() => {
        // What failed is told below; a file that was never made cannot be removed.
      });
      throw new Error(`Cannot write "${path}": ${withRemedy(error)}`, { cause: error });
    }
  }

  /** Whoever has the lock is the only writer: a temporary file that is there is a killed one's. */
  #removeLeftovers(): void {
    // They cost their place only, and may be there no more: nothing else is to fail by them.
    const tell = (what: string, error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return;
      this.#report(`Cannot ${what}: ${(error as Error).message}`);
    };
    const folder = this.#home.path;
    try {
      for (const { name } of Deno.readDirSync(folder)) {
        if (!/^\.registry\.json.*\.tmp$/.test(name)) continue;
        try {
          Deno.removeSync(join(folder, name));
        } catch (error) {
          tell(`remove "${name}", left by a killed process`, error);
        }
      }
    } catch (error) {
      tell(`look for what killed processes left in "${folder}"`, error);
    }
  }

  async #setAside(): Promise<string> {
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
    const aside = join(this.#home.path, `registry.corrupt-${stamp}-${Deno.pid}.json`);
    try {
      await Deno.rename(this.path, aside);
    } catch (error) {
      const why = withRemedy(error);
      throw new Error(`Cannot set "${this.path}" aside: ${why}`, { cause: error });
    }
    return aside;
  }
}
