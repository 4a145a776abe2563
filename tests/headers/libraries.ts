/**
 * Which libraries a module loads, and what it binds of them.
 *
 * @module
 */
import { bare, dotted, type Node, type Syntax } from "./syntax.ts";

/** One call of `Deno.dlopen`. */
export interface Loading {
  readonly node: Node;
  /** The libraries that it may be; `null` where that cannot be told. */
  readonly libraries: readonly string[] | null;
  /** The table of symbols; `null` where it is none of this module's. */
  readonly table: Deno.lint.ObjectExpression | null;
}

/** The calls of `Deno.dlopen`. */
export function loadings({ calls, constants }: Syntax): Loading[] {
  const behind = (node: Node): Node =>
    node.type === "Identifier" ? constants.get(node.name)?.init ?? node : node;
  return calls.filter(({ callee }) => dotted(callee) === "Deno.dlopen").map((node) => {
    const [library, symbols] = node.arguments as [Node, Node];
    const table = bare(behind(symbols));
    return {
      node,
      libraries: textsIn(behind(library)),
      table: table.type === "ObjectExpression" ? table : null,
    };
  });
}

/** Where `dlopen` is spoken of and not called as {@link loadings} finds it. */
export function strayLoadings({ path, text, calls }: Syntax): string[] {
  const called = calls.filter(({ callee }) => dotted(callee) === "Deno.dlopen").length;
  // (A name in a list of names binds nothing; as a key of something it may.)
  const code = text.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "")
    .replaceAll(/(?<![\w$\])?.]\[)"dlopen"/g, "");
  return [...code.matchAll(/\bdlopen\b/g)].length === called
    ? []
    : [`${path}: cannot read all that is bound here: call Deno.dlopen by that name alone`];
}

export const isWindowsLibrary = (name: string): boolean => /\.dll$/i.test(name);

/** The function of lib/system/c_library.ts: it names the C libraries of Linux and macOS alone. */
const C_LIBRARY = "cLibrary";

/** The texts that an expression can come to, or `null`. */
function textsIn(node: Node): string[] | null {
  if (node.type === "CallExpression" && dotted(node.callee) === C_LIBRARY) return [C_LIBRARY];
  if (node.type === "Literal" && typeof node.value === "string") return [node.value];
  if (node.type !== "ConditionalExpression") return null;
  const [one, other] = [textsIn(node.consequent), textsIn(node.alternate)];
  return one === null || other === null ? null : [...one, ...other];
}
