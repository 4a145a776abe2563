/**
 * Numbers in JSON that people write, and that JavaScript would take for others: a whole number of
 * more digits than a double holds, one beyond the largest, one that would vanish.
 */

/** A number in a text would be another one. */
export class InexactNumberError extends TypeError {
  override readonly name = "InexactNumberError";
}

/**
 * What becomes of a number as it is written, where that is another one; `null` where it is not.
 * Fractions are taken for what they come near to, as everywhere, and so is what JavaScript itself
 * would write so.
 */
export function changedNumber(written: string): string | null {
  const value = Number(written);
  if (!Number.isFinite(value)) return String(value);
  const whole = /^-?\d+$/.test(written);
  if (whole) {
    const near = BigInt(value);
    return String(value) === written || BigInt(written) === near ? null : String(near);
  }
  const [mantissa] = written.split(/e/i);
  return value === 0 && /[1-9]/.test(mantissa!) ? "0" : null;
}

/** What to say of a number that would become another one. */
export function describeChange(what: string, value: string): string {
  return `${what} would become ${value}, as JavaScript has no such number: give it as a text`;
}

/**
 * Parses JSON.
 *
 * @throws {SyntaxError} where it is none.
 * @throws {InexactNumberError} that names a number which would be another one.
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Most texts need no second look, which takes some time and a stack as deep as they are nested.
  return /\d{16}|\d[eE]/.test(text) ? JSON.parse(text, check) : value;
}

/** Digits of a number that an error quotes. */
const SHOWN_MAX = 40;

/** Given how each number was written, which TypeScript does not know of yet. */
function check(key: string, value: unknown, context?: { source?: string }): unknown {
  const written = context?.source;
  if (typeof value !== "number" || written === undefined) return value;
  const changed = changedNumber(written);
  if (changed === null) return value;
  const at = key === "" ? "" : ` at ${JSON.stringify(key)}`;
  const digits = written.length <= SHOWN_MAX ? written : `${written.slice(0, SHOWN_MAX)}…`;
  throw new InexactNumberError(describeChange(digits + at, changed));
}
