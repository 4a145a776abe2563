import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  APP_NAME_MAX,
  checkAppName,
  checkMethodName,
  isAppName,
} from "../../../lib/ipc/base/name.ts";

Deno.test("checkAppName takes what the grammar allows", () => {
  const names = [
    "a",
    "statusbar",
    "a1",
    "a-b",
    "a_b",
    "z9-_",
    "x--",
    "con1",
    "console",
    "com",
    "com10",
  ];
  names.push("constructor", "prototype", "auxiliary", "nul0", "lpt", "a".repeat(APP_NAME_MAX));
  for (const name of names) checkAppName(name);
});

Deno.test("isAppName takes what checkAppName takes", () => {
  assertEquals(["a", "con1", "con", "A", "", "a".repeat(33), "a.b"].map(isAppName), [
    ...[true, true],
    ...[false, false, false, false, false],
  ]);
});

Deno.test("checkAppName refuses every other name and says which rule it breaks", () => {
  const cases: [unknown, string][] = [
    ["", "it is empty"],
    [undefined, "Cannot use"],
    [null, "Cannot use"],
    [5, "Cannot use"],
    ["a".repeat(APP_NAME_MAX + 1), "longer than 32"],
    ["A", 'write it in lower case: "a"'],
    ["statusBar", 'write it in lower case: "statusbar"'],
    ["Żaba", "lower case"],
    ["żaba", "use a letter"],
    ["1a", "use a letter"],
    ["-a", "use a letter"],
    ["_a", "use a letter"],
    ["__proto__", "use a letter"],
    ["a b", "use a letter"],
    [" a", "use a letter"],
    ["a\n", "use a letter"],
    ["a\0", "use a letter"],
    ["a.b", "use a letter"],
    ["a/b", "use a letter"],
    ["..", "use a letter"],
    ["a\\b", "use a letter"],
    ["a:b", "use a letter"],
    ["ａ", "use a letter"],
    ["con", "Windows reserves"],
    ["prn", "Windows reserves"],
    ["aux", "Windows reserves"],
    ["nul", "Windows reserves"],
    ["com0", "Windows reserves"],
    ["com9", "Windows reserves"],
    ["lpt1", "Windows reserves"],
  ];
  for (const [name, why] of cases) {
    const { message } = assertThrows(() => checkAppName(name as string), TypeError);
    assertStringIncludes(message, why, String(name));
    assertStringIncludes(message, "Cannot use");
  }
});

Deno.test("checkMethodName leaves the protocol its prefixes and takes everything else", () => {
  for (const name of ["a", "get_stats", "Get Stats", "rpc", "$", "$x", "a/b", "__proto__", "ż"]) {
    checkMethodName(name);
  }
  for (const name of ["", undefined, 5, "$/", "$/ping", "rpc.", "rpc.discover"]) {
    assertThrows(() => checkMethodName(name as string), TypeError, "Cannot expose", String(name));
  }
});
