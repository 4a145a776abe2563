/**
 * What happened in a simulated machine, line by line: when, who, what.
 *
 * @module
 */

/** How much is written down: nothing, what a person follows, or every step. */
export type Detail = "none" | "story" | "trace";

/** The lines of one run. */
export class Story {
  readonly lines: string[] = [];
  readonly #detail: Detail;
  readonly #clock: { readonly now: number };

  constructor(detail: Detail, clock: { readonly now: number }) {
    this.#detail = detail;
    this.#clock = clock;
  }

  /** Whether every step is written down. */
  get traces(): boolean {
    return this.#detail === "trace";
  }

  /** A line that a person follows the story by. */
  tell(who: { readonly name: string } | null, what: string): void {
    if (this.#detail !== "none") this.#add(who?.name ?? "", what);
  }

  /** A step of the system, of which there are many. */
  trace(who: { readonly name: string } | null, what: string): void {
    if (this.#detail === "trace") this.#add(who?.name ?? "", `  ${what}`);
  }

  #add(who: string, what: string): void {
    const at = this.#clock.now.toFixed(3).padStart(11);
    this.lines.push(`${at}  ${who.padEnd(12)} ${what.replaceAll("\n", " / ")}`);
  }
}
