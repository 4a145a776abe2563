/**
 * The end of a mesh's folders.
 *
 * @module
 */

import { pauseFor } from "../base/timer.ts";

/** How often a folder is tried: Windows lets go of a program's file a moment after its end. */
const ATTEMPTS = 100;

/** Removes a folder with all in it; one that is gone is fine. */
export async function removeFolder(path: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await Deno.remove(path, { recursive: true });
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === ATTEMPTS) throw error;
      await pauseFor(20);
    }
  }
}
