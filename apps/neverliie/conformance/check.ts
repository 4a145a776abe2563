/**
 * What is checked: one promise of docs/protocol.md each.
 *
 * @module
 */

import type { OwnHost } from "./host.ts";
import type { Trial } from "./trial.ts";

/** One check. */
export interface Check {
  /** The section and a name in it: `frames.two-lengths`. */
  id: string;
  section: string;
  /** The sentences of docs/protocol.md that it holds the host to, as they stand there. */
  sentences: readonly string[];
  /** Whether it starts, stops or kills the host. */
  own: boolean;
  run(t: Trial): Promise<void>;
}

/** Sentences, and what holds a host to them. */
export type Entry = readonly [
  name: string,
  sentences: string | readonly string[],
  run: (t: Trial) => Promise<void>,
];

/** The checks of a section. */
export function section(name: string, entries: readonly Entry[]): Check[] {
  return entries.map((entry) => checkOf(name, entry, entry[2], false));
}

/** The checks of a section that start, stop or kill the host. */
export function ownSection(
  name: string,
  entries: readonly (readonly [
    name: string,
    sentences: string | readonly string[],
    run: (t: Trial, own: OwnHost) => Promise<void>,
  ])[],
): Check[] {
  return entries.map((entry) => checkOf(name, entry, (t) => entry[2](t, t.host.own!), true));
}

function checkOf(
  section: string,
  [name, sentences]: readonly [string, string | readonly string[], unknown],
  run: Check["run"],
  own: boolean,
): Check {
  const cited = typeof sentences === "string" ? [sentences] : sentences;
  const id = `${section}.${name}`.replaceAll(" ", "-");
  return { id, section, sentences: cited, own, run };
}
