/**
 * A step that others must not depend on.
 *
 * @module
 */

/** Does one step of several; what it throws is reported, and the next one follows all the same. */
export async function attempt(
  step: () => unknown,
  report: (problem: string) => void,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    report(`Cannot leave in order: ${error instanceof Error ? error.message : error}`);
  }
}
