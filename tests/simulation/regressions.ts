/**
 * Seeds that showed the product to be wrong, and pass since it was mended. A seed's course changes
 * with the simulation: where a line is told no more, another seed that tells it takes its place.
 *
 * @module
 */

/** A seed that failed once. */
export interface Regression {
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
  {
    seed: 51,
    line: /files-100 +reports: process \d+ is "files" as well, .* is asked to leave/,
    wrong: "the same",
  },
  {
    seed: 53243,
    line: /files-100 +reports: The lock .* was removed, and is made anew/,
    wrong:
      "an app whose look came while a copy of it had the lock and did not listen yet waited for its " +
      "next look, two seconds later: the copy crashed, and a caller started a third one",
  },
];
