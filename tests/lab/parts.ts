/**
 * The parts of a test run that take more than this system's Deno: executables, and Windows.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import {
  LeftOut,
  localTest,
  type Part,
  type Prepared,
  type TestArguments,
} from "../support/run/test_part.ts";
import { loadTestModules } from "../support/run/test_modules.ts";
import { PATIENCE_VARIABLE } from "../support/run/watchdog.ts";
import { RuntimeMissingError } from "../../build.ts";
import { exists } from "@std/fs";
import { HEADERS_FOLDER } from "../headers/headers.ts";
import { buildTestPrograms } from "./executables.ts";
import { INTEROP, interopEnvironment } from "./interop.ts";
import { type Lab, TARGETS } from "./lab.ts";
import { madeProgramEnvironment } from "./made_program.ts";
import { MISSING_RUNTIME, MIXED, mixedEnvironment } from "./mixed_programs.ts";
import { nodeEnvironment } from "./node_programs.ts";
import { LabSession, pathInLab, windowsPath } from "./session.ts";
import { findProgram } from "./steps.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Names the folder of the executables that a compiled suite drives instead of scripts. */
const EXECUTABLES = "NEVERLIIE_TEST_EXECUTABLES";

/** The folder of the tests in Node. */
const NODE = "tests/node";

const COMPILED = ["tests/mesh", "tests/compiled", INTEROP, "tests/chaos"];

/** The suites on executables of this system, made by the lab's compiler or else by this Deno. */
export function compiledParts(lab: Lab | null): Part[] {
  return [{
    name: "compiled",
    folders: COMPILED,
    async prepare(test) {
      await loadTestModules("executables", test);
      await using cleanup = new AsyncDisposableStack();
      const out = await executablesFolder(lab, cleanup);
      let folder: string;
      try {
        folder = await buildTestPrograms(lab, out, lab ? TARGETS.linux : undefined);
      } catch (error) {
        if (!(error instanceof RuntimeMissingError)) throw error;
        throw new LeftOut(MISSING_RUNTIME);
      }
      const interop = await interopEnvironment(test.files);
      const env = { ...test.env, ...interop, [EXECUTABLES]: folder };
      const { command } = localTest({ ...test, env });
      return ready(command, cleanup);
    },
  }];
}

/** The library in Node and Bun, on this system. */
export function nodePart(): Part {
  return {
    name: "node",
    folders: [NODE],
    async prepare(test) {
      await loadTestModules("Node", test);
      await using cleanup = new AsyncDisposableStack();
      const env = { ...test.env, ...await nodeEnvironment(cleanup) };
      return ready(localTest({ ...test, env }).command, cleanup);
    },
  };
}

/** Meshes of programs of all makes, on this system. */
export function mixedPart(lab: Lab | null): Part {
  return {
    name: "mixed",
    folders: [MIXED],
    async prepare(test) {
      await loadTestModules("mixed meshes", test);
      await using cleanup = new AsyncDisposableStack();
      const out = await executablesFolder(lab, cleanup);
      const env = { ...test.env, ...await mixedEnvironment(cleanup, out, lab, false) };
      return ready(localTest({ ...test, env }).command, cleanup);
    },
  };
}

/** What is declared of Windows, against Windows' headers. */
export function headersPart(): Part {
  return {
    name: "windows-headers",
    folders: ["tests/headers"],
    async prepare(test) {
      if (Deno.build.os !== "linux") throw new LeftOut("the headers are Debian's: it needs Linux");
      if (!await findProgram("clang") || !await exists(join(HEADERS_FOLDER, "windows.h"))) {
        throw new LeftOut(
          "clang or Windows' headers are missing: apt-get install clang mingw-w64-x86-64-dev",
        );
      }
      return localTest(test);
    },
  };
}

/** The suites inside deno.exe under Wine; on Windows itself the suites run natively instead. */
export function windowsParts(lab: Lab | null): Part[] {
  if (Deno.build.os === "windows") return [];
  const scripts = (suite: string): Part => ({
    name: `windows-${suite}`,
    folders: [`tests/${suite}`],
    prepare: (test) => underWine(lab, test, false),
  });
  return [
    scripts("transport"),
    scripts("mesh"),
    scripts("interop"),
    scripts("chaos"),
    scripts("node"),
    scripts("mixed"),
    {
      name: "windows-compiled",
      folders: COMPILED,
      prepare: (test) => underWine(lab, test, true),
    },
  ];
}

async function underWine(
  lab: Lab | null,
  test: TestArguments,
  compiled: boolean,
): Promise<Prepared> {
  if (lab === null) {
    throw new LeftOut(
      Deno.build.os === "linux"
        ? "no Windows lab here; `deno task lab` sets it up (as root)"
        : "the Windows lab needs Linux",
    );
  }
  await using cleanup = new AsyncDisposableStack();
  // deno.exe downloads nothing itself.
  await loadTestModules("Windows", test, lab.denoDir);
  const out = await executablesFolder(lab, cleanup);
  const env: Record<string, string> = {
    DENO_DIR: windowsPath(pathInLab(lab, lab.denoDir)),
    DENO_NO_UPDATE_CHECK: "1",
    ...await interopEnvironment(test.files, lab),
    ...await madeProgramEnvironment(test, lab, join(out, "made"), compiled),
  };
  if (test.files.some((file) => file.startsWith(`${NODE}/`))) {
    Object.assign(env, await nodeEnvironment(cleanup, lab));
  }
  if (test.files.some((file) => file.startsWith(`${MIXED}/`))) {
    Object.assign(env, await mixedEnvironment(cleanup, out, lab, true));
  }
  for (const name of ["CI", "NO_COLOR", "FORCE_COLOR", "TERM", PATIENCE_VARIABLE]) {
    const value = test.env[name];
    if (value !== undefined) env[name] = value;
  }
  if (compiled) {
    const folder = await buildTestPrograms(lab, out, TARGETS.windows);
    env[EXECUTABLES] = windowsPath(pathInLab(lab, folder));
  }
  const session = cleanup.use(await LabSession.enter(lab, checkout));
  const command = session.wine([
    windowsPath(pathInLab(lab, lab.windowsDeno)),
    ...["test", "-A", "--no-check", "--cached-only"],
    ...test.importFlags,
    ...test.options,
    ...test.files,
  ], { env });
  return ready(command, cleanup);
}

/** How long a folder of a run that was killed is left alone, in milliseconds. */
const STALE = 24 * 60 * 60_000;

/** A folder for one run, removed with it; in the lab's, where there is one, so that Wine sees it. */
async function executablesFolder(
  lab: Lab | null,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  const prefix = "executables-";
  if (lab !== null) await removeStale(lab, prefix);
  const folder = await Deno.makeTempDir({ prefix, ...(lab === null ? {} : { dir: lab.folder }) });
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  return folder;
}

/** Removes what runs that were killed left in the lab's folder. */
async function removeStale(lab: Lab, prefix: string): Promise<void> {
  for await (const { name } of Deno.readDir(lab.folder)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(lab.folder, name);
    try {
      const { mtime } = await Deno.stat(path);
      if (mtime !== null && Date.now() - mtime.getTime() > STALE) {
        await Deno.remove(path, { recursive: true });
      }
    } catch (error) {
      // another run ended meanwhile, or removed it first
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function ready(command: Deno.Command, cleanup: AsyncDisposableStack): Prepared {
  const owned = cleanup.move();
  return { command, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
