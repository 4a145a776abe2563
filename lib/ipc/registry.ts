/**
 * `registry.json`: which programs belong to the mesh and how each is started.
 *
 * Read as JSONC. Written under a lock between processes, to a temporary file that then takes the
 * registry's place, so that a reader sees the old or the new one and never a part.
 *
 * @module
 */

import { parse } from "@std/jsonc";
import { basename, dirname, isAbsolute, join } from "@std/path";
import type { Home } from "./home.ts";
import type { LaunchCommand } from "./launch_command.ts";
import { ProcessLock } from "./lock.ts";
import { pauseFor } from "./timer.ts";
import { asRecord } from "./message.ts";
import { checkAppName } from "./name.ts";

/** One program of the mesh. Members this version does not know are kept as they are. */
export interface RegistryEntry extends LaunchCommand {
  /** Arguments given to the program when it is woken; for a person to add, no program writes them. */
  args?: string[];
  /** Who wrote the entry: the program about itself, or a suite about its programs. */
  source?: "self" | "suite";
  /** When, as an ISO 8601 instant. */
  registered?: string;
}

/** The registry as read. */
export interface RegistrySnapshot {
  /** The well-formed entries by app name. */
  readonly apps: ReadonlyMap<string, RegistryEntry>;
  /** Why an entry cannot be used, by its name. The file keeps it as it is. */
  readonly problems: ReadonlyMap<string, string>;
}

type Entries = Record<string, unknown>;

/** Longest wait for another process that writes, in milliseconds. */
const LOCK_TIMEOUT = 20_000;

/** Access to one mesh's registry file. */
export class Registry {
  readonly #home: Home;
  readonly #report: (problem: string) => void;

  /** @param report is told what was wrong and what was done about it; stderr by default. */
  constructor(home: Home, report: (problem: string) => void = (text) => console.error(text)) {
    this.#home = home;
    this.#report = report;
  }

  /** The file's path. */
  get path(): string {
    return this.#home.registryFile;
  }

  /** Reads the registry. One that cannot be parsed is set aside, reported, and counts as empty. */
  async read(): Promise<RegistrySnapshot> {
    const text = await this.#readText();
    let entries = parseEntries(text);
    if (entries === null) {
      await this.#change(() => false);
      entries = parseEntries(await this.#readText()) ?? emptyEntries();
    }
    const apps = new Map<string, RegistryEntry>();
    const problems = new Map<string, string>();
    for (const [name, value] of Object.entries(entries)) {
      const why = faultOf(name, value);
      if (why === null) apps.set(name, value as RegistryEntry);
      else problems.set(name, `its entry in "${this.path}" cannot be used: ${why}`);
    }
    return { apps, problems };
  }

  /** Writes the entry of `app`. Leaves the file alone when it says the same already. */
  async set(app: string, entry: RegistryEntry): Promise<void> {
    checkAppName(app);
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
   * Removes the entries whose program or script is gone; returns their names.
   *
   * @param only looks at this app alone
   */
  async prune(only?: string): Promise<string[]> {
    const { apps } = await this.read();
    const gone = [...apps].filter(([name, entry]) =>
      (only === undefined || name === only) && missingPart(entry) !== null
    ).map(([name]) => name);
    if (gone.length > 0) {
      await this.update(
        new Map(gone.map((name) => [
          name,
          // Looked at again under the lock: it may have been registered anew meanwhile.
          (present) => present !== undefined && missingPart(present) === null ? present : null,
        ])),
      );
    }
    return gone;
  }

  async #readText(): Promise<string> {
    for (let attempt = 1;; attempt++) {
      try {
        // Windows PowerShell 5 begins UTF-8 files with a byte order mark.
        return (await Deno.readTextFile(this.path)).replace(/^\uFEFF/, "");
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return "";
        // Windows refuses for a moment while the file is being replaced.
        if (attempt < 20 && Deno.build.os === "windows") await pauseFor(attempt);
        else {throw new Error(`Cannot read "${this.path}": ${(error as Error).message}`, {
            cause: error,
          });}
      }
    }
  }

  /** Runs `change` on the entries under the lock and writes them when it returns true. */
  async #change(change: (entries: Entries) => boolean): Promise<void> {
    using _lock = await ProcessLock.acquire(
      join(this.#home.runtime, "registry.lock"),
      LOCK_TIMEOUT,
    );
    const text = await this.#readText();
    let entries = parseEntries(text);
    if (entries === null) {
      const aside = await this.#setAside();
      this.#report(`"${this.path}" is not a registry: kept as "${aside}" and begun anew`);
      entries = emptyEntries();
    }
    if (!change(entries)) return;
    if (hasComments(text)) {
      const copy = `${this.path}.bak`;
      await this.#write(copy, text);
      this.#report(`"${this.path}" had comments: a copy with them is in "${copy}"`);
    }
    await this.#write(this.path, JSON.stringify(entries, null, 2) + "\n");
  }

  async #write(path: string, text: string): Promise<void> {
    // The lock makes this process the only writer; the pid keeps a killed one's file apart.
    const temporary = join(dirname(path), `.${basename(path)}.${Deno.pid}.tmp`);
    try {
      await Deno.writeTextFile(temporary, text, { mode: 0o600 });
      for (let attempt = 1;; attempt++) {
        try {
          await Deno.rename(temporary, path);
          return;
        } catch (error) {
          if (attempt >= 50 || Deno.build.os !== "windows") throw error;
          await pauseFor(attempt);
        }
      }
    } catch (error) {
      await Deno.remove(temporary).catch(() => {
        // What failed is told below; a file that was never made cannot be removed.
      });
      throw new Error(`Cannot write "${path}": ${(error as Error).message}`, { cause: error });
    }
  }

