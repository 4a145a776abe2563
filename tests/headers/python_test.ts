/** What the library for Python declares of Windows, held against Windows' own headers. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Claim } from "./claims.ts";
import { exportsOf } from "./exports.ts";
import { ask, PROCESSORS } from "./headers.ts";
import { faultOf, questionsOf } from "./verdict.ts";

const path = "lib/python/neverliie_ipc.py";
const file = (name: string) => fromFileUrl(new URL(`../../${name}`, import.meta.url));

interface Declared {
  structures: Record<string, { size: number; fields: Record<string, number> }>;
  functions: { library: string; name: string; result: string; parameters: string[] }[];
  constants: Record<string, number>;
}

const { success, stdout, stderr } = await new Deno.Command("python3", {
  args: ["-B", file("tests/headers/python_declarations.py"), file(path)],
}).output();
assert(success, new TextDecoder().decode(stderr));
const declared: Declared = JSON.parse(new TextDecoder().decode(stdout));

/** What is not called as the headers have it. */
const NAMES: Readonly<Record<string, string>> = {
  _Overlapped: "OVERLAPPED",
  _SecurityAttributes: "SECURITY_ATTRIBUTES",
  _SidAndAttributes: "SID_AND_ATTRIBUTES",
  _TOKEN_USER: "TokenUser",
  _TOKEN_ELEVATION_TYPE: "TokenElevationType",
  _TOKEN_INTEGRITY_LEVEL: "TokenIntegrityLevel",
};
/** What is ours and not Windows'. */
const OWN = [
  ...["_QUOTA", "_WAITING", "_LARGEST_WRITE"],
  // All bits but those of an address; and sums of what the headers have.
  ...["_INVALID_HANDLE", "_FILE_SHARE_ALL", "_WRITE_RIGHTS"],
];
const nameOf = (name: string) => NAMES[name] ?? name.replace(/^_/, "");

const claims: Claim[] = [
  ...declared.functions.map(({ library, name, result, parameters }): Claim => ({
    ...{ path, line: 0, kind: "function", library, name, signature: { result, parameters } },
  })),
  ...Object.entries(declared.constants)
    .filter(([name]) => !OWN.includes(name))
    .map(([name, value]): Claim => ({
      ...{ path, line: 0, kind: "constant", name: nameOf(name), value: BigInt(value) },
    })),
  ...Object.entries(declared.structures).flatMap(([name, { size, fields }]): Claim[] => [
    { path, line: 0, kind: "size", name: nameOf(name), value: size },
    ...Object.entries(fields).map(([field, offset]): Claim => ({
      ...{ path, line: 0, kind: "field", name: `${nameOf(name)}.${field}`, value: offset },
    })),
  ]),
];

Deno.test("headers: what Python declares of Windows is read", () => {
  const count = (kind: Claim["kind"]) => claims.filter((claim) => claim.kind === kind).length;
  assertEquals([count("function") >= 20, count("constant") >= 45, count("size")], [true, true, 3]);
});

for (const processor of PROCESSORS) {
  Deno.test(`headers: all that Python declares of Windows is so (${processor})`, async () => {
    const answers = await ask(claims.flatMap(questionsOf), processor);
    assertEquals(claims.flatMap((claim) => faultOf(claim, answers) ?? []), []);
    // (That a wrong one is found.)
    const wrong = claims.map((claim): Claim =>
      claim.kind === "constant" ? { ...claim, value: claim.value + 1n } : claim
    );
    const found = wrong.flatMap((claim) => faultOf(claim, answers) ?? []);
    assertEquals(found.length, claims.filter(({ kind }) => kind === "constant").length);
  });
}

Deno.test("headers: what Python binds of a library is exported by it", () => {
  const missing = declared.functions.filter(({ library, name }) => !exportsOf(library)?.has(name));
  assertEquals(missing, []);
});
