/**
 * Programs that belong together register each other, so that a fresh home knows all of them before
 * any has registered itself.
 *
 * @module
 */

import type { LaunchCommand } from "./launch_command.ts";
import type { Registry } from "./registry.ts";
import { missingPart, type RegistryEntry, sameLaunch } from "./registry_entry.ts";

/**
 * Registers the programs of a suite. What a program wrote about itself stays, unless it is gone
 * from the disk; what a suite wrote gives way to the suite that runs now.
 */
export async function registerSuite(
  registry: Registry,
  suite: ReadonlyMap<string, LaunchCommand> | undefined,
): Promise<void> {
  if (suite === undefined) return;
  const choose = (present: RegistryEntry | undefined, launch: LaunchCommand): RegistryEntry =>
    present === undefined || present.source === "suite" || missingPart(present) !== null
      ? { ...launch, source: "suite" }
      : present;
  const { apps } = await registry.read();
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
