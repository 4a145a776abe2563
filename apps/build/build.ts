/**
 * Builds programs for targets: in parallel as far as memory allows, only what changed, and the
 * rest where one fails.
 *
 * @module
 */
import { join, relative } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { loadedModules } from "../programs.ts";
import { linkFile } from "../program_file.ts";
import { VERSION } from "../version.ts";
import { CHECKOUT, CompileError, compileProgram, RuntimeMissingError } from "./compile.ts";
import { hashOfInputs } from "./hash.ts";
import {
  type BuiltProgram,
  MANIFEST,
  type Manifest,
  namesOf,
  readManifest,
  sha256OfFile,
  writeManifest,
} from "../manifest.ts";
import { Progress } from "./progress.ts";
import { executableName, isWindowsTarget } from "./targets.ts";
import { type Unit, unitsOf } from "./units.ts";
import { withResources } from "./windows_resources.ts";

/** What to build. */
export interface BuildRequest {
  /** Triples. */
  targets: readonly string[];
  /** Names of programs that are built each by itself; none for all as one executable. */
  apps: readonly string[];
  /** Each target gets a folder of its triple in it. */
  out: string;
  /** Runtimes by target; Deno downloads those that are not given. */
  denort: ReadonlyMap<string, string>;
  /** Whether to build what has not changed, too. */
  force: boolean;
  /** How many compilers run at once; as many as processors and memory allow unless given. */
  jobs?: number;
  /** The Deno that compiles, and its environment; the running one unless given. */
  compiler?: { deno: string; version: string; env: Record<string, string> };
}

/** What came of an executable for a target. */
export interface BuildResult {
  target: string;
  /** As progress calls it. */
  app: string;
  outcome: "made" | "unchanged" | "failed";
  /** Why it failed. */
  error: Error | null;
}

/** Bytes that one compiler and the writing of its executable take: measured 530 MB, rounded up. */
const MEMORY_PER_JOB = 700e6;

/** In a target's folder: the source maps of each program, which are in no archive. */
const MAPS = "maps";

/** How many programs to compile at once on this machine. */
export function jobsFor(processors: number, availableMemory: number): number {
  return Math.max(1, Math.min(processors, Math.floor(availableMemory / MEMORY_PER_JOB)));
}

/** Builds everything that is asked for, and writes a manifest in each target's folder. */
export async function buildAll(request: BuildRequest): Promise<BuildResult[]> {
  const { targets } = request;
  const [first, ...others] = unitsOf(request.apps);
  const jobs = request.jobs ??
    jobsFor(navigator.hardwareConcurrency, Deno.systemMemoryInfo().available);
  using progress = new Progress(targets.length * (1 + others.length));
  const results: BuildResult[] = [];
  const builds = new Map<string, TargetBuild>();
  for (const target of targets) builds.set(target, await TargetBuild.begin(target, request));

  const build = async ([target, unit]: readonly [string, Unit]) => {
    const step = `${unit.title} for ${target}`;
    progress.begin(step);
    const start = performance.now();
    const { outcome, error } = await builds.get(target)!.build(unit);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    results.push({ target, app: unit.title, outcome, error });
    progress.end(
      step,
      error === null ? `${outcome} ${step}  ${seconds} s` : `FAILED ${step}: ${error.message}`,
    );
  };
  try {
    // The first program of a target goes ahead of the others: it fetches the runtime for all.
    await inParallel(jobs, targets.map((target) => [target, first!] as const), build);
    const left = targets.flatMap((target) => others.map((unit) => [target, unit] as const));
    const hopeless = left.filter(([target]) => builds.get(target)!.hopeless !== null);
    for (const [target, { title }] of hopeless) {
      results.push({ target, app: title, outcome: "failed", error: builds.get(target)!.hopeless });
    }
    progress.skip(hopeless.length);
    await inParallel(jobs, left.filter((step) => !hopeless.includes(step)), build);
  } finally {
    for (const build of builds.values()) await build.end();
  }
  return results;
}

/** Does `work` for every item, on at most `limit` of them at once. */
async function inParallel<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  // All workers take from the one iterator.
  await Promise.all(Array.from({ length: limit }, async () => {
    for (const item of left) await work(item);
  }));
}

/** The programs of one target. */
class TargetBuild {
  readonly #target: string;
  readonly #request: BuildRequest;
  readonly #folder: string;
  /** Where compilers write; what is whole is moved out of it. */
  readonly #unfinished: string;
  readonly #before: Manifest | null;
  readonly #programs: Map<string, BuiltProgram>;
  /** Why no program at all can be compiled for the target. */
  hopeless: RuntimeMissingError | null = null;

  private constructor(target: string, request: BuildRequest, before: Manifest | null) {
    this.#target = target;
    this.#request = request;
    this.#folder = join(request.out, target);
    this.#unfinished = join(this.#folder, `.unfinished-${Deno.pid}`);
    this.#before = before;
    this.#programs = new Map(before?.programs.map((program) => [program.name, program]));
  }

  static async begin(target: string, request: BuildRequest): Promise<TargetBuild> {
    // One that is broken, by a build that was killed perhaps, tells nothing: all is made anew.
    const before = await readManifest(join(request.out, target)).catch(() => null);
    return new TargetBuild(target, request, before);
  }

