/**
 * Numbers in the middle of a module, which no name explains.
 *
 * @module
 */
import { dotted, isWithin, lineOf, type Node, numberIn, type Syntax } from "./syntax.ts";

type Place = Pick<Node, "range">;

/** Methods of views of memory; the first argument is an offset. */
const VIEW_METHOD =
  /^(get|set)(Big)?(Uint|Int|Float)\d+$|^get(Pointer|Bool|CString|ArrayBuffer)$|^copyInto$/;
/** Functions whose second argument is an offset. */
const OFFSET_FUNCTION = /^(pointerIn|dwordIn|Deno\.UnsafePointer\.offset)$/;

/**
 * Complains of each number that is in none of the places that were `read` and none of our `own`. 0
 * and 1 are let pass where they are no offsets: they are counts, flags and indices.
 */
export function inlineNumbers(
  syntax: Syntax,
  own: readonly string[],
  read: readonly Place[],
): string[] {
  const { path, literals } = syntax;
  const places = own.map((entry) => ownPlaces(syntax, entry));
  const complaints = own.filter((_entry, index) =>
    !literals.some((literal) =>
      numberIn(literal) !== null && places[index]!.some((place) => isWithin(literal, place))
    )
  ).map((entry) =>
    `tests/headers/own_numbers.ts: "${entry}" of ${path} holds no number (any more): take it out`
  );
  const offsets = syntax.calls.flatMap(offsetOf);
  for (const literal of literals) {
    const number = numberIn(literal);
    if (number === null) continue;
    const small = Number(number) === 0 || Number(number) === 1;
    if (small && !offsets.some((place) => isWithin(literal, place))) continue;
    if ([...read, ...places.flat()].some((place) => isWithin(literal, place))) continue;
    const line = lineOf(syntax, literal);
    const text = syntax.text.split("\n")[line - 1]!.trim();
    complaints.push(
      `${path}:${line}: nobody checked the ${literal.raw} of "${text}": if Windows' headers have ` +
        "it, make it a constant by their name, or a field in a table by the structure's name; if " +
        `it is ours, add a piece of this line to OWN_NUMBERS["${path}"] in ` +
        "tests/headers/own_numbers.ts",
    );
  }
  return complaints;
}

/** Where an entry of OWN_NUMBERS is in the module: the constant of that name, or the text. */
function ownPlaces({ text, constants }: Syntax, entry: string): Place[] {
  const constant = constants.get(entry);
  if (constant !== undefined) return [constant];
  const places: Place[] = [];
  for (let at = text.indexOf(entry); at >= 0; at = text.indexOf(entry, at + 1)) {
    places.push({ range: [at, at + entry.length] });
  }
  return places;
}

/** The argument of a call that is an offset in memory. */
function offsetOf({ callee, arguments: args }: Deno.lint.CallExpression): Node[] {
  const method = callee.type === "MemberExpression" ? dotted(callee.property) : "";
  const offset = VIEW_METHOD.test(method)
    ? args[0]
    : OFFSET_FUNCTION.test(dotted(callee))
    ? args[1]
    : undefined;
  return offset === undefined ? [] : [offset];
}
