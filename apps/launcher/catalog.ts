/** All that the launcher can find and run. */
import { type AppDescription, listApps, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import type { RunEvent } from "../terminal/contract.ts";
import type { Entry, LaunchEvent, Match, SearchParams } from "./contract.ts";
import { join } from "@std/path";
import { describeProblem, installSchema, readConfig } from "../../lib/config/config_file.ts";
import { CONFIG_FILE, configSchema, isHidden, type LauncherConfig } from "./config.ts";
import {
  appEntry,
  COMMAND,
  commandEntry,
  METHOD,
  methodEntry,
  parseMethodId,
  programEntry,
  unknownEntry,
} from "./entry.ts";
import registrySchema from "../registry.schema.json" with { type: "json" };
import schema from "./launcher.schema.json" with { type: "json" };
import { Problems } from "./problems.ts";
import { installedPrograms, type Program } from "./programs.ts";
import { rank } from "./rank.ts";
import { Usage } from "./usage.ts";

/** Milliseconds an app has to tell its methods. */
const DESCRIBE_TIMEOUT = 2_000;
/** Milliseconds after which installed programs are looked for again. */
const PROGRAMS_AGE = 30_000;
const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 1_000;

/** Programs, apps, methods and what was run lately, looked up and run. */
export class Catalog {
  readonly #ipc: NeverLiieIPC;
  readonly #usage: Usage;
  #programs: Program[] = [];
  #programsAt = -Infinity;
  #mesh: ReadonlyMap<string, Entry[]> = new Map();
  #config: LauncherConfig = { hide: [], commands: [] };
  readonly #problems: Problems;

  /** @param report told of each problem when it comes up */
  constructor(ipc: NeverLiieIPC, report: (problem: string) => void) {
    this.#ipc = ipc;
    this.#problems = new Problems(report);
    this.#usage = new Usage(ipc.home, this.#problems);
  }

  /** What cannot be read, or was not as it should be, for people. */
  get problems(): string[] {
    return this.#problems.list();
  }

  /**
   * Looks at the disk and the mesh. Wakes nobody: sleeping apps have the methods they last told.
   * Of what cannot be read, all stays as it was.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const read = (what: string, work: () => Promise<void>) =>
      this.#problems.attempt(what, work, signal);
    await Promise.all([this.#usage.load(), this.#readConfig()]);
    await Promise.all([
      read("looking for programs", () => this.#readPrograms()),
      read("mesh", () => this.#readMesh(signal)),
    ]);
  }

  /** The best matches for `query`; after ">" it is a command for the shell. */
  search({ query, limit = DEFAULT_LIMIT }: SearchParams): Match[] {
    if (typeof query !== "string") throw new TypeError("Cannot search: query must be a string");
    if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_LIMIT) {
      throw new RangeError(`Cannot search: limit must be 1 to ${LARGEST_LIMIT}, got ${limit}`);
    }
    const recent = this.#recent();
    if (query.trimStart().startsWith(">")) {
      const line = query.trimStart().slice(1).trim();
      const commands = recent.filter(({ kind }) => kind === "command");
      const found = rank(commands, line, (id) => this.#usage.weight(id), limit);
      if (line === "") return found;
      const typed = { ...commandEntry(line), score: 1, matched: [] };
      return [typed, ...found.filter(({ id }) => id !== typed.id)].slice(0, limit);
    }
    const { hide, commands } = this.#config;
    const own = commands.map(({ title, command }) => ({ ...commandEntry(command), title }));
    const known = [...own, ...[...this.#mesh.values()].flat(), ...this.#programs.map(programEntry)]
      .filter(({ kind, title }) =>
        kind === "command" || !isHidden(kind === "method" ? title.split(" ")[0]! : title, hide)
      );
    const entries = [
      ...recent.filter(({ id }) => !known.some((entry) => entry.id === id)),
      ...known,
    ];
    return rank(entries, query, (id) => this.#usage.weight(id), limit);
  }

  /**
   * Runs an entry: starts a program, wakes an app, calls a method, has Terminal run a command.
   *
   * @throws {RemoteError} where there is no such entry; what the app throws otherwise.
   */
  async *launch(
    id: string,
    params: Record<string, unknown> | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LaunchEvent, void, void> {
    if (typeof id !== "string") throw new TypeError("Cannot launch: id must be a string");
    const remembered = params === undefined || Object.keys(params).length === 0
      ? id
      : `${id} ${JSON.stringify(params)}`;
    if (id.startsWith(COMMAND)) {
      const command = id.slice(COMMAND.length);
      await this.#usage.record(id);
      yield { type: "started", title: `> ${command}` };
      yield* this.#run(command, signal);
    } else if (id.startsWith(METHOD)) {
      const call = parseMethodId(id);
      if (call === null) throw unknownEntry(id);
      await this.#usage.record(remembered);
      const given = { ...call.params, ...params };
      yield { type: "started", title: `${call.app} ${call.method}` };
      yield* this.#call(call.app, call.method, given, signal);
    } else if (id.startsWith("app:")) {
      const app = id.slice("app:".length);
      yield { type: "started", title: `wake ${app}` };
      await this.#ipc.wake(app, { signal });
      await this.#usage.record(id);
      await this.#describe(app, signal);
      yield { type: "result", value: `${app} runs` };
    } else {
      const program = this.#programs.find((program) => `program:${program.id}` === id);
      if (program === undefined) throw unknownEntry(id);
      yield { type: "started", title: program.name };
      await program.start(signal);
      await this.#usage.record(id);
      yield { type: "result", value: `${program.name} was started` };
    }
  }

  async *#run(command: string, signal: AbortSignal): AsyncGenerator<LaunchEvent, void, void> {
    const options = { signal, timeout: Infinity };
    for await (const event of this.#ipc.stream<RunEvent>("terminal", "run", { command }, options)) {
      if (event.type === "exit") yield { type: "result", value: event };
      else yield { type: "item", value: event };
    }
  }

  async *#call(
    app: string,
    method: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
  ): AsyncGenerator<LaunchEvent, void, void> {
    await this.#describe(app, signal);
    const described = this.#usage.methods(app).find(({ name }) => name === method);
    if (described?.kind === "stream") {
      const items = this.#ipc.stream(app, method, params, { signal, timeout: Infinity });
      for await (const value of items) yield { type: "item", value };
      yield { type: "result", value: null };
    } else {
      // As long as it takes: the person who waits can see it, and cancel it.
      const value = await this.#ipc.call(app, method, params, { signal, timeout: Infinity });
      yield { type: "result", value };
    }
  }

  /** Asks an app for its methods, wakes it for that, and keeps them. */
  async #describe(app: string, signal: AbortSignal): Promise<void> {
    const about = await this.#ipc.call<AppDescription>(app, "$/describe", {}, { signal });
    await this.#usage.remember(app, about.methods);
  }

  /** A file with a fault changes nothing. */
  async #readConfig(): Promise<void> {
    const home = this.#ipc.home.path;
    const unwritten = [
      await installSchema(home, "launcher", schema),
      await installSchema(home, "registry", registrySchema),
    ].filter((problem) => problem !== null);
    const { value, problems } = await readConfig(join(home, CONFIG_FILE), configSchema);
    if (problems.length === 0) this.#config = value;
    const first = problems.slice(0, 1).map((problem) => describeProblem(CONFIG_FILE, problem));
    this.#problems.set(CONFIG_FILE, [...first, ...unwritten]);
  }

  async #readPrograms(): Promise<void> {
    if (performance.now() - this.#programsAt < PROGRAMS_AGE) return;
    this.#programsAt = performance.now();
    const { programs, problems } = await installedPrograms();
    this.#programs = programs;
    this.#problems.set("programs", problems);
  }

  async #readMesh(signal: AbortSignal | undefined): Promise<void> {
    const apps = await listApps(this.#ipc, signal);
    const mesh = new Map(
      await Promise.all(apps.map(async ({ name, running }): Promise<[string, Entry[]]> => {
        if (running) await this.#ask(name, signal);
        const methods = this.#usage.methods(name).map((method) => methodEntry(name, method));
        return [name, [appEntry(name, running), ...methods]];
      })),
    );
    const gone = [...this.#mesh].filter(([name]) => !mesh.has(name));
    // Where the registry cannot be read, only what runs is known: the rest stays as it was.
    if (gone.length > 0 && !await this.#ipc.registry.read().then(() => true, () => false)) {
      for (const [name, entries] of gone) mesh.set(name, entries);
    }
    this.#mesh = mesh;
  }

  /** Like #describe, but wakes nobody and takes no answer for one. */
  async #ask(app: string, signal: AbortSignal | undefined): Promise<void> {
    const options = {
      activate: false,
      timeout: DESCRIBE_TIMEOUT,
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      const about = await this.#ipc.call<AppDescription>(app, "$/describe", {}, options);
      await this.#usage.remember(app, about.methods);
    } catch (error) {
      // It has ended since it was listed, hangs, or cannot tell: what it told before still counts.
      if (signal?.aborted) throw error;
    }
  }

  /** What was used and is not in a list of its own: commands, methods with their params. */
  #recent(): Entry[] {
    return this.#usage.used().flatMap((id) => {
      if (id.startsWith(COMMAND)) return [commandEntry(id.slice(COMMAND.length))];
      const call = parseMethodId(id);
      if (call === null || call.params === undefined) return [];
      const method = this.#usage.methods(call.app).find(({ name }) => name === call.method);
      const title = `${call.app} ${call.method} ${JSON.stringify(call.params)}`;
      const { description: detail = "", kind = "call" } = method ?? {};
      return [{ id, kind: "method", title, detail, streams: kind === "stream" }];
    });
  }
}
