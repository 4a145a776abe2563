/**
 * The parts of a test run that take more than this system's Deno: executables, and Windows.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";
import {
  LeftOut,
  localTest,
  type Part,
  type Prepared,
  type TestArguments,
} from "../support/test_part.ts";
import { buildTestPrograms } from "./executables.ts";
import { type Lab, TARGETS } from "./lab.ts";
import { LabSession, pathInLab, windowsPath } from "./session.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Names the folder of the executables that a compiled suite drives instead of scripts. */
const EXECUTABLES = "NEVERLIIE_TEST_EXECUTABLES";

const COMPILED = ["tests/mesh", "tests/compiled"];

/** The suites on executables of this system, made by the lab's compiler or else by this Deno. */
export function compiledParts(lab: Lab | null): Part[] {
  return [{
    name: "compiled",
    folders: COMPILED,
    async prepare(test) {
      await using cleanup = new AsyncDisposableStack();
      const folder = await executablesFolder(lab, cleanup);
      try {
        await buildTestPrograms(lab, folder, lab ? TARGETS.linux : undefined);
      } catch (error) {
        if (lab !== null) throw error;
        const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
        throw new LeftOut(
          `${why}; ` +
            (Deno.build.os === "linux"
              ? "`deno task lab` brings a compiler with its runtime (Linux, root)"
              : "it needs the network, or DENORT_BIN"),
        );
      }
      const { command } = localTest({ ...test, env: { ...test.env, [EXECUTABLES]: folder } });
      return ready(command, cleanup);
    },
  }];
}

/** The suites inside deno.exe under Wine; on Windows itself the suites run natively instead. */
export function windowsParts(lab: Lab | null): Part[] {
  if (Deno.build.os === "windows") return [];
  const scripts = (suite: string): Part => ({
    name: `windows-${suite}`,
    folders: [`tests/${suite}`],
    prepare: (test) => underWine(lab, test, false),
  });
  return [scripts("transport"), scripts("mesh"), {
    name: "windows-compiled",
    folders: COMPILED,
    prepare: (test) => underWine(lab, test, true),
  }];
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
  await fillCache(lab, test);
  const env: Record<string, string> = {
    DENO_DIR: windowsPath(pathInLab(lab, lab.denoDir)),
    DENO_NO_UPDATE_CHECK: "1",
  };
  for (const name of ["CI", "NO_COLOR", "FORCE_COLOR", "TERM"]) {
    const value = test.env[name];
    if (value !== undefined) env[name] = value;
  }
  if (compiled) {
    const folder = await executablesFolder(lab, cleanup);
    await buildTestPrograms(lab, folder, TARGETS.windows);
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

/** Loads with this system's Deno what deno.exe is going to import: it downloads nothing itself. */
async function fillCache(lab: Lab, { files, importFlags, env }: TestArguments): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", ...importFlags, ...files],
    cwd: checkout,
    clearEnv: true,
    env: { ...env, DENO_DIR: lab.denoDir },
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(`Cannot load what the tests import: ${new TextDecoder().decode(stderr)}`);
  }
}

/** A folder for one run, removed with it; in the lab's, where there is one, so that Wine sees it. */
async function executablesFolder(
  lab: Lab | null,
  cleanup: AsyncDisposableStack,
): Promise<string> {
  const folder = await Deno.makeTempDir({
    prefix: "executables-",
    ...(lab === null ? {} : { dir: lab.folder }),
  });
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  return folder;
}

function ready(command: Deno.Command, cleanup: AsyncDisposableStack): Prepared {
  const owned = cleanup.move();
  return { command, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
