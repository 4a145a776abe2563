/** What a program's name means on Windows, told of folders that are nowhere. */
import { assertEquals, assertThrows } from "@std/assert";
import { findProgram } from "../../../lib/pty/windows/find_program.ts";

const FILES = new Set([
  "c:\\one\\tool.exe",
  "c:\\two\\tool.exe",
  "c:\\two\\old.com",
  "c:\\two\\old.exe",
  "c:\\two\\npm.cmd",
  "c:\\two\\npm",
  "c:\\three\\npm.exe",
  "c:\\three\\python3.11.exe",
  "c:\\three\\saver.scr",
  "c:\\odd;name\\odd.exe",
  "d:\\work\\own.exe",
  "d:\\work\\bin\\deep.exe",
  "d:\\rooted.exe",
  "\\\\server\\share\\far.exe",
  "e:\\windows\\system32\\cmd.exe",
]);

const PATH = 'C:\\one;C:\\two\\;;C:\\three; bin ;"C:\\odd;name"';

const find = (
  name: string,
  env: Record<string, string> = { Path: PATH, SystemRoot: "E:\\Windows" },
) => findProgram(name, "D:\\work", env, (path) => FILES.has(path.toLowerCase()));

const missing = (name: string, env?: Record<string, string>) =>
  assertThrows(() => find(name, env), Deno.errors.NotFound, `"${name}": there is no such program`);

Deno.test("findProgram looks a name up in the folders of the given PATH, in their order", () => {
  assertEquals(find("tool"), "C:\\one\\tool.exe");
  assertEquals(find("TOOL.EXE"), "C:\\one\\TOOL.EXE");
  assertEquals(find("tool", { PATH: "C:\\two;C:\\one" }), "C:\\two\\tool.exe");
  // As in the block that the program gets, the last of several spellings counts.
  assertEquals(find("tool", { PATH: "C:\\two", Path: "C:\\one" }), "C:\\one\\tool.exe");
  assertEquals(find("odd"), "C:\\odd;name\\odd.exe");
  assertEquals(find("deep"), "D:\\work\\bin\\deep.exe");
  // Neither where this process is, nor in the folder to start in.
  missing("own");
  missing("cmd");
  assertEquals(find("cmd", { SystemRoot: "E:\\Windows" }), "E:\\Windows\\System32\\cmd.exe");
});

Deno.test("findProgram adds the extensions of programs, as PATHEXT orders them", () => {
  assertEquals(find("old"), "C:\\two\\old.com");
  assertEquals(find("old", { PATH, PATHEXT: ".EXE;.COM;.VBS" }), "C:\\two\\old.exe");
  assertEquals(find("old", { PATH, PATHEXT: ".VBS" }), "C:\\two\\old.exe");
  assertEquals(find("python3.11"), "C:\\three\\python3.11.exe");
  assertEquals(find("saver.scr"), "C:\\three\\saver.scr");
  missing("saver");
});

Deno.test("findProgram resolves paths against the folder to start in", () => {
  assertEquals(find("C:\\two\\tool"), "C:\\two\\tool.exe");
  assertEquals(find("C:/two/tool.exe".replaceAll("/", "\\")), "C:\\two\\tool.exe");
  assertEquals(find("bin\\deep.exe"), "D:\\work\\bin\\deep.exe");
  assertEquals(find("\\rooted"), "D:\\rooted.exe");
  assertEquals(find("\\\\server\\share\\far"), "\\\\server\\share\\far.exe");
  missing("bin\\tool");
  missing("C:\\two\\none.exe");
});

Deno.test("findProgram refuses batch files, and says which one a name means", () => {
  const refused = (name: string, text: string) =>
    assertThrows(() => find(name), Deno.errors.NotSupported, text);
  // The shell would take it, so a program of that name further on is another one.
  refused("npm", '"C:\\two\\npm.cmd" is a batch file');
  refused("C:\\two\\npm.cmd", "it is a batch file");
  refused("missing.bat", "it is a batch file");
  refused("missing.bat. ", "it is a batch file");
});
