/**
 * Claims held against the headers.
 *
 * @module
 */
import type { Claim, Signature } from "./claims.ts";
import type { Answers, Question } from "./headers.ts";

/** What the headers are asked about a claim. For a field of a field, it may be a bit as well. */
export function questionsOf(claim: Claim): Question[] {
  const { kind, name } = claim;
  const dot = name.indexOf(".");
  const [type, field] = [name.slice(0, dot), name.slice(dot + 1)];
  switch (kind) {
    case "function":
      return [`SIGNATURE(decltype(&${name}))`];
    case "callback":
      return [`SIGNATURE(${name})`];
    case "method":
      return [`SIGNATURE(decltype(${type}::${field}))`, `VALUE(offsetof(${type}, ${field}))`];
    case "constant":
      return [`VALUE(${name})`];
    case "guid":
      return [`GUID_VALUE(${name})`];
    case "size":
      return [`VALUE(sizeof(${name}))`];
    case "field": {
      const [outer, inner] = field.split(".");
      return inner === undefined
        ? [`VALUE(offsetof(${type}, ${field}))`]
        : [`VALUE(offsetof(${type}, ${field}))`, `BIT(${type}, ${outer}, ${inner})`];
    }
  }
}

/** Why a claim does not hold, or `null`. */
export function faultOf(claim: Claim, answers: Answers): string | null {
  const place = `${claim.path}:${claim.line}: `;
  const found = questionsOf(claim).map((question) => answers.get(question));
  const [answer, second] = found;
  const known = claim.kind === "field" ? answer ?? second : answer;
  if (known === undefined) return place + unknown(claim);
  const fault = disagreement(claim, known, second, answer === undefined);
  return fault === null ? null : place + fault;
}

function disagreement(
  claim: Claim,
  answer: readonly bigint[],
  second: readonly bigint[] | undefined,
  bit: boolean,
): string | null {
  const { name } = claim;
  switch (claim.kind) {
    case "function":
    case "callback":
      return signatureFault(name, claim.signature, answer);
    case "method":
      return signatureFault(name, claim.signature, answer) ??
        valueFault(`the offset of ${name}`, BigInt(claim.offset), second!);
    case "constant":
      return valueFault(name, claim.value, answer);
    case "size":
      return valueFault(`the size of ${name}`, BigInt(claim.value), answer);
    case "field":
      return bit
        ? valueFault(`the bit ${name}`, BigInt(claim.value), [1n, answer[0] ?? 0n])
        : valueFault(`the offset of ${name}`, BigInt(claim.value), answer);
    case "guid": {
      const real = guidText(answer);
      return real === claim.value.toLowerCase()
        ? null
        : `${name} is "${claim.value}" here, and "${real}" in the headers`;
    }
  }
}

function unknown({ kind, name, path }: Claim): string {
  if (kind === "constant") {
    return `nobody checked ${name}, which the headers do not have: call it as they do; if it is ` +
      `ours and not Windows', add "${name}" to OWN_NUMBERS["${path}"] in ` +
      "tests/headers/own_numbers.ts; if its header is not read, add that to HEADERS in " +
      "tests/headers/headers.ts";
  }
  const what = { function: "function", callback: "type of a callback", method: "method" }[
    kind as string
  ] ?? { size: "type", field: "field of a structure", guid: "GUID" }[kind as string];
  return `nobody checked ${name}, because the headers have no such ${what}: call it as they do; ` +
    "if its header is not read, add that to HEADERS in tests/headers/headers.ts; what mingw-w64 " +
    "lacks is declared in LACKING there, with a link to Microsoft's page";
}

/** What a value is held to be against what it is, as its type holds it: -1 may be 0xffff_ffff. */
function valueFault(what: string, claimed: bigint, answer: readonly bigint[]): string | null {
  const [size = 0n, real = 0n] = answer;
  const bits = size <= 4n ? 32 : 64;
  if (BigInt.asUintN(bits, claimed) === BigInt.asUintN(bits, real)) return null;
  const shown = BigInt.asUintN(bits, real);
  return `${what} is ${claimed} here, and ${shown} (0x${shown.toString(16)}) in the headers`;
}

