/**
 * What a check may come to, and how values are shown.
 *
 * @module
 */

import { printable } from "../../../lib/ipc/mod.ts";

/** The host did otherwise than the page says. */
export class Failed extends Error {
  override readonly name = "Failed";
  /** What should have come. */
  readonly awaited: string;
  /** What came. */
  readonly got: string;

  constructor(awaited: string, got: string) {
    super(`awaited ${awaited}, got ${got}`);
    this.awaited = awaited;
    this.got = got;
  }
}

/** The check says nothing of this host: it lacks what it may leave out, or what the check needs. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

/** Longest piece of a message that is shown, in characters. */
const SHOWN_MAX = 300;
/** A value or a text as a report shows it: on one line, without what could steer a terminal. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  const plain = printable(text.slice(0, SHOWN_MAX));
  return text.length > SHOWN_MAX ? `${plain}… (${text.length} characters)` : plain;
}

/** Whether two values have the same JSON, members in any order. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size &&
    left.every(([name, value]) => right.has(name) && equal(value, right.get(name)));
}

/** @throws {Failed} unless `holds` */
export function expect(holds: boolean, awaited: string, got: unknown): asserts holds {
  if (!holds) throw new Failed(awaited, shown(got));
}

/** @throws {Failed} unless both are the same JSON */
export function same(got: unknown, wanted: unknown, of = ""): void {
  expect(equal(got, wanted), `${shown(wanted)}${of === "" ? "" : ` as ${of}`}`, got);
}

/** @throws {Skipped} */
export function skip(why: string): never {
  throw new Skipped(why);
}
