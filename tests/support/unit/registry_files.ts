/** A registry in a home of its own, and what it leaves there. */
import type { Home } from "../../../lib/ipc/registry/home.ts";
import { Registry } from "../../../lib/ipc/registry/registry.ts";
import type { RegistryEntry } from "../../../lib/ipc/registry/registry_entry.ts";

/** What `Registry.update` makes of one entry. */
export type Change = (present: RegistryEntry | undefined) => RegistryEntry | null;

/** A program that is there. */
export const here: string = Deno.execPath();

/** An entry of a program. */
export function binary(program = here, more: Partial<RegistryEntry> = {}): RegistryEntry {
  return { type: "binary", cmd: [program], cwd: Deno.cwd(), ...more };
}

/** A registry that keeps what it reports. */
export function openRegistry(home: Home): { registry: Registry; reports: string[] } {
  const reports: string[] = [];
  return { registry: new Registry(home, (problem) => reports.push(problem)), reports };
}

/** The names in the home, without what is always there. */
export function filesOf(home: Home): string[] {
  const names = [...Deno.readDirSync(home.path)].map(({ name }) => name);
  return names.filter((name) => name !== "logs" && name !== "run").sort();
}

/** What stands in its file. */
export function readFile(home: Home): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(home.registryFile));
}