/** A type in memory. */
interface Kind {
  readonly bytes: number;
  readonly form: "integer" | "pointer" | "enumeration" | "structure" | "float" | "void";
  readonly signed: boolean;
}

const FORMS = ["", "integer", "pointer", "enumeration", "structure", "float", "void"] as const;

function kindOf(code: bigint): Kind {
  const number = Number(code);
  return {
    bytes: number & 0xff,
    form: FORMS[number >> 8 & 0xff] as Kind["form"],
    signed: number >> 16 !== 0,
  };
}

/** Deno's types. */
const DENO: Readonly<Record<string, Kind>> = Object.fromEntries([
  ...[8, 16, 32, 64].flatMap((bits): [string, Kind][] => [
    [`u${bits}`, { bytes: bits / 8, form: "integer", signed: false }],
    [`i${bits}`, { bytes: bits / 8, form: "integer", signed: true }],
  ]),
  ["usize", { bytes: 8, form: "integer", signed: false }],
  ["isize", { bytes: 8, form: "integer", signed: true }],
  ["bool", { bytes: 1, form: "integer", signed: false }],
  ["f32", { bytes: 4, form: "float", signed: true }],
  ["f64", { bytes: 8, form: "float", signed: true }],
  ["void", { bytes: 0, form: "void", signed: false }],
  ...["pointer", "buffer", "function"].map((name): [string, Kind] => [
    name,
    { bytes: 8, form: "pointer", signed: false },
  ]),
]);

function signatureFault(
  name: string,
  { parameters, result }: Signature,
  [count = 0n, ...codes]: readonly bigint[],
): string | null {
  const real = Number(count) - 1;
  if (parameters.length !== real) {
    return `the parameters of ${name} are ${parameters.length} here, and ${real} in the headers`;
  }
  const types = [result, ...parameters];
  for (const [index, type] of types.entries()) {
    const kind = kindOf(codes[index] ?? 0n);
    const declared = DENO[type];
    if (declared !== undefined && agree(declared, kind)) continue;
    const what = index === 0 ? "the result" : `parameter ${index}`;
    return `${what} of ${name} is "${type}" here, and ${describe(kind)} in the headers`;
  }
  return null;
}

/** Whether a value of the one is passed and read as one of the other. */
function agree(declared: Kind, real: Kind): boolean {
  if (declared.bytes !== real.bytes) return false;
  // A small structure goes in a register, as a number of its size does, on both processors.
  if (real.form === "structure") return declared.form === "integer" && !declared.signed;
  // Whether an enumeration has a sign is the compiler's choice.
  if (real.form === "enumeration") return declared.form === "integer";
  // LPARAM and LONG_PTR are numbers that may hold an address.
  if (real.form === "integer" && real.signed && declared.form === "pointer") return true;
  return declared.form === real.form && declared.signed === real.signed;
}

function describe({ bytes, form, signed }: Kind): string {
  if (form === "void") return "nothing";
  const what = form === "enumeration" || form === "integer" ? `an ${form}` : `a ${form}`;
  const sign = form === "integer" ? signed ? " with a sign" : " without a sign" : "";
  return `${what} of ${bytes * 8} bits${sign}`;
}

function guidText([, data1 = 0n, data2 = 0n, data3 = 0n, ...data4]: readonly bigint[]): string {
  const hex = (number: bigint, digits: number) =>
    BigInt.asUintN(digits * 4, number).toString(16).padStart(digits, "0");
  const bytes = Array.from({ length: 8 }, (_, index) => hex(data4[index] ?? 0n, 2)).join("");
  return [hex(data1, 8), hex(data2, 4), hex(data3, 4), bytes.slice(0, 4), bytes.slice(4)].join("-");
}
