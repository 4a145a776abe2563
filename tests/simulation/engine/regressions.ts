/**
 * Seeds that showed the engine to be wrong, and pass since it was mended.
 *
 * @module
 */

import type { Regression } from "../regressions.ts";

/** All of them. */
export const REGRESSIONS: readonly Regression[] = [
  {
    seed: 8,
    line: /the system refuses a wait for once/,
    wrong: "the end of a write went on to wait for the next one, and where that wait was refused " +
      "the process died of an error that nobody could catch",
  },
  {
    seed: 39,
    line: /the system refuses a wait for once/,
    wrong:
      "a write that the pool could not be asked to wait for was pending, and its start threw: " +
      "its memory was used again, and its handle closed, while the system could still use both",
  },
  {
    seed: 9,
    line: /the system refuses an event/,
    wrong: "an engine that could not be made left an event open",
  },
  {
    seed: 7,
    line: /the system refuses (an event|a wait for ever)/,
    wrong: "a pipe was left open for which no engine could be made",
  },
];
