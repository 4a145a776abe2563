/**
 * What the stand-in for `@std/assert` compares and shows values with.
 *
 * @module
 */

/**
 * Whether two values are deeply equal, as `@std/assert` has it: same constructors, same own
 * enumerable keys, `NaN` equal to itself, `0` equal to `-0`, sets and maps in any order.
 */
export function equal(left: unknown, right: unknown): boolean {
  return compare(left, right, new Map());
}

/** `seen` holds the pairs under comparison, so that values holding themselves come to an end. */
function compare(left: unknown, right: unknown, seen: Map<unknown, unknown>): boolean {
  if (typeof left === "number" && typeof right === "number") {
    return left === right || (Number.isNaN(left) && Number.isNaN(right));
  }
  if (Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (
    (left instanceof RegExp && right instanceof RegExp) ||
    (left instanceof URL && right instanceof URL)
  ) {
    return String(left) === String(right);
  }
  if (left instanceof Date && right instanceof Date) {
    return compare(left.getTime(), right.getTime(), seen);
  }
  if ((left.constructor ?? Object) !== (right.constructor ?? Object)) return false;
  if (seen.get(left) === right) return true;
  seen.set(left, right);
  if (left instanceof Set && right instanceof Set) return sameMembers([...left], [...right], seen);
  if (left instanceof Map && right instanceof Map) return sameMembers([...left], [...right], seen);
  return sameProperties(left, right, seen);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function sameMembers(left: unknown[], right: unknown[], seen: Map<unknown, unknown>): boolean {
  if (left.length !== right.length) return false;
  const unmatched = new Set(right);
  return left.every((one) => {
    for (const other of unmatched) {
      if (compare(one, other, seen)) return unmatched.delete(other);
    }
    return false;
  });
}

function sameProperties(
  left: Record<PropertyKey, unknown>,
  right: Record<PropertyKey, unknown>,
  seen: Map<unknown, unknown>,
): boolean {
  const keys = enumerableKeys(left);
  return keys.length === enumerableKeys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && compare(left[key], right[key], seen));
}

function enumerableKeys(value: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value);
  return [
    ...Object.keys(value),
    ...symbols.filter((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol)),
  ];
}

/** A value as text, whole and with its keys in order. */
export function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    compact: false,
  });
}

/** Beyond this many pairs of lines, comparing them costs more than it shows. */
const DIFF_LIMIT = 4_000_000;

/** Both values as text: one under the other where they are short, else line by line. */
export function difference(actual: unknown, expected: unknown): string {
  const left = show(actual).split("\n");
  const right = show(expected).split("\n");
  if (left.length * right.length > DIFF_LIMIT || left.length + right.length < 6) {
    return `    actual:   ${left.join("\n")}\n    expected: ${right.join("\n")}`;
  }
  return ["    [diff] - actual, + expected", ...differingLines(left, right)].join("\n");
}

function differingLines(left: string[], right: string[]): string[] {
  // common[i][j]: the length of the longest common sequence of left[i..] and right[j..]
  const common = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i]![j] = left[i] === right[j]
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(`      ${left[i++]}`);
      j++;
    } else if (i < left.length && (j === right.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`    - ${left[i++]}`);
    } else {
      lines.push(`    + ${right[j++]}`);
    }
  }
  return lines;
}
