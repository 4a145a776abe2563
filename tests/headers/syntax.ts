/**
 * A module's syntax, as Deno's own parser reads it. Works in tests alone: Deno has
 * `Deno.lint.runPlugin` there only.
 *
 * @module
 */

/** A node of the tree; of which kind, `type` tells. */
export type Node = Deno.lint.Node;
export type Literal = Deno.lint.Literal;
export type Expression = Deno.lint.Expression;

/** What of a module is looked at. */
export interface Syntax {
  readonly path: string;
  readonly text: string;
  readonly literals: readonly Literal[];
  readonly objects: readonly Deno.lint.ObjectExpression[];
  readonly calls: readonly Deno.lint.CallExpression[];
  readonly members: readonly Deno.lint.MemberExpression[];
  readonly imports: readonly Deno.lint.ImportDeclaration[];
  /** The constants outside of functions, by their names. */
  readonly constants: ReadonlyMap<string, Deno.lint.VariableDeclarator>;
}

/** @throws {SyntaxError} for what Deno's parser hands out in part only. */
export function parse(path: string, text: string): Syntax {
  const literals: Literal[] = [];
  const objects: Deno.lint.ObjectExpression[] = [];
  const calls: Deno.lint.CallExpression[] = [];
  const members: Deno.lint.MemberExpression[] = [];
  const imports: Deno.lint.ImportDeclaration[] = [];
  const constants = new Map<string, Deno.lint.VariableDeclarator>();
  const refuse = (what: string) => {
    throw new SyntaxError(`Cannot read "${path}": what follows ${what} is not handed out`);
  };
  const visitor: Deno.lint.LintVisitor = {
    Literal: (node) => void (node.parent.type !== "TSLiteralType" && literals.push(node)),
    ObjectExpression: (node) => void objects.push(node),
    CallExpression: (node) => void calls.push(node),
    MemberExpression: (node) => void members.push(node),
    ImportDeclaration: (node) => void imports.push(node),
    VariableDeclarator: (node) => {
      if (node.id.type === "Identifier" && isTopLevel(node)) constants.set(node.id.name, node);
    },
    // Deno 2.9 leaves out the statements after an enum, and the elements after a hole.
    TSEnumDeclaration: () => refuse("an enum"),
    ArrayExpression: ({ elements }) => {
      if (elements.some((element) => element === null)) refuse("a hole in an array");
    },
  };
  Deno.lint.runPlugin({ name: "syntax", rules: { read: { create: () => visitor } } }, path, text);
  return { path, text, literals, objects, calls, members, imports, constants };
}

function isTopLevel(node: Deno.lint.VariableDeclarator): boolean {
  const statement: Node = node.parent.parent;
  return node.parent.kind === "const" &&
    (statement.type === "Program" || statement.type === "ExportNamedDeclaration");
}

/** The number that a literal is, or `null`. Deno 2.9 itself reads `1_000` as no number. */
export function numberIn({ value, raw }: Literal): number | bigint | null {
  if (typeof value === "bigint") return value;
  return typeof value === "number" ? Number(raw.replaceAll("_", "")) : null;
}

/** The line on which a node begins, from 1. */
export function lineOf({ text }: Syntax, { range }: Pick<Node, "range">): number {
  return text.slice(0, range[0]).split("\n").length;
}

/** A node without `as const` and `satisfies …`. */
export function bare(node: Node): Node {
  return node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression"
    ? bare(node.expression)
    : node;
}

/** Whether `inner` is a part of `outer`, or it. */
export function isWithin(inner: Pick<Node, "range">, outer: Pick<Node, "range">): boolean {
  return inner.range[0] >= outer.range[0] && inner.range[1] <= outer.range[1];
}

/** `Deno.UnsafePointer.create` for the node of it; "" for what is no chain of names. */
export function dotted(node: Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.computed) return "";
  const object = dotted(node.object);
  return object === "" ? "" : `${object}.${dotted(node.property)}`;
}
