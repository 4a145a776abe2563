/**
 * Removing what programs have just used.
 *
 * @module
 */

/** Removes a folder; a program that is just ending may hold a file in it a moment longer. */
export async function removed(path: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
