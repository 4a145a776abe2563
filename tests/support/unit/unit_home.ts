/**
 * A home of a mesh for one test: real folders, gone afterwards.
 *
 * @module
 */
import { type Home, openHome } from "../../../lib/ipc/registry/home.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform().userId();

/** A home in a new folder, and an end that removes it. */
export interface TemporaryHome extends AsyncDisposable {
  home: Home;
}

export async function temporaryHome(): Promise<TemporaryHome> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-unit-" });
  const home = await openHome(folder);
  return {
    home,
    async [Symbol.asyncDispose]() {
      // On Windows the one lies in the other.
      for (const path of [home.runtime, folder]) {
        await Deno.remove(path, { recursive: true }).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        });
      }
    },
  };
}
