/**
 * `neverliie install`, `upgrade` and `uninstall`.
 *
 * @module
 */
import { DELIMITER, join, resolve } from "@std/path";
import type { CommonOptions } from "../commands.ts";
import { samePath } from "../../../lib/ipc/tools.ts";
import { programsOf } from "../../manifest.ts";
import { COMMAND } from "../../programs.ts";
import { UsageError } from "../exit.ts";
import { narrate, print, writeLine } from "../../output.ts";
import { install, planInstall } from "./install.ts";
import { readReceipt, rootFolder } from "./receipt.ts";
import { readSource } from "./source.ts";
import { planUninstall, uninstall } from "./uninstall.ts";

/** Options of all three. */
export interface PlaceFlags extends CommonOptions {
  /** The folder of the installation. */
  to?: string;
  dryRun?: boolean;
}

/** Options of install and upgrade. */
export interface InstallFlags extends PlaceFlags {
  from?: string;
  path?: boolean;
  menu?: boolean;
  logon?: boolean;
  /** Milliseconds. */
  timeout?: number;
}

/** Milliseconds that a restarted program has to answer unless told. */
const RESTART_TIMEOUT = 15_000;

/** `neverliie install` */
export async function installCommand(flags: InstallFlags): Promise<void> {
  await deploy(flags, "installed");
}

/** `neverliie upgrade` */
export async function upgradeCommand(flags: InstallFlags): Promise<void> {
  const root = await rootFolder(flags.to === undefined ? undefined : resolve(flags.to));
  if (await readReceipt(root) === null) {
    throw new UsageError(`Cannot upgrade: nothing is installed in "${root}". See install --help`);
  }
  await deploy(flags, "upgraded");
}

async function deploy(flags: InstallFlags, done: string): Promise<void> {
  const source = await readSource(flags.from === undefined ? undefined : resolve(flags.from));
  const root = await rootFolder(flags.to === undefined ? undefined : resolve(flags.to));
  if (samePath(root, source.folder)) {
    throw new UsageError(
      `Cannot install "${root}" onto itself: give the folder of the new version by --from`,
    );
  }
  const before = (await readReceipt(root))?.version ?? null;
  const plan = {
    root,
    source,
    choice: { path: flags.path ?? true, menu: flags.menu ?? true, logon: flags.logon ?? true },
    timeout: flags.timeout ?? RESTART_TIMEOUT,
    signal: flags.signal,
  };
  const { version } = source.manifest;
  if (flags.dryRun) return showPlan(await planInstall(plan), flags);
  const restarted = await narrated(flags, (say) => install({ ...plan, say }));
  if (flags.json) return print({ root, version, before, restarted }, true);
  writeLine(`NeverLiie ${version} is ${done} in "${root}"${before ? ` (was ${before})` : ""}.`);
  const bin = join(Deno.env.get("HOME") ?? "", ".local", "bin");
  if (!plan.choice.path) {
    const command = programsOf(source.manifest).find(({ name }) => name === COMMAND);
    if (command !== undefined) writeLine(`Try: "${join(root, command.file)}" list`);
  } else if (Deno.build.os === "windows") writeLine("In a new terminal: neverliie list");
  else if (!(Deno.env.get("PATH") ?? "").split(DELIMITER).includes(bin)) {
    writeLine(`"${bin}" is not on PATH: add it, or log in again where the system does so.`);
  } else writeLine("Try: neverliie list");
}

/** `neverliie uninstall` */
export async function uninstallCommand(flags: PlaceFlags): Promise<void> {
  const root = await rootFolder(flags.to === undefined ? undefined : resolve(flags.to));
  const receipt = await readReceipt(root);
  if (receipt === null) {
    throw new UsageError(`Cannot uninstall: nothing is installed in "${root}"`);
  }
  const plan = { root, receipt, signal: flags.signal };
  if (flags.dryRun) return showPlan(await planUninstall(plan), flags);
  const left = await narrated(flags, (say) => uninstall({ ...plan, say }));
  if (flags.json) return print({ root, version: receipt.version, left }, true);
  writeLine(`NeverLiie ${receipt.version} is uninstalled.`);
  if (left.length > 0) writeLine("Left, because you or your programs made it:");
  for (const path of left) writeLine(`  ${path}`);
}

/** Does it to its end, whether or not somebody reads how far it is; with `--json` nothing is said. */
function narrated<T>(
  { json }: PlaceFlags,
  work: (say: (step: string) => void) => Promise<T>,
): Promise<T> {
  return json ? work(() => {}) : narrate(work);
}

function showPlan(plan: readonly string[], { json }: PlaceFlags): void {
  if (json) return print(plan, true);
  for (const step of plan) writeLine(step);
  writeLine("Nothing was done: this was --dry-run.");
}
