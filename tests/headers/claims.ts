/**
 * What a module says of Windows: the functions that it binds, and the numbers that it takes for
 * those of Windows' headers. Whatever cannot be read, and each number that says nothing, is a
 * complaint.
 *
 * @module
 */
import { keyOf, NotConstant, type Value, valueOf } from "./constant.ts";
import { inlineNumbers } from "./inline_numbers.ts";
import { isWindowsLibrary, loadings, strayLoadings } from "./libraries.ts";
import { bare, dotted, isWithin, lineOf, type Node, numberIn, type Syntax } from "./syntax.ts";

/** What Deno is told of a function. */
export interface Signature {
  readonly parameters: readonly string[];
  readonly result: string;
}

/** One thing that the headers are asked about. */
export type Claim =
  & {
    readonly path: string;
    readonly line: number;
    /** As the headers name it; `TYPE.FIELD` for a field. */
    readonly name: string;
  }
  & (
    | { readonly kind: "function"; readonly library: string; readonly signature: Signature }
    | { readonly kind: "callback"; readonly signature: Signature }
    | { readonly kind: "method"; readonly offset: number; readonly signature: Signature }
    | { readonly kind: "constant"; readonly value: bigint }
    | { readonly kind: "size"; readonly value: number }
    | { readonly kind: "field"; readonly value: number }
    | { readonly kind: "guid"; readonly value: string }
  );

/** What a module came to. */
export interface Reading {
  readonly claims: readonly Claim[];
  readonly complaints: readonly string[];
}

type Plain<C> = C extends Claim ? Omit<C, "path" | "line"> : never;
type Table = { [key: string]: Value };

const isTable = (value: Value): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads a module.
 *
 * @param own numbers of it that are not Windows': the names of constants, or pieces of its text
 */
export function readModule(syntax: Syntax, own: readonly string[] = []): Reading {
  const reader = new ModuleReader(syntax, own);
  reader.complaints.push(...strayLoadings(syntax));
  reader.readLoadings();
  for (const [name, { init }] of syntax.constants) if (init) reader.readConstant(name, init);
  reader.findUnreadSignatures();
  reader.complaints.push(...inlineNumbers(syntax, own, reader.read));
  return reader;
}

class ModuleReader implements Reading {
  readonly claims: Claim[] = [];
  readonly complaints: string[] = [];
  /** What has been read: an object in it is a table of ours, a number in it stands in a claim. */
  readonly read: Pick<Node, "range">[] = [];

  constructor(readonly syntax: Syntax, readonly own: readonly string[]) {}

