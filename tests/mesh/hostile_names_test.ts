/** What others named, as the suite's programs tell of it: no name and no error steers a terminal. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { NeverLiieIPC, printable } from "../../lib/ipc/mod.ts";
import { meshTest, scriptCommand, suiteCommand, WINDOWS } from "../support/mesh/mesh.ts";

/** A name with a title, a clearing of the screen, an override of the direction, and a DEL. */
const EVIL = "a\x1b]0;title\x07\x9b2J\u202eb\x7fc";
const PLAIN = "ab c";
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

function assertPlain(text: string, what: string): void {
  assert(!UNSAFE.test(text), `${what}: ${JSON.stringify(text)}`);
}

meshTest("hostile names and errors are told as plain text; data goes to a pipe as it is", async (
  mesh,
) => {
  assertEquals(printable(EVIL), PLAIN);
  await using hostile = await NeverLiieIPC.open("hostile", {
    home: mesh.home,
    launch: false,
    handleSignals: false,
    version: EVIL,
  });
  hostile.expose(EVIL, () => EVIL, { description: `does ${EVIL}`, params: [EVIL] });
  hostile.expose("say", () => EVIL);
  hostile.expose("items", function* () {
    yield EVIL;
    yield { [EVIL]: EVIL };
  });
  hostile.expose("fail", () => {
    throw new Error(`${EVIL}\nneverliie: all is well`);
  });

  const described = await mesh.neverliie("describe", "hostile");
  assertPlain(described.stdout, "describe");
  assertMatch(described.stdout, new RegExp(`^${PLAIN} +call +${PLAIN} +does ${PLAIN}$`, "m"));
  assertStringIncludes(described.stdout, `hostile ${PLAIN}, process`);
  const types = await mesh.neverliie("types", "hostile");
  assertPlain(types.stdout, "types");
  assertStringIncludes(types.stdout, String.raw`"a\u001b]0;title\u0007\u009b2J\u202eb\u007fc"(`);

  const failed = await mesh.neverliie("call", "hostile", "fail");
  assertEquals([failed.code, failed.stdout], [1, ""]);
  // No line of it looks like an error of the command's own.
  assertEquals(failed.stderr, `neverliie: ${PLAIN}\n  neverliie: all is well\n`);
  const failedJson = await mesh.neverliie("call", "hostile", "fail", "--json");
  assertPlain(failedJson.stderr, "an error as JSON");
  assertEquals(JSON.parse(failedJson.stderr).error.message, `${EVIL}\nneverliie: all is well`);
  const wrong = await mesh.neverliie("call", EVIL, "x");
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  assertPlain(wrong.stderr, "a wrong name");

  assertEquals((await mesh.neverliie("call", "hostile", "say")).stdout, `${EVIL}\n`);
  const json = await mesh.neverliie("call", "hostile", "say", "--json");
  assertEquals(json.stdout, String.raw`"a\u001b]0;title\u0007\u009b2J\u202eb\u007fc"` + "\n");
  const [text, object] = (await mesh.neverliie("stream", "hostile", "items")).stdout.split("\n");
  assertEquals(text, EVIL);
  assertPlain(object!, "an item");
  assertEquals(JSON.parse(object!), { [EVIL]: EVIL });

  const top = mesh.neverliie("top", "--once", "--interval", "1");
  const trace = mesh.spawn([...suiteCommand("neverliie"), "trace", "hostile", "--params"]);
  const lines = trace.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let traced = "";
  while (!traced.includes("watching")) traced += (await lines.read()).value;
  await mesh.ipc.call("hostile", EVIL, { [EVIL]: EVIL });
  await mesh.ipc.call("hostile", "fail").catch(() => {});
  while (!traced.includes("all is well")) traced += (await lines.read()).value;
  assertPlain(traced, "trace");
  assertMatch(traced, new RegExp(`${PLAIN}\\(\\{"a\\\\u001b`));
  await lines.cancel();
  await mesh.ipc.call("hostile", "say");
  assertPlain((await top).stdout, "top");
});

meshTest("a file's name is told as plain text", async (mesh) => {
  const folder = join(mesh.home, "files");
  Deno.mkdirSync(folder);
  // (Windows takes no control characters in names.)
  const name = WINDOWS ? "photo\u202egpj.exe" : `${EVIL}\n`;
  Deno.writeTextFileSync(join(folder, name), "x");
  Deno.writeTextFileSync(join(folder, `${name}2`), "x");
  const scan = await mesh.run([...suiteCommand("scanner"), folder, "--duplicates"]);
  assertEquals([scan.code, scan.stderr], [0, ""]);
  assertPlain(scan.stdout, "the report");
  assertStringIncludes(scan.stdout, WINDOWS ? "photogpj.exe2\n" : `${PLAIN} 2\n`);
  const json = await mesh.run([...suiteCommand("scanner"), folder, "--json"]);
  assertPlain(json.stdout, "the report as JSON");
  const { summary } = JSON.parse(json.stdout);
  assertEquals(summary.largestFiles.map(({ path }: { path: string }) => path).sort(), [
    name,
    `${name}2`,
  ]);
  const missing = await mesh.run([...suiteCommand("scanner"), `${folder}\u202e\u0085`]);
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertPlain(missing.stderr, "an error");
});

meshTest("an error that nobody caught ends a program in plain words", async (mesh) => {
  for (const how of ["error", "rejection"]) {
    const program = scriptCommand("tests/support/programs/uncaught_app.ts");
    const { code, stdout, stderr } = await mesh.run([...program, how]);
    assertEquals([code, stdout], [1, ""], how);
    assertPlain(stderr, how);
    assertMatch(stderr, /^uncaught: uncaught: Error: ab\n {4}at .*uncaught_app\.ts/, how);
  }
});
