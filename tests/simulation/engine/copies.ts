/**
 * The engine under test: its modules as one file, unchanged; and copies with a mistake each.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { bundleModules } from "../../../apps/build/compile.ts";
import { copyFolder } from "../../support/run/copy_folder.ts";
import { plant, type PlantedFault } from "../planted_faults.ts";
import { type Engine, engineOf, type Parts } from "./scope.ts";

/** A copy: makes the engine for a process. */
export type Make = (parts: Parts) => Engine;

const ENTRY = `
export { OverlappedHandle } from "./os/windows/overlapped_handle.ts";
export { startListening, startRead, startWrite } from "./os/windows/ntdll.ts";
`;
const os = fromFileUrl(new URL("../../../lib/ipc/os", import.meta.url));

/** Bundles the engine of this checkout, and one for each mistake. */
export async function loadEngines(
  mistakes: readonly PlantedFault[],
): Promise<{ own: Make; planted: ReadonlyMap<PlantedFault, Make> }> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-engine-" });
  try {
    // All at once: starting the bundler is most of the work. The first one's folder holds the rest.
    const first = join(folder, "none.ts");
    await Deno.writeTextFile(first, "");
    const entries = [null, ...mistakes].map((mistake, index) => {
      const lib = join(folder, `${index}`);
      Deno.mkdirSync(lib);
      copyFolder(os, join(lib, "os"));
      if (mistake !== null) plant(mistake, lib);
      const entry = join(lib, "engine.ts");
      Deno.writeTextFileSync(entry, ENTRY);
      return entry;
    });
    const bundled = await bundleModules([first, ...entries], join(folder, "bundled"));
    const [own, ...others] = bundled.slice(1).map((file) => engineOf(Deno.readTextFileSync(file)));
    return { own: own!, planted: new Map(mistakes.map((one, index) => [one, others[index]!])) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
