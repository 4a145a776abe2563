/**
 * What must be so at every step of a simulated mesh.
 *
 * @module
 */

import { Conversations } from "./conversation.ts";
import type { Mesh } from "./mesh.ts";
import { HOME } from "./mesh.ts";
import type { Onlooker } from "../world/machine.ts";
import { OpenFile } from "../world/open_file.ts";
import type { Process } from "../world/process.ts";
import type { Channel } from "../world/wire.ts";

/**
 * How long two copies may run after a cleaning: until the older one looks (2 s), for two questions
 * of 2 s that a busy one may not answer, and as long as the one that leaves takes.
 */
const MOMENT = 12_000;
/** Until when the older one has looked, and answers for its name again. */
const NOTICE = 2_100;
/** Until when it has its address again, too: at its first look after the other one has left. */
const ADDRESS = 6_500;
/** So many starts… */
const STARTS = 5;
/** …may be in so many milliseconds. */
const START_WINDOW = 10_000;
/** Starts in a row of an app that is kept alive and keeps dying: the first, and five more. */
const ROW = 6;
/** Tasks that wait at a time, on a machine of some processes. */
const TASKS_MAX = 3_000;
/** What one process holds at a time. */
const RESOURCES_MAX = 200;

const decoder = new TextDecoder();

/** The checks of one run. */
export class Checks implements Onlooker {
  readonly #mesh: Mesh;
  readonly #conversations: Conversations;
  /** When an app's files were cleaned last. */
  readonly #cleaned = new Map<string, number>();
  readonly #starts = new Map<string, number[]>();
  readonly #entries = new Set<string>();
  readonly #registry = `${HOME}/registry.json`;
  /** Whether two copies of an app have been seen, so that it is counted once. */
  readonly #twice = new Set<string>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#conversations = new Conversations(mesh.machine, mesh.records);
    mesh.machine.onlookers.push(this);
  }

  /** A step is over. */
  step(): void {
    const { machine } = this.#mesh;
    this.#conversations.check();
    if (machine.listeners.size > 1) this.#checkListeners();
    if (machine.scheduler.size > TASKS_MAX) machine.fail(`${machine.scheduler.size} tasks wait`);
    const { current } = machine;
    if (current !== null && current.resources.size > RESOURCES_MAX) {
      machine.fail(`${current.name} holds ${current.resources.size} things`);
    }
  }

  onBytes(channel: Channel, bytes: Uint8Array, way: "taken" | "delivered"): void {
    this.#conversations.onBytes(channel, bytes, way);
  }

  onCleaned(path: string): void {
    const [app = ""] = path.slice(path.lastIndexOf("/") + 1).split(".");
    this.#cleaned.set(app, this.#mesh.machine.scheduler.now);
  }

  /** The registry is whole at every moment, and names whoever it has named. */
  onChange(path: string): void {
    if (path !== this.#registry) return;
    const { machine, records } = this.#mesh;
    const file = machine.disk.find(path);
    const text = file === null ? "" : decoder.decode(file.data);
    let names: string[];
    try {
      names = Object.keys(JSON.parse(text === "" ? "null" : text));
    } catch {
      if (this.#entries.size === 0 && text === "") return;
      return machine.fail(`the registry cannot be read: ${JSON.stringify(text.slice(0, 200))}`);
    }
    const lost = [...this.#entries].filter((name) => !names.includes(name));
    if (lost.length > 0) machine.fail(`the registry has lost ${lost.join(", ")}`);
    if (this.#entries.size > 0) records.met("registryGrew");
    for (const name of names) this.#entries.add(name);
  }

  /** Nobody gives a name back while they listen under it. */
  onUnlock(by: Process, path: string, current: boolean): void {
    const app = /\/([a-z]+)\.lock$/.exec(path)?.[1];
    if (app === undefined || !by.alive || !current) return;
    for (const { process, address } of this.#mesh.machine.listeners) {
      if (process !== by || !address.endsWith(`/${app}.sock`)) continue;
      this.#mesh.machine.fail(`${by.name} gives the lock of "${app}" back while it listens`);
    }
  }

  /** A start is made by one at a time, of an app that nobody is, and noted before. */
  onSpawn(by: Process, program: string): void {
    const { machine, records } = this.#mesh;
    const app = program.slice(program.lastIndexOf("/") + 1);
    const { now } = machine.scheduler;
    const runtime = this.#runtime();
    const holder = this.#holderOf(`${runtime}/${app}.lock`);
    if (holder !== null) {
      machine.fail(`${by.name} starts "${app}", and ${holder.name} has that name`);
    }
    const starter = this.#holderOf(`${runtime}/${app}.start.lock`);
    if (starter !== by && !this.#isCleaned(app, now)) {
      machine.fail(`${by.name} starts "${app}" without its start lock`);
    }
    const waiting = new Set(
      records.calls.filter(({ target, settled, by }) =>
        target === app && settled === null && by.alive
      ).map(({ by }) => by),
    );
    if (waiting.size > 1) records.met("waitersOfOneStart");
    this.#checkRecord(by, app, `${runtime}/${app}.starts.json`);
    this.#count(app, now);
  }

  /** Nobody takes a name, to listen by it, of another that has had the time to notice a cleaning. */
  onListen(by: Process, address: string): void {
    const { listeners, scheduler, faults } = this.#mesh.machine;
    const app = nameIn(address);
    const lock = `lock ${address.replace(/sock$/, "lock")}`;
    const [taken] = [...by.resources].filter((one) => one instanceof OpenFile && one.what === lock);
    const since = taken instanceof OpenFile ? taken.lockedAt : scheduler.now;
    for (const other of listeners) {
      if (other.address !== address || other.process === by) continue;
      // (Where the disk is full, what was removed cannot be made anew.)
      const cleaned = Math.max(this.#cleaned.get(app) ?? -Infinity, faults.tmpRefused);
      if (since - other.process.stalledFor - NOTICE <= cleaned) continue;
      this.#mesh.machine.fail(`${by.name} begins to be "${app}", and ${other.process.name} is so`);
    }
  }

  /** How long it takes until every name is one process's again: what was cleaned is noticed first. */
  settling(): number {
    const { listeners, scheduler, processes } = this.#mesh.machine;
    const { tmpRefused } = this.#mesh.machine.faults;
    const last = Math.max(tmpRefused, ...this.#cleaned.values());
    const addresses = new Set([...listeners].map(({ address }) => address));
    const moment = addresses.size < listeners.size ? MOMENT : ADDRESS;
    const stalled = Math.max(...processes.map(({ stalledFor }) => stalledFor));
    return Math.max(0, Math.ceil(last + moment + stalled - scheduler.now));
  }

  /** Each app has its lock and its address, or had them cleaned away a moment ago. */
  checkNames(): void {
    const { machine } = this.#mesh;
    for (const listener of machine.listeners) {
      const { address, process } = listener;
      const holder = this.#holderOf(address.replace(/sock$/, "lock"));
      if (holder !== process) {
        machine.fail(
          `${process.name} listens at ${address}, and ${holder?.name ?? "nobody"} has its lock`,
        );
      }
      if (machine.disk.find(address)?.listener !== listener) {
        machine.fail(`${process.name} listens at ${address}, and nobody can find it there`);
      }
    }
  }

  #checkRecord(by: Process, app: string, path: string): void {
    const { machine, records } = this.#mesh;
    let starts: unknown[] = [];
    try {
      const text = decoder.decode(machine.disk.find(path)?.data);
      starts = (JSON.parse(text) as { starts: unknown[] }).starts;
    } catch {
      // Then it is not noted.
    }
    const last = Number(starts.at(-1) ?? 0);
    if (Math.abs(machine.wall - last) > 50) {
      machine.fail(`${by.name} starts "${app}", which is not noted in ${path}`);
    }
    records.met("startNoted");
  }

  #count(app: string, now: number): void {
    const { machine, records, apps } = this.#mesh;
    const times = this.#starts.get(app) ?? [];
    this.#starts.set(app, times);
    times.push(now);
    const { clockJump, cleaned, cutWrite, diskFull } = machine.faults.counts;
    // What was noted may be gone by these, and counting begins anew.
    if (clockJump + cutWrite + diskFull > 0) return;
    const lately = times.filter((at) => at > now - START_WINDOW + 10);
    if (lately.length > STARTS && cleaned === 0) {
      machine.fail(`"${app}" is started ${lately.length} times in ${START_WINDOW} ms`);
    }
    const { kept = false, crashes = false } = apps.find(({ name }) => name === app) ?? {};
    if (kept && times.length > 1) records.met("restarted");
    // Without the lock for it two may see to one restart, for a second.
    if (kept && crashes && times.length > ROW + cleaned) {
      machine.fail(`"${app}" keeps dying, and is started ${times.length} times`);
    }
  }

  /** Nobody but one answers at an address, but for the moment after a cleaning. */
  #checkListeners(): void {
    const { machine, records } = this.#mesh;
    const { now } = machine.scheduler;
    const seen = new Map<string, Process>();
    for (const { address, process } of machine.listeners) {
      const other = seen.get(address);
      seen.set(address, process);
      if (other === undefined) continue;
      const app = nameIn(address);
      const pair = `${other.pid} ${process.pid}`;
      if (!this.#twice.has(pair)) {
        this.#twice.add(pair);
        records.met("twoAfterCleaning");
      }
      if (this.#isCleaned(app, now - other.stalledFor - process.stalledFor)) continue;
      machine.fail(`${other.name} and ${process.name} both listen as "${app}"`);
    }
  }

  #isCleaned(app: string, at: number): boolean {
    const { tmpRefused } = this.#mesh.machine.faults;
    return at - Math.max(this.#cleaned.get(app) ?? -Infinity, tmpRefused) < MOMENT;
  }

  #runtime(): string {
    const [path = ""] = this.#mesh.machine.disk.find("/tmp/neverliie-1000")?.children.keys() ?? [];
    return `/tmp/neverliie-1000/${path}`;
  }

  /** Who holds the lock at `path`; `null` for nobody. */
  #holderOf(path: string): Process | null {
    for (const holder of this.#mesh.machine.disk.find(path)?.locks ?? []) {
      if (holder.exclusive && holder instanceof OpenFile) return holder.process;
    }
    return null;
  }
}

/** The app whose socket is at an address. */
function nameIn(address: string): string {
  return address.slice(address.lastIndexOf("/") + 1, -".sock".length);
}
