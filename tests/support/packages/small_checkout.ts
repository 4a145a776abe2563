/**
 * A checkout of a few lines with the project's own way to its packages: its task, its scripts that
 * find and fetch them, and an import map of each kind.
 *
 * @module
 */
import { delimiter } from "node:path";
import { dirname, fromFileUrl, join } from "@std/path";
import config from "../../../deno.json" with { type: "json" };
import { moduleFiles } from "../../../lib/packages/module_files.ts";

const checkout = fromFileUrl(new URL("../../..", import.meta.url));

/** What the program prints: the versions that it got, and of whom. */
const PROGRAM = `
import { source } from "@std/path";
import { versions } from "front";
console.log(JSON.stringify({ source, versions }));
`;

/** Scopes as the project's: of all modules, and of the tests. */
const scopes = (root: string, more: Record<string, string>) => ({
  [root]: { "front": "npm:front@1.0.0", ...more },
  [`${root}tests/`]: { "only-tests": "npm:only-tests@1.0.0" },
});

/** What a task came to. */
export interface TaskResult {
  code: number;
  /** What the program printed, or its text where that is no JSON. */
  printed: unknown;
  /** What was told, without Deno's own line on the task. */
  told: string[];
  /** What was told of waiting, which depends on how busy this machine is. */
  progress: string[];
}

/** Where packages come from. */
export interface Registries {
  npm: string;
  jsr: string;
}

/** One checkout in a folder of its own. */
export class SmallCheckout implements AsyncDisposable {
  readonly folder: string;
  readonly #caches: string;
  #denoDir = "";

  private constructor(folder: string, caches: string) {
    this.folder = folder;
    this.#caches = caches;
    this.emptyCache();
  }

  static async make(): Promise<SmallCheckout> {
    const folder = await Deno.makeTempDir({ prefix: "neverliie small checkout ü " });
    const caches = await Deno.makeTempDir({ prefix: "neverliie-caches-" });
    const small = new SmallCheckout(folder, caches);
    await small.name({});
    await small.write("lib/std/path.ts", `export const source = "stand-in";\n`);
    for (const path of ["lib/std/import_flags.ts", "lib/ipc/base/path.ts", "lib/packages"]) {
      for (const file of moduleFiles(join(checkout, path))) {
        const place = file.slice(checkout.length).replaceAll("\\", "/");
        await small.write(place, await Deno.readTextFile(file));
      }
    }
    const programs = new Set(config.tasks.start.match(/apps\/\w+\/main\.ts/g));
    for (const path of programs) await small.write(path, PROGRAM);
    await small.write("tests/a_test.ts", `import "only-tests";\n`);
    await small.write("examples/a.ts", "");
    await small.write("build.ts", "");
    return small;
  }

  /** Writes the import maps, with more names for all modules. */
  async name(more: Record<string, string>): Promise<void> {
    const { lock, unstable, nodeModulesDir } = config;
    const tasks = { start: config.tasks.start, lock: config.tasks.lock };
    const real = { imports: { "@std/path": "jsr:@std/path@^1.0.0" }, scopes: scopes("./", more) };
    const standIns = { imports: { "@std/path": "./path.ts" }, scopes: scopes("../../", more) };
    await this.write(
      "deno.json",
      JSON.stringify({ lock, unstable, nodeModulesDir, tasks, ...real }),
    );
    await this.write("lib/std/import_map.json", JSON.stringify(standIns));
  }

  async write(path: string, text: string): Promise<void> {
    const place = join(this.folder, path);
    await Deno.mkdir(dirname(place), { recursive: true });
    await Deno.writeTextFile(place, text);
  }

  /** A file's text; `null` where there is none. */
  async read(path: string): Promise<string | null> {
    try {
      return await Deno.readTextFile(join(this.folder, path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** From now on nothing was ever fetched. */
  emptyCache(): void {
    this.#denoDir = Deno.makeTempDirSync({ dir: this.#caches });
  }

  /** Runs `deno` in the checkout to its end. */
  async deno(args: readonly string[], { npm, jsr }: Registries): Promise<TaskResult> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: this.folder,
      env: {
        PATH: `${dirname(Deno.execPath())}${delimiter}${Deno.env.get("PATH") ?? ""}`,
        // Where nobody's .npmrc is.
        ...{ HOME: this.#caches, USERPROFILE: this.#caches },
        ...{ DENO_DIR: this.#denoDir, NPM_CONFIG_REGISTRY: npm, JSR_URL: jsr },
        ...{ NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
        ...{ NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" },
      },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    const lines = text(stderr).split("\n").filter((line) => line !== "" && !/^Task /.test(line));
    const isProgress = (line: string) => /^ +\d+ packages |^Asking JSR/.test(line);
    return {
      code,
      printed: parsed(text(stdout)),
      told: lines.filter((line) => !isProgress(line)),
      progress: lines.filter(isProgress),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
    await Deno.remove(this.#caches, { recursive: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