  /** Builds an executable, unless it is there and made from the same. */
  async build(unit: Unit): Promise<Pick<BuildResult, "outcome" | "error">> {
    const { name } = unit;
    try {
      const inputs = await this.#inputsOf(unit);
      if (!this.#request.force && await this.#isBuilt(unit, inputs)) {
        return { outcome: "unchanged", error: null };
      }
      const built = await this.#compile(unit, inputs);
      await this.#makeRoom(unit);
      this.#programs.set(name, built);
      const path = join(this.#folder, built.file);
      for (const { file } of namesOf(built).slice(1)) {
        await replacing(join(this.#folder, file), (link) => linkFile(path, link));
      }
      return { outcome: "made", error: null };
    } catch (error) {
      // An executable in use, a full disk: the next program may fare better.
      if (!(error instanceof Error)) throw error;
      if (error instanceof RuntimeMissingError) this.hopeless = error;
      this.#programs.delete(name);
      return { outcome: "failed", error };
    }
  }

  /** No other executable has the names of this one any more, and the one in its place has no others. */
  async #makeRoom({ name, names }: Unit): Promise<void> {
    for (const other of this.#programs.values()) {
      if (other.name === name) {
        const gone = namesOf(other).slice(1).filter((one) => !names.includes(one.name));
        for (const { file } of gone) await Deno.remove(join(this.#folder, file)).catch(() => {});
      } else if (names.includes(other.name)) this.#programs.delete(other.name);
      else other.names = other.names?.filter((one) => one !== name) ?? [];
    }
  }

  /** Writes the manifest. */
  async end(): Promise<void> {
    if (await exists(this.#unfinished)) await Deno.remove(this.#unfinished, { recursive: true });
    // A folder for nothing would look like a build.
    if (this.#programs.size === 0) return void await removeIfEmpty(this.#folder);
    await writeManifest(this.#folder, {
      name: "neverliie",
      version: VERSION,
      target: this.#target,
      deno: this.#denoVersion,
      programs: [...this.#programs.values()],
    });
  }

  get #denoVersion(): string {
    return this.#request.compiler?.version ?? Deno.version.deno;
  }

  get #denort(): string | undefined {
    return this.#request.denort.get(this.#target);
  }

  async #inputsOf({ names, program }: Unit): Promise<string> {
    // A runtime that is not there is for the compiler to complain about.
    const given = this.#denort !== undefined && await exists(this.#denort);
    const denort = given ? await Deno.stat(this.#denort!) : null;
    const modules = [program.entry, ...program.workers, ...loadedModules(program)];
    return await hashOfInputs(modules.map((path) => join(CHECKOUT, path)), {
      // The form of what this file makes: to be raised with a change that the rest does not tell.
      form: 3,
      names,
      program,
      version: VERSION,
      target: this.#target,
      deno: [Deno.version.deno, this.#denoVersion],
      denort: denort && [this.#denort, denort.size, denort.mtime],
    }, this.#request.compiler);
  }

  /** Whether the executable is there by all its names, unchanged, and made from the same inputs. */
  async #isBuilt({ name, names }: Unit, inputs: string): Promise<boolean> {
    const built = this.#before?.programs.find((one) => one.name === name);
    if (built?.inputs !== inputs || (built.names ?? []).join() !== names.join()) return false;
    for (const { file } of namesOf(built)) {
      const path = join(this.#folder, file);
      if (!await exists(path) || await sha256OfFile(path) !== built.sha256) return false;
    }
    return true;
  }

  async #compile({ name, names, program }: Unit, inputs: string): Promise<BuiltProgram> {
    const { permissions, workers, bundled = [], views = [], terminal, description } = program;
    const file = executableName(name, this.#target);
    const entry = join(CHECKOUT, program.entry);
    if (!await exists(entry)) throw new CompileError(`Cannot compile "${name}": no "${entry}"`);
    const { deno, env } = this.#request.compiler ?? {};
    const unfinished = join(this.#unfinished, file);
    await ensureDir(this.#unfinished);
    const payload = await compileProgram({
      entry,
      output: unfinished,
      target: this.#target,
      permissions,
      terminal,
      include: workers.map((path) => join(CHECKOUT, path)),
      bundled: bundled.map((path) => join(CHECKOUT, path)),
      views: views.map((path) => join(CHECKOUT, path)),
      maps: join(this.#folder, MAPS, name),
      ...(this.#denort === undefined ? {} : { denort: this.#denort }),
      ...(deno === undefined ? {} : { deno }),
      ...(env === undefined ? {} : { env }),
    });
    if (isWindowsTarget(this.#target)) {
      const icon = await Deno.readFile(join(CHECKOUT, "apps", "assets", "neverliie.ico"));
      const resources = {
        description,
        product: "NeverLiie",
        version: VERSION,
        fileName: file,
        icon,
      };
      const executable = await Deno.readFile(unfinished);
      await Deno.writeFile(unfinished, withResources(executable, resources));
    }
    const path = join(this.#folder, file);
    await replacing(path, (path) => Deno.rename(unfinished, path));
    const { size } = await Deno.stat(path);
    const sha256 = await sha256OfFile(path);
    const built = { name, file, description, size, payload, sha256 };
    const also = names.length === 0 ? {} : { names: [...names] };
    return { ...built, ...also, permissions: [...permissions], inputs };
  }
}

/** Puts a new executable in the place of one. @throws {CompileError} where that is held on to */
async function replacing(path: string, put: (path: string) => Promise<void>): Promise<void> {
  try {
    await put(path);
  } catch (error) {
    throw new CompileError(
      `Cannot replace "${relative(CHECKOUT, path)}": ${(error as Error).message}. Does it run?`,
    );
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  if (!await exists(folder)) return;
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  if (names.every((name) => name === MANIFEST)) await Deno.remove(folder, { recursive: true });
}
