/**
 * How a process that joins the mesh enters itself and its suite in the registry.
 *
 * @module
 */

import type { LaunchCommand } from "./launch_command.ts";
import type { Registry } from "./registry.ts";
import { type RegistryEntry, sameLaunch } from "./registry_entry.ts";
import { registerSuite } from "./suite.ts";

/** What is entered. */
export interface Registration {
  /** `null` for a client. */
  name: string | null;
  /** `null` where the app is not to be woken. */
  launch: LaunchCommand | null;
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
  { name, launch, keepAlive, suite }: Registration,
  report: (problem: string) => void,
): Promise<boolean> {
  let kept = false;
  try {
    if (name !== null && launch !== null) {
      const keep = keepAlive === undefined ? {} : { keep_alive: keepAlive };
      const entry: RegistryEntry = { ...launch, source: "self", ...keep };
      // Read without the lock: at most starts the registry says already what this one would write.
      const present = (await registry.read()).apps.get(name);
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
