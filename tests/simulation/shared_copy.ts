/**
 * One copy of the product for all processes of a thread. Its code is evaluated once, so that V8 has
 * one shape of each class to know; what its modules keep is each process's own, and is put in its
 * place when that one's turn comes.
 *
 * What a module keeps is found in the bundle's text, in which each outermost name is declared at
 * the beginning of a line: what is assigned later, and what `new` makes. Nothing else may change:
 * other names become constants, and objects behind them are frozen, so that what would be shared
 * by processes ends with an error instead.
 *
 * @module
 */

/** What the evaluated text gives. */
interface Evaluated<Library> {
  library: Library;
  /** Begins another process's values: the scope's, and what modules keep, as they begin with it. */
  begin(scope: readonly unknown[]): void;
  /** The values of the process whose turn it is. */
  save(): unknown[];
  load(values: readonly unknown[]): void;
  /** All outermost values, by name. */
  values(): Record<string, unknown>;
}

/** What of the system the code may look at while it is evaluated: it is the same in each process. */
export type Constant = Readonly<Record<string, unknown>>;

/** Classes whose instances keep nothing, as the product uses them. */
const STATELESS = new Set(["TextEncoder", "TextDecoder", "DOMException"]);

/** What is made as the code is evaluated and may change: objects, bytes, where text was searched. */
const MADE =
  /^var ([\w$]+) = (?:\/\*.*?\*\/ )?(new (\w+)\b[^]*?|\w+\.encode\([^]*?|\/.*\/[a-z]*[gy][a-z]*);\n(?=\S|$)/gm;

/** A name before an operator that assigns to it, or behind one. */
const ASSIGNED =
  /(?<!^var |[.\w$#])([\w$]+)\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|\+\+|--)|(?:\+\+|--)([\w$]+)/gm;

/** A copy that takes the place of any number of copies. */
export class SharedCopy<Library> {
  readonly #names: readonly string[];
  readonly #evaluated: Evaluated<Library>;
  /** Whose turn it is. */
  #turn: { values: unknown[] } = { values: [] };

  /**
   * @param body The bundle as a function's body
   * @param names What it takes from around it
   * @param constant The values of some of these, for the evaluation
   * @throws {Error} where processes would share what a module keeps
   */
  constructor(body: string, names: readonly string[], constant: Constant) {
    this.#names = names;
    const make = new Function("$scope", `"use strict";\n${sharedBody(body, names)}`);
    this.#evaluated = make(names.map((name) => refusing(name, constant[name])));
    for (const [name, value] of Object.entries(this.#evaluated.values())) freeze(name, value);
  }

  /** The library as a further process begins with it, whose turn it is now. */
  instantiate(scope: readonly unknown[]): { library: Library; enter(): void } {
    if (scope.length !== this.#names.length) throw new Error("a name of the scope has no value");
    const own = { values: [] };
    this.#turn.values = this.#evaluated.save();
    this.#turn = own;
    this.#evaluated.begin(scope);
    return { library: this.#evaluated.library, enter: () => this.#enter(own) };
  }

  #enter(own: { values: unknown[] }): void {
    if (own === this.#turn) return;
    this.#turn.values = this.#evaluated.save();
    this.#turn = own;
    this.#evaluated.load(own.values);
  }
}

/** The body of a function that makes an {@linkcode Evaluated}. */
function sharedBody(body: string, names: readonly string[]): string {
  const shared = /^ +static #[\w$]+(?: =|;).*/m.exec(body);
  if (shared !== null) throw cannotShare(`a class keeps ${shared[0].trim()}`);
  const lost = /^(?:let|const|class) .*/m.exec(body);
  if (lost !== null) throw cannotShare(`its form is not known: ${lost[0]}`);
  const made = [...body.matchAll(MADE)]
    .map(([, name = "", value = "", kind = ""]) => ({ name, value, kind }))
    .filter(({ value, kind }) => !STATELESS.has(kind) || value.includes(").encode("));
  const declared = [...body.matchAll(/^var ([\w$]+(?:, [\w$]+)*)( =|;)/gm)]
    .flatMap(([, all = "", how]) => all.split(", ").map((name) => ({ name, empty: how === ";" })));
  const assignments = assignedIn(body);
  const anew = new Set(made.map(({ name }) => name));
  const assigned = declared.filter(({ name, empty }) =>
    !anew.has(name) && (empty || assignments.has(name))
  ).map(({ name }) => name);
  const kept = new Set([...anew, ...assigned]);
  const all = [...names, ...kept];
  // What is loaded on demand is the same for all: it is loaded now.
  const lazy = [...body.matchAll(/^var (init_\w+) = __esm\(/gm)].map(([, name]) => `${name}();`);
  const library = body.lastIndexOf("\nreturn {");
  const constants = body.slice(0, library)
    .replaceAll(/^var (?=([\w$]+)?)/gm, (found, name) => kept.has(name) ? found : "const ");
  return `let [${names.join(", ")}] = $scope;
${constants}
${lazy.join(" ")}
const $initial = [${assigned.join(", ")}];
return {
  library: ${body.slice(library + "\nreturn ".length).trimEnd().replace(/;$/, "")},
  begin($scope) {
    [${names.join(", ")}] = $scope;
    [${assigned.join(", ")}] = $initial;
    ${made.map(({ name, value }) => `${name} = ${value};`).join("\n    ")}
  },
  save: () => [${all.join(", ")}],
  load($values) { ${all.map((name, at) => `${name} = $values[${at}];`).join(" ")} },
  values: () => ({ ${declared.map(({ name }) => name).filter((name) => !anew.has(name))} }),
};`;
}

/** Names to which something is assigned, anywhere but where they are declared. */
function assignedIn(body: string): Set<string> {
  const found = [...body.matchAll(ASSIGNED)].map(([, after, before]) => (after ?? before)!);
  return new Set(found);
}

/** A value of the scope that gives what is constant, and refuses everything else by its name. */
function refusing(name: string, constant: unknown): unknown {
  const refuse = (what: string) => (): never => {
    throw cannotShare(`it takes ${what} from its process as it is evaluated`);
  };
  return new Proxy(refuse(name), {
    get(_, key) {
      const found = (constant as Constant | undefined)?.[String(key)];
      return found ?? refuse(`${name}.${String(key)}`)();
    },
    construct: refuse(name),
    has: refuse(name),
  });
}

/** Has whoever changes a value that all share end with an error. */
function freeze(name: string, value: unknown, seen: Set<unknown> = new Set()): void {
  if (value === null || typeof value !== "object" && typeof value !== "function") return;
  if (seen.has(value) || STATELESS.has(value.constructor?.name)) return;
  seen.add(value);
  if (value instanceof RegExp && !value.global && !value.sticky) return;
  const plain = typeof value === "function" || Array.isArray(value) ||
    Object.getPrototypeOf(value) === Object.prototype;
  if (!plain) throw cannotShare(`"${name}" is an object of the class ${value.constructor?.name}`);
  Object.freeze(value);
  for (const [key, { value: within }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (key !== "prototype") freeze(`${name}.${key}`, within, seen);
  }
}

function cannotShare(why: string): Error {
  return new Error(`Cannot share the library's code between processes: ${why}`);
}
