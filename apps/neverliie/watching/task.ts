/**
 * A call under way as the page shows it.
 *
 * @module
 */

import type { Running } from "./activity.ts";
import type { Progress, Task } from "./snapshot.ts";

/** Longest text that is sent of an item. */
const TEXT_MAX = 120;

/** What the page is sent of a call. */
export function viewOfTask(task: Running): Task {
  const { app, pid, call, method, names, from, since, items, value } = task;
  // (An app of an older version does not tell who asked.)
  const caller = from ? from.name ?? `client ${from.pid}` : "unknown";
  const params = typeof names === "number" ? `${names} by position` : names.join(", ");
  const progress = value === undefined ? null : progressOf(value);
  return { app, pid, call, method, from: caller, params, since, items, progress };
}

/** Members of items that say in words where they are, in this order. */
const WORDS = ["phase", "title", "message", "file", "path"];

/**
 * What an item says of how far its stream is. There is no standard for that; what streams of this
 * suite and LSP's work-done progress have is taken: a share by `percent` or `percentage` (0 to
 * 100), or `done` of `total`; words by {@link WORDS}. Other items are shown as they are.
 */
export function progressOf(item: unknown): Progress {
  const text = wordsOf(item) || (typeof item === "string" ? item : JSON.stringify(item) ?? "");
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
  return { share: shareOf(item), text: short };
}

function wordsOf(item: unknown): string {
  if (typeof item !== "object" || item === null) return "";
  const members = item as Record<string, unknown>;
  const words = WORDS.map((name) => Object.hasOwn(members, name) ? members[name] : undefined);
  return words.filter((word) => typeof word === "string" && word !== "").join(" · ");
}

function shareOf(item: unknown): number | null {
  if (typeof item !== "object" || item === null) return null;
  const { percent, percentage, done, total } = item as Record<string, unknown>;
  for (const value of [percent, percentage]) {
    if (typeof value === "number" && value >= 0 && value <= 100) return value / 100;
  }
  const counted = typeof done === "number" && typeof total === "number" && total > 0;
  return counted && done >= 0 && done <= total ? done / total : null;
}
