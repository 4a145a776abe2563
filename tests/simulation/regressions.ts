/**
 * Seeds that showed the product to be wrong, and pass since it was mended. A seed's course changes
 * with the product and the simulation: the first one from there on that tells the line is run.
 *
 * @module
 */

/** A seed that failed once. */
export interface Regression {
  /** The seed that failed. */
  seed: number;
  /** What its story tells, that shows the case to come up in it. */
  line: RegExp;
  /** What was wrong with the product. */
  wrong: string;
}

/** All of them. */
export const REGRESSIONS: readonly Regression[] = [
  {
    seed: 18,
    line: /files-100 +reports: process \d+ is "files" as well, .* is asked to leave/,
    wrong:
      "an app that had asked a copy of it to leave took its name back at its next look only, up " +
      "to two seconds later: a caller that came between started a third copy",
  },
];
