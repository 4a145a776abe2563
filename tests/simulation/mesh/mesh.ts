/**
 * A mesh on a simulated machine: its programs, and what they need to know of each other.
 *
 * @module
 */

import type { Copy, Instantiate } from "../product.ts";
import type { Detail } from "../world/story.ts";
import { Machine } from "../world/machine.ts";
import { platformOf } from "../world/platform.ts";
import { isEnd, type Process } from "../world/process.ts";
import { NAMES, scopeOf } from "../world/scope.ts";
import { serve } from "./apps.ts";
import { askAround } from "./callers.ts";
import { Records } from "./records.ts";

/** Where the mesh has its registry and its logs. */
export const HOME = "/home/ann/.neverliie";
/** Where its programs are. */
const PROGRAMS = "/opt/mesh";
/** A client, which has no name. */
const CLIENT = "client";

/** An app of a simulated mesh. */
export interface App {
  readonly name: string;
  /** Whether it is to be kept alive. */
  readonly kept: boolean;
  /** Whether it ends as soon as it has begun, each time. */
  readonly crashes: boolean;
}

/** The library, as one process has it. */
export type Library = Copy["library"];

/** A mesh. */
export class Mesh {
  readonly machine: Machine;
  readonly records = new Records();
  readonly apps: readonly App[];
  readonly #instantiate: Instantiate;

  constructor(instantiate: Instantiate, seed: number, detail: Detail, apps: readonly App[]) {
    this.#instantiate = instantiate;
    this.apps = apps;
    this.machine = new Machine(seed, detail);
    this.machine.run = (process) => this.#run(process);
    const { disk } = this.machine;
    disk.makeFolder(HOME.slice(0, HOME.lastIndexOf("/")), true, 0o755);
    disk.makeFolder(PROGRAMS, true, 0o755);
    disk.makeFolder("/tmp", true, 0o777);
    for (const name of [CLIENT, ...apps.map(({ name }) => name)]) {
      disk.open(programOf(name), { create: true });
    }
  }

  /** Starts a program as a person does. */
  startByHand(name: string, args: readonly string[] = []): Process {
    const env = { HOME: "/home/ann" };
    const delay = 2 + this.machine.random(20);
    return this.machine.start({
      ...{ program: programOf(name), args, env, log: null, parent: null, delay },
    });
  }

  /** Starts a caller. */
  startCaller(): Process {
    return this.startByHand(CLIENT);
  }

  /** The app that a process runs; `undefined` of a caller. */
  appOf({ program }: Process): App | undefined {
    return this.apps.find(({ name }) => programOf(name) === program);
  }

  /** Writes entries of apps that have never run: a suite did so. */
  enter(apps: readonly App[]): void {
    const entries = apps.map(({ name, kept }) => [name, {
      ...{ type: "binary", cmd: [programOf(name)], cwd: "/opt/mesh", source: "suite" },
      ...(kept ? { keep_alive: true } : {}),
    }]);
    const { disk } = this.machine;
    disk.makeFolder(HOME, true, 0o700);
    const path = `${HOME}/registry.json`;
    const file = disk.open(path, { create: true, mode: 0o600 });
    const text = JSON.stringify(Object.fromEntries(entries), null, 2);
    disk.write(path, file, 0, new TextEncoder().encode(text));
  }

  #run(process: Process): void {
    const { machine } = this;
    const scope = scopeOf(machine, process, platformOf(machine, process));
    if (scope.length !== NAMES.length) throw new Error("a name of the scope has no value");
    const { library, enter } = this.#instantiate(scope);
    process.enter = enter;
    const app = this.appOf(process);
    const program = app === undefined
      ? askAround(this, process, library)
      : serve(this, process, library, app);
    program.then(
      () => machine.kill(process, "ends", 0),
      (error) => {
        if (isEnd(error) || !process.alive) return;
        machine.kill(process, `ends by ${error}`, 1);
      },
    );
  }
}

/** Where the program of that name is. */
export function programOf(name: string): string {
  return `${PROGRAMS}/${name}`;
}
