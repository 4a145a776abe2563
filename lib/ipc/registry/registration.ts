/**
 * How a process that joins the mesh enters itself and its suite in the registry. Programs that
 * belong together enter each other, so that a fresh home knows all of them before any has done so.
 *
 * @module
 */

import type { LaunchCommand } from "./launch_command.ts";
import type { Registry } from "./registry.ts";
import { folderFault, missingPart, type RegistryEntry, sameLaunch } from "./registry_entry.ts";

export { type LaunchCommand, ownLaunchCommand } from "./launch_command.ts";

/** What is entered. */
export interface Registration {
  /** `null` for a client. */
  name: string | null;
  /** `null` where the app is not to be woken. */
  launch: LaunchCommand | null;
  /** Whether the mesh started this process, by the entry that there is. */
  woken?: boolean;
  keepAlive?: boolean | undefined;
  suite?: ReadonlyMap<string, LaunchCommand> | undefined;
}

/**
 * Enters an app and its suite; where that fails they serve and call all the same.
 *
 * @returns whether the app is to be kept alive
 */
export async function register(
  registry: Registry,
  { name, launch, woken = false, keepAlive, suite }: Registration,
  report: (problem: string) => void,
): Promise<boolean> {
  let kept = false;
  try {
    if (name !== null && launch !== null) {
      // Read without the lock: at most starts the registry says already what this one would write.
      const present = (await registry.read()).apps.get(name);
      const keep = keepAlive === undefined ? {} : { keep_alive: keepAlive };
      // Started elsewhere, as the folder of the entry is away: the next start may find it again.
      const stays = woken && present !== undefined && present.cwd !== launch.cwd &&
        folderFault(present.cwd) !== null;
      const cwd = stays ? present.cwd : launch.cwd;
      const entry: RegistryEntry = { ...launch, cwd, source: "self", ...keep };
      if (present === undefined || !sameLaunch(present, entry)) await registry.set(name, entry);
      // A person may have written it there, too.
      kept = keepAlive ?? present?.keep_alive === true;
    }
    await registerSuite(registry, suite);
  } catch (error) {
    const { message } = error as Error;
    report(name === null ? message : `${message}. "${name}" runs, but was not registered`);
  }
  return kept;
}

/**
 * Registers the programs of a suite. What a program wrote about itself stays, unless it is gone
 * from the disk; what a suite wrote gives way to the suite that runs now.
 */
async function registerSuite(
  registry: Registry,
  suite: ReadonlyMap<string, LaunchCommand> | undefined,
): Promise<void> {
  if (suite === undefined) return;
  const choose = (present: RegistryEntry | undefined, launch: LaunchCommand): RegistryEntry =>
    present === undefined || present.source === "suite" || missingPart(present) !== null
      ? { ...launch, source: "suite" }
      : present;
  const { apps, fault } = await registry.readOrTell();
  if (fault !== null) return;
  const stale = [...suite].filter(([app, launch]) => {
    const present = apps.get(app);
    return present === undefined || !sameLaunch(present, choose(present, launch));
  });
  // Nearly always nothing: then the file is read and not locked.
  if (stale.length === 0) return;
  await registry.update(
    new Map(stale.map(([app, launch]) => [app, (present) => choose(present, launch)])),
  );
}