  #claim(node: Pick<Node, "range">, found: Plain<Claim>): void {
    const { path } = this.syntax;
    this.claims.push({ path, line: lineOf(this.syntax, node), ...found } as Claim);
  }

  #complain(node: Pick<Node, "range">, what: string): void {
    this.complaints.push(`${this.syntax.path}:${lineOf(this.syntax, node)}: ${what}`);
  }

  /** The functions in the tables that are given to Deno.dlopen. */
  readLoadings(): void {
    for (const { node, libraries, table } of loadings(this.syntax)) {
      if (libraries === null) {
        this.#complain(node, "cannot tell which library this is: name it here");
      }
      for (const library of libraries ?? []) {
        if (!isWindowsLibrary(library)) continue;
        if (table !== null) this.#readTable(library, table);
        else {
          this.#complain(
            node,
            `cannot read what is bound of ${library}: give Deno.dlopen a table, or a constant of ` +
              "this module that is one",
          );
        }
      }
    }
  }

  #readTable(library: string, table: Deno.lint.ObjectExpression): void {
    this.read.push(table);
    for (const property of table.properties) {
      try {
        const [name, signature] = symbolOf(this.syntax, property);
        this.#claim(property, {
          kind: "function",
          library: library.toLowerCase(),
          name,
          signature,
        });
      } catch (error) {
        if (!(error instanceof NotConstant)) throw error;
        this.#complain(property, `cannot read this symbol of ${library}: ${error.message}`);
      }
    }
  }

  /** A number, a GUID or a table of them. */
  readConstant(name: string, init: Node): void {
    if (this.own.includes(name) || this.read.includes(bare(init))) return;
    const numbers = this.syntax.literals.filter((literal) =>
      numberIn(literal) !== null && isWithin(literal, init)
    );
    const object = bare(init);
    try {
      if (object.type === "ObjectExpression") {
        const found = tableClaims(this.syntax, name, object);
        if (found === null) return;
        for (const [node, one] of found) this.#claim(node, one);
      } else if (object.type === "CallExpression" && dotted(object.callee) === "guid") {
        this.#claim(init, { kind: "guid", name, value: String(valueOf(this.syntax, object)) });
      } else if (numbers.length > 0) {
        const value = valueOf(this.syntax, init);
        if (typeof value !== "number" && typeof value !== "bigint") return;
        if (typeof value === "number" && !Number.isInteger(value)) return;
        this.#claim(init, { kind: "constant", name, value: BigInt(value) });
      } else return;
      this.read.push(init, object);
    } catch (error) {
      // Its numbers are looked at later, one by one.
      if (!(error instanceof NotConstant)) throw error;
    }
  }

  findUnreadSignatures(): void {
    for (const object of this.syntax.objects) {
      const signature = object.properties.some((property) =>
        property.type === "Property" && dotted(property.key) === "parameters"
      );
      if (signature && !this.read.some((place) => isWithin(object, place))) {
        this.#complain(
          object,
          "nobody checks this signature: make it a constant of this module, called as the " +
            "headers call the callback, or a member of the table of its interface (…Vtbl)",
        );
      }
    }
  }
}

/** Name and signature of a symbol in a table for `Deno.dlopen`. */
function symbolOf(
  syntax: Syntax,
  property: Deno.lint.ObjectExpression["properties"][number],
): [name: string, signature: Signature] {
  if (property.type !== "Property") throw new NotConstant("it is spread from elsewhere");
  const { name = keyOf(property), parameters, result } = valueOf(syntax, property.value) as Table;
  if (typeof name !== "string") throw new NotConstant("its name is no text");
  return [name, signatureOf(parameters, result)];
}

function signatureOf(parameters: Value | undefined, result: Value | undefined): Signature {
  const texts = Array.isArray(parameters) && parameters.every((one) => typeof one === "string");
  if (!texts || typeof result !== "string") throw new NotConstant("its types are no texts");
  return { parameters: parameters as string[], result };
}

/** What a table of a module claims, each with its place; `null` for one without numbers. */
function tableClaims(
  syntax: Syntax,
  table: string,
  object: Deno.lint.ObjectExpression,
): [Node, Plain<Claim>][] | null {
  const value = valueOf(syntax, object) as Table;
  if ("parameters" in value) {
    const signature = signatureOf(value["parameters"], value["result"]);
    return [[object, { kind: "callback", name: table, signature }]];
  }
  const members = Object.values(value);
  if (!syntax.literals.some((literal) => numberIn(literal) !== null && isWithin(literal, object))) {
    return null;
  }
  const properties = object.properties as Deno.lint.Property[];
  const name = (property: Deno.lint.Property) => `${table}.${keyOf(property)}`;
  if (members.every((member) => typeof member === "number")) {
    return properties.map((property) =>
      keyOf(property) === "sizeof"
        ? [property, { kind: "size", name: table, value: value["sizeof"] as number }]
        : [property, {
          kind: "field",
          name: name(property),
          value: value[keyOf(property)] as number,
        }]
    );
  }
  if (members.every((member) => isTable(member) && typeof member["offset"] === "number")) {
    return properties.map((property) => {
      const { offset, parameters, result } = value[keyOf(property)] as Table;
      const signature = signatureOf(parameters, result);
      return [property, {
        kind: "method",
        name: name(property),
        offset: offset as number,
        signature,
      }];
    });
  }
  throw new NotConstant("a table of another form");
}