  async #setAside(): Promise<string> {
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
    const aside = join(this.#home.path, `registry.corrupt-${stamp}-${Deno.pid}.json`);
    await Deno.rename(this.path, aside);
    return aside;
  }
}

/** What of an entry's command is no longer on disk: the program, the script, or `null`. */
export function missingPart(entry: RegistryEntry): "program" | "script" | null {
  if (entry.type === "script") {
    const script = entry.cmd.at(-1)!;
    if (!/^(https?|jsr|npm):/.test(script) && !isFile(script)) return "script";
  }
  return isFile(entry.cmd[0]!) ? null : "program";
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    // What cannot be looked at may well be there: starting it will tell.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}

/** The entries in `text`; `null` when it is not a JSONC object. Nothing at all is an empty one. */
function parseEntries(text: string): Entries | null {
  if (text.trim() === "") return emptyEntries();
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return null;
  }
  const record = asRecord(value);
  return record === null ? null : Object.assign(emptyEntries(), record);
}

/** Without a prototype, so that an entry called `__proto__` is an entry. */
function emptyEntries(): Entries {
  return Object.create(null);
}

/** What makes an entry unusable, or `null`. */
function faultOf(name: string, value: unknown): string | null {
  try {
    checkAppName(name);
  } catch (error) {
    return (error as Error).message;
  }
  const entry = asRecord(value);
  if (entry === null) return "it is not an object";
  const { type, cmd, cwd, args } = entry;
  if (type !== "binary" && type !== "script") return '"type" must be "binary" or "script"';
  if (!isArgumentList(cmd) || cmd.length === 0 || cmd[0] === "") {
    return '"cmd" must be a list of strings: the program, then its arguments';
  }
  if (type === "script" && cmd.length < 2) return '"cmd" must end with the script';
  if (args !== undefined && !isArgumentList(args)) return '"args" must be a list of strings';
  if (typeof cwd !== "string" || cwd === "") return '"cwd" must be the path of a folder';
  if (!isAbsolute(cmd[0]!)) return '"cmd" must begin with the absolute path of the program';
  return null;
}

function isArgumentList(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((part) => typeof part === "string" && !part.includes("\0"));
}

/** Whether both start the same program in the same way. */
export function sameLaunch(a: RegistryEntry, b: RegistryEntry): boolean {
  return a.type === b.type && a.cwd === b.cwd && a.source === b.source &&
    a.cmd.length === b.cmd.length && a.cmd.every((part, i) => part === b.cmd[i]);
}

/** Whether rewriting `text` would lose comments of a person who edited it. */
function hasComments(text: string): boolean {
  if (text.trim() === "") return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return parseEntries(text) !== null;
  }
}
