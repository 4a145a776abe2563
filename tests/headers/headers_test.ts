/**
 * What lib/ and apps/ take for Windows' functions, structures and constants, held against Windows'
 * own headers, for both processors. A symbol or number that nobody checked fails, too.
 *
 * Runs as the part windows-headers: needs clang and mingw-w64's headers.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Claim, readModule } from "./claims.ts";
import { exportsOf } from "./exports.ts";
import { type Answers, ask, PROCESSORS } from "./headers.ts";
import { windowsModules } from "./modules.ts";
import { OWN_NUMBERS } from "./own_numbers.ts";
import { PLANTS } from "./plants.ts";
import { parse, type Syntax } from "./syntax.ts";
import { faultOf, questionsOf } from "./verdict.ts";

const read = (syntax: Syntax) => readModule(syntax, OWN_NUMBERS[syntax.path]);

const modules = windowsModules();
const readings = [...modules.values()].map(read);
const claims = readings.flatMap((reading) => reading.claims);

const planted = PLANTS.map((plant) => {
  const { path, change: [from, to] } = plant;
  const text = modules.get(path)?.text ?? "";
  const changed = text.replace(from, to);
  return { ...plant, applied: changed !== text, reading: read(parse(path, changed)) };
});

/** Everything is asked at once. */
const questions = [...claims, ...planted.flatMap(({ reading }) => reading.claims)]
  .flatMap(questionsOf);
const answers: Answers[] = await Promise.all(
  PROCESSORS.map((processor) => ask(questions, processor)),
);

function faults(claims: readonly Claim[], answers: Answers): string[] {
  return claims.flatMap((claim) => faultOf(claim, answers) ?? []);
}

const exported = new Map<string, Set<string> | null>();

/** What is bound of a library that does not export it. */
function bindingFaults(claims: readonly Claim[]): string[] {
  return claims.flatMap((claim) => {
    if (claim.kind !== "function") return [];
    const { library, name, path, line } = claim;
    if (!exported.has(library)) exported.set(library, exportsOf(library));
    return exported.get(library)?.has(name)
      ? []
      : [`${path}:${line}: ${library} does not export ${name}`];
  });
}

Deno.test("headers: every module is read whole: no number and no symbol is left unchecked", () => {
  assertEquals(readings.flatMap(({ complaints }) => complaints), []);
  const stale = Object.keys(OWN_NUMBERS).filter((path) => !modules.has(path));
  assertEquals(stale, [], "of OWN_NUMBERS: no such module deals with Windows");
});

for (const [index, processor] of PROCESSORS.entries()) {
  Deno.test(`headers: all that is claimed of Windows is so (${processor})`, () => {
    assertEquals(faults(claims, answers[index]!), []);
  });
}

Deno.test("headers: what is bound of a library is exported by it", () => {
  assertEquals(bindingFaults(claims), []);
});

Deno.test("headers: the modules that are known to bind Windows are among those read", () => {
  const libraries = new Set(
    claims.flatMap((claim) => claim.kind === "function" ? claim.library : []),
  );
  for (const library of ["kernel32", "advapi32", "shell32", "ole32", "user32", "iphlpapi"]) {
    assert(libraries.has(`${library}.dll`), `${library}.dll: nothing is read of it`);
  }
  const least = { function: 70, constant: 120, field: 35, size: 15, method: 9, guid: 3 };
  for (const [kind, count] of Object.entries(least)) {
    const found = claims.filter((claim) => claim.kind === kind).length;
    assert(found >= count, `${found} of kind ${kind}: there were ${count} and more`);
  }
});

for (const { fault, applied, reading, said, path } of planted) {
  Deno.test(`headers: a planted fault is told: ${fault}`, () => {
    assert(applied, `${path} has changed: plant "${fault}" elsewhere, in tests/headers/plants.ts`);
    const before = read(modules.get(path)!);
    for (const answer of answers) {
      const told = [
        ...reading.complaints,
        ...faults(reading.claims, answer),
        ...bindingFaults(reading.claims),
      ];
      assertEquals([...before.complaints, ...faults(before.claims, answer)], []);
      assert(told.some((line) => said.test(line)), `${fault}: told was ${Deno.inspect(told)}`);
      for (const line of told) assertMatch(line, /^(lib|tests)\/.*?: \S/);
    }
  });
}

Deno.test("headers: no claim holds when it is changed", () => {
  for (const claim of claims) {
    for (const changed of changes(claim)) {
      for (const answer of answers) {
        assert(faultOf(changed, answer) !== null, `not told: ${Deno.inspect(changed)}`);
      }
    }
  }
});

/** The claim with one thing of it made wrong, each in its turn. */
function changes(claim: Claim): Claim[] {
  switch (claim.kind) {
    case "constant":
      return [{ ...claim, value: claim.value + 1n }, { ...claim, value: -claim.value - 1n }];
    case "size":
    case "field":
      return [{ ...claim, value: claim.value + 4 }];
    case "guid":
      return [{ ...claim, value: claim.value.replace(/.$/, (digit) => digit === "0" ? "1" : "0") }];
    default: {
      const { parameters, result } = claim.signature;
      const other = (type: string) => /64|size|pointer|buffer|function/.test(type) ? "u32" : "u64";
      return [
        { ...claim, signature: { parameters: [...parameters, "u32"], result } },
        { ...claim, signature: { parameters, result: other(result) } },
        ...parameters.map((type, at) => ({
          ...claim,
          signature: { parameters: parameters.with(at, other(type)), result },
        })),
        ...claim.kind === "method" ? [{ ...claim, offset: claim.offset + 8 }] : [],
      ];
    }
  }
}
