/**
 * Steps that are taken back, the last one first, when a later one fails.
 *
 * @module
 */

/** What has been done so far, and how to undo it. */
export class UndoList {
  readonly #undo: [what: string, undo: () => void | Promise<void>][] = [];

  /** Notes how to take back what was just done. */
  add(what: string, undo: () => void | Promise<void>): void {
    this.#undo.push([what, undo]);
  }

  /** Takes everything back; returns what could not be, with the reason. */
  async run(): Promise<string[]> {
    const failures: string[] = [];
    for (const [what, undo] of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.message : error}`);
      }
    }
    return failures;
  }
}
