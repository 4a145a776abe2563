/** Which entries fit what was typed, and in what order. */
import fuzzysort from "fuzzysort";
import type { Entry, Match } from "./contract.ts";

/** What frequent use can add to a score of 0..1. */
const USE_BONUS = 0.5;
/** The worst match that is shown. */
const THRESHOLD = 0.3;
/** A word found in the description alone counts so much. */
const DETAIL = 0.5;

/**
 * The entries that fit `query`, the best first: how well the title fits (0..1), or the description
 * at half of that, and how much the entry was used (`weight` 0 and up), at most 0.5. An empty query
 * gives all of them, the used ones first, the others as they come.
 */
export function rank(
  entries: readonly Entry[],
  query: string,
  weight: (id: string) => number,
  limit: number,
): Match[] {
  const bonus = (id: string) => {
    const uses = weight(id);
    return USE_BONUS * uses / (uses + 2);
  };
  const text = query.trim();
  if (text === "") {
    return entries.map((entry) => ({ ...entry, score: bonus(entry.id), matched: [] }))
      .sort((a, b) => b.score - a.score).slice(0, limit);
  }
  const found = fuzzysort.go(text, [...entries], {
    keys: ["title", "detail"],
    limit: 0,
    threshold: 0,
    scoreFn: ([title, detail]) => Math.max(title?.score ?? 0, (detail?.score ?? 0) * DETAIL),
  });
  return found.filter(({ score }) => score >= THRESHOLD).map((result) => ({
    ...result.obj,
    score: result.score + bonus(result.obj.id),
    matched: [...result[0]?.indexes ?? []].sort((a, b) => a - b),
  })).sort((a, b) => b.score - a.score || a.title.localeCompare(b.title)).slice(0, limit);
}
