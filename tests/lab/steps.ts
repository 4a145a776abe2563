/**
 * The steps that make the lab. Each one is complete or done again: it leaves its stamp last.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { hasStamp, INTEGRITY, type Lab, LAB_STAMP, TARGETS, VERSIONS } from "./lab.ts";
import { fetchArchive } from "./npm_package.ts";
import { compileForLab } from "./executables.ts";
import { LabSession, pathInLab, windowsPath } from "./session.ts";

/** One step: what it makes, from what, and how. */
export interface Step {
  readonly name: string;
  readonly title: string;
  /** A change of this makes the step run again. */
  readonly madeFrom: string;
  run(lab: Lab): Promise<void>;
}

const checkout = fromFileUrl(new URL("../..", import.meta.url));

const APT = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];

export const STEPS: readonly Step[] = [
  {
    name: "debian",
    title: `Debian ${VERSIONS.debian} (debootstrap)`,
    madeFrom: VERSIONS.debian,
    async run(lab) {
      if (!await findProgram("debootstrap")) {
        await run("env", [...APT.slice(1), "update"]);
        await run("env", [
          ...APT.slice(1),
          "install",
          "-y",
          "--no-install-recommends",
          "debootstrap",
        ]);
      }
      await removeTree(lab.chroot);
      // in a mount namespace of its own, so that being interrupted leaves no /proc mounted in it
      const debootstrap = ["debootstrap", "--variant=minbase", VERSIONS.debian, lab.chroot];
      await run("unshare", ["--mount", ...debootstrap]);
    },
  },
  {
    name: "wine",
    title: "Wine, inside it (apt-get)",
    madeFrom: VERSIONS.debian,
    async run(lab) {
      const inside = (...args: string[]) => run("chroot", [lab.chroot, ...APT, ...args]);
      await inside("update");
      await inside("install", "-y", "--no-install-recommends", "wine64", "wine");
      await inside("clean");
    },
  },
  fetchStep("windowsDeno", "Deno for Windows", (lab) => lab.windowsDeno),
  fetchStep("compiler", "Deno, for compiling", (lab) => lab.compiler),
  fetchStep("linuxRuntime", "Runtime of executables for Linux", (lab) => lab.linuxRuntime),
  fetchStep("windowsRuntime", "Runtime of executables for Windows", (lab) => lab.windowsRuntime),
  {
    name: "prefix",
    title: "Wine prefix (wineboot)",
    madeFrom: VERSIONS.debian,
    async run(lab) {
      await removeTree(dirname(lab.prefix));
      await using session = await LabSession.enter(lab, checkout, "template");
      await must(session.command(["wineboot", "-i"], { cwd: "/" }), "wineboot");
      await must(session.command(["wineserver", "-w"], { cwd: "/" }), "wineserver");
    },
  },
  {
    name: "verified",
    title: "Trying everything out",
    madeFrom: LAB_STAMP,
    run: verify,
  },
];

/** Takes a package with npm, unpacked below the lab's tools. */
function fetchStep(
  name: keyof typeof VERSIONS & ("windowsDeno" | "compiler" | "linuxRuntime" | "windowsRuntime"),
  what: string,
  program: (lab: Lab) => string,
): Step {
  const specifier = VERSIONS[name];
  return {
    name,
    title: `${what} (${specifier})`,
    madeFrom: specifier,
    async run(lab) {
      const folder = join(lab.folder, "tools", name);
      await removeTree(folder);
      await ensureDir(folder);
      const archive = await fetchArchive(specifier, INTEGRITY[name], folder);
      await run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
      await Deno.remove(archive);
      if (!await exists(program(lab))) {
        throw new Error(`Cannot find "${program(lab)}" in the package ${specifier}`);
      }
      await Deno.chmod(program(lab), 0o755);
    },
  };
}

/** Starts deno.exe, and a program compiled for each system. */
async function verify(lab: Lab): Promise<void> {
  await using session = await LabSession.enter(lab, checkout);
  const version = versionOf(VERSIONS.windowsDeno);
  const windowsDeno = windowsPath(pathInLab(lab, lab.windowsDeno));
  expect(await must(session.wine([windowsDeno, "--version"]), "deno.exe"), `deno ${version}`);

  const folder = await Deno.makeTempDir({ dir: lab.folder, prefix: "verify-" });
  try {
    const entry = join(folder, "hello.ts");
    await Deno.writeTextFile(
      entry,
      "console.log(`hello ${Deno.build.os} ${Deno.build.standalone}`);\n",
    );
    const linux = join(folder, "hello");
    await compileForLab(lab, { entry, output: linux, target: TARGETS.linux });
    expect(await must(new Deno.Command(linux), "a compiled program"), "hello linux true");
    const windows = `${linux}.exe`;
    await compileForLab(lab, { entry, output: windows, target: TARGETS.windows });
    const inLab = windowsPath(pathInLab(lab, windows));
    expect(await must(session.wine([inLab]), "a compiled .exe"), "hello windows true");
  } finally {
    await removeTree(folder);
  }
}

function expect(output: string, part: string): void {
  if (!output.includes(part)) {
    throw new Error(`Cannot use what was set up: expected "${part}", got "${output.trim()}"`);
  }
}

/** "2.9.5" of "@deno/win32-x64@2.9.5". */
function versionOf(specifier: string): string {
  return specifier.slice(specifier.lastIndexOf("@") + 1);
}

/** The steps that are not done. What comes after one of them is done again only by its own stamp. */
export function missingSteps(lab: Lab): Step[] {
  return STEPS.filter(({ name, madeFrom }) => !hasStamp(lab, name, madeFrom));
}

/** Runs the step, and leaves its stamp where it came to its end. */
export async function runStep(lab: Lab, step: Step): Promise<void> {
  const stamp = join(lab.stamps, step.name);
  await ensureDir(lab.stamps);
  await Deno.remove(stamp).catch(ignoreMissing);
  await step.run(lab);
  await Deno.writeTextFile(`${stamp}.new`, step.madeFrom);
  await Deno.rename(`${stamp}.new`, stamp);
}

/**
 * Removes a folder of the lab, unless something is mounted in it: removing would reach through
 * the mount.
 */
export async function removeTree(folder: string): Promise<void> {
  const mounted = (await Deno.readTextFile("/proc/self/mountinfo")).split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "))
    .filter((place) => place === folder || place.startsWith(`${folder}/`));
  if (mounted.length > 0) {
    throw new Error(`Cannot remove "${folder}": "${mounted[0]}" is mounted; unmount it first`);
  }
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Whether a program of that name is on PATH. */
export async function findProgram(name: string): Promise<boolean> {
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin", "/sbin");
  for (const folder of folders) {
    if (folder !== "" && await exists(join(folder, name), { isFile: true })) return true;
  }
  return false;
}

/** Runs a program of this system to its end; its output is shown only where it failed. */
async function run(program: string, args: string[], cwd?: string): Promise<void> {
  const command = new Deno.Command(program, { args, stdin: "null", ...(cwd ? { cwd } : {}) });
  await must(command, [program, ...args].join(" "));
}

/** What the command printed. */
async function must(command: Deno.Command, what: string): Promise<string> {
  const { success, code, stdout, stderr } = await command.output();
  const output = new TextDecoder().decode(stdout);
  if (success) return output;
  const last = `${output}\n${new TextDecoder().decode(stderr)}`.trim().split("\n").slice(-20);
  throw new Error(`Cannot run ${what}: it ended with code ${code}\n  ${last.join("\n  ")}`);
}
