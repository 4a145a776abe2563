/**
 * What the tasks of the checkout do alike at their end: the build's, and those of the tests.
 *
 * @module
 */

/**
 * Runs a task with this process's arguments and exits by its code; 2, with the message alone, where
 * the arguments were wrong.
 */
export async function runTask(main: (args: readonly string[]) => Promise<number>): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
