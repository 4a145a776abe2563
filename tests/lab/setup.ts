/**
 * `deno task lab`: makes the Windows lab, or what is missing of it. `--remove` removes it.
 *
 * @module
 */
import { join } from "@std/path";
import { ensureDir } from "@std/fs";
import { labPaths } from "./lab.ts";
import { findProgram, missingSteps, removeTree, runStep } from "./steps.ts";

const HELP = `deno task lab [--remove]

Sets up, in the user's cache folder, what running the Windows suites on Linux takes: Wine in a
small Debian system, Deno for Windows, and the runtimes of compiled programs. About 2 minutes and
2.5 GB, once; a later run makes only what is missing.

  --remove   remove it
  --help     show this
`;

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Says what this machine lacks. */
async function checkMachine(): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new Error(
      `Cannot set up the lab on ${Deno.build.os}: it needs Linux` +
        (Deno.build.os === "windows" ? "; on Windows the suites run natively without it" : ""),
    );
  }
  if (Deno.build.arch !== "x86_64") {
    throw new Error(`Cannot set up the lab on ${Deno.build.arch}: it needs x86_64`);
  }
  if (Deno.uid() !== 0) throw new Error("Cannot set up the lab: run `deno task lab` as root");
  const needed: [string, string][] = [
    ["npm", "install Node.js with npm"],
    ["tar", "install tar"],
    ["unshare", "install util-linux"],
    ["nsenter", "install util-linux"],
    ["chroot", "install coreutils"],
  ];
  if (!await findProgram("debootstrap")) needed.push(["apt-get", "install debootstrap yourself"]);
  for (const [program, advice] of needed) {
    if (!await findProgram(program)) {
      throw new Error(`Cannot set up the lab: "${program}" is not on PATH; ${advice}`);
    }
  }
}

async function setUp(): Promise<void> {
  await checkMachine();
  const lab = labPaths();
  await ensureDir(lab.folder);
  // held until this process ends, so that two of them do not build in the same place
  const lock = await Deno.open(join(lab.folder, "lock"), { create: true, write: true });
  await lock.lock(true);
  const start = performance.now();
  const missing = missingSteps(lab);
  for (const [index, step] of missing.entries()) {
    const began = performance.now();
    console.log(`[${index + 1}/${missing.length}] ${step.title} …`);
    await runStep(lab, step);
    console.log(`[${index + 1}/${missing.length}] ${step.title}: ${seconds(began)}`);
  }
  console.log(
    missing.length === 0
      ? `The lab is ready in ${lab.folder}`
      : `The lab is ready in ${lab.folder} (${seconds(start)})`,
  );
}

async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => !["--remove", "--help", "-h"].includes(arg));
  if (unknown !== undefined) {
    console.error(`Cannot understand "${unknown}": see deno task lab --help`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  try {
    if (args.includes("--remove")) {
      const { folder } = labPaths();
      await removeTree(folder);
      console.log(`Removed ${folder}`);
    } else {
      await setUp();
    }
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
