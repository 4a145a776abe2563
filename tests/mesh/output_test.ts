/** What the suite's programs write: to a reader that leaves, to a full disk, and of hostile names. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { NeverLiieIPC, printable } from "../../lib/ipc/mod.ts";
import { program } from "../support/unit/command.ts";
import {
  meshTest,
  scriptCommand,
  suiteCommand,
  type TestMesh,
  WINDOWS,
} from "../support/mesh/mesh.ts";

const neverliie = (...args: string[]) => [...suiteCommand("neverliie"), ...args];

/** Commands that write something and end by themselves. */
function shortCommands(folder: string): string[][] {
  return [
    neverliie("--help"),
    neverliie("--version"),
    neverliie("call", "--help"),
    neverliie("list"),
    neverliie("list", "--json"),
    neverliie("describe", "fixture"),
    neverliie("call", "fixture", "echo", '{"a":1}'),
    neverliie("call", "fixture", "blob", '{"size":300000}'),
    neverliie("wake", "fixture"),
    neverliie("ping", "fixture"),
    neverliie("stop", "nobody"),
    neverliie("prune"),
    neverliie("doctor"),
    neverliie("logs", "fixture"),
    neverliie("bench", "fixture", "--count", "5"),
    neverliie("types", "fixture"),
    neverliie("top", "--once", "--interval", "0.1"),
    neverliie("completion", "bash"),
    neverliie("complete", "--", "call", ""),
    neverliie("terminal", "list"),
    [...suiteCommand("terminal"), "--help"],
    [...suiteCommand("terminal"), "run", "echo out"],
    [...suiteCommand("scanner"), folder],
    [...suiteCommand("scanner"), folder, "--json"],
    suiteCommand("launcher"),
    [...suiteCommand("statusbar"), "--help"],
  ];
}

/** Commands that would go on. */
function longCommands(): string[][] {
  return [
    neverliie("stream", "fixture", "endless"),
    neverliie("trace", "fixture"),
    neverliie("top", "--json", "--interval", "0.1"),
    neverliie("logs", "-f", "fixture"),
    neverliie("inspect", "--no-open"),
    [...suiteCommand("terminal"), "run", ...program("for (;;) console.log('y')")],
  ];
}

async function prepared(mesh: TestMesh): Promise<string> {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const folder = join(mesh.home, "files");
  Deno.mkdirSync(folder);
  for (const name of ["a", "b", "c"]) Deno.writeTextFileSync(join(folder, name), name);
  await Deno.writeTextFile(mesh.ipc.home.logFile("fixture"), "one\ntwo\nthree\n");
  return folder;
}

meshTest("no program minds that its reader has gone", async (mesh) => {
  const folder = await prepared(mesh);
  for (const command of [...shortCommands(folder), ...longCommands()]) {
    const child = mesh.spawn(command);
    // Gone before the first word.
    await child.stdout.cancel();
    const stderr = new Response(child.stderr).text();
    assertEquals([(await child.status).code, await stderr], [0, ""], command.join(" "));
  }
}, { limit: 240_000 });

meshTest("what goes on ends when its reader leaves in the middle", async (mesh) => {
  await prepared(mesh);
  for (const command of longCommands().filter((command) => !command.includes("inspect"))) {
    const child = mesh.spawn(command);
    const reader = child.stdout.getReader();
    assert(!(await reader.read()).done, command.join(" "));
    await reader.cancel();
    if (command.includes("trace")) await mesh.ipc.call("fixture", "pid");
    if (command.includes("-f")) {
      Deno.writeTextFileSync(mesh.ipc.home.logFile("fixture"), "four\n", { append: true });
    }
    const stderr = new Response(child.stderr).text();
    assertEquals([(await child.status).code, await stderr], [0, ""], command.join(" "));
  }
}, { limit: 120_000 });

/** The first message of an assistant, which is answered. */
const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
}) + "\n";

/** Starts `neverliie mcp` as `command` and has it answer; its input stays open. */
async function asked(mesh: TestMesh, command: string[]) {
  const child = mesh.spawn(command, { stdin: "piped" });
  await child.stdout.cancel();
  const stderr = new Response(child.stderr).text();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(INITIALIZE));
  const { code } = await child.status;
  await input.close().catch(() => {
    // It has ended: nobody reads this.
  });
  return { code, stderr: await stderr };
}

meshTest("an assistant that no longer reads ends the server without a word", async (mesh) => {
  assertEquals(await asked(mesh, neverliie("mcp", "--no-activate")), { code: 0, stderr: "" });
});

/** Runs a command with its standard output as the shell is told. */
function redirected(mesh: TestMesh, redirection: string, command: string[]) {
  return mesh.run(["sh", "-c", `exec "$@" ${redirection}`, "sh", ...command]);
}

if (!WINDOWS) {
  meshTest("a closed standard output is no failure", async (mesh) => {
    const folder = await prepared(mesh);
    // (All of them write in one place; these few are of each kind.)
    for (const command of shortCommands(folder).filter((_, at) => at % 4 === 0)) {
      const { code, stderr } = await redirected(mesh, ">&-", command);
      assertEquals([code, stderr], [0, ""], command.join(" "));
    }
  }, { limit: 240_000 });

  meshTest("an output that does not block is waited for", async (mesh) => {
    await prepared(mesh);
    // What other programs on the same pipe may do to it.
    const set = "fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK) or die $!;";
    const perl = ["perl", "-MFcntl", "-e", `${set} exec { $ARGV[0] } @ARGV or die $!`];
    for (
      const command of [
        neverliie("call", "fixture", "blob", '{"size":400000}'),
        [...suiteCommand("terminal"), "run", "head -c 400000 /dev/zero | tr '\\0' x; echo"],
      ]
    ) {
      const child = mesh.spawn([...perl, ...command]);
      const stderr = new Response(child.stderr).text();
      let bytes = 0;
      // (A reader that is not slow would empty the pipe before it is full.)
      for await (const chunk of child.stdout) {
        bytes += chunk.length;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assertEquals([(await child.status).code, await stderr, bytes], [0, "", 400_001]);
    }
  });
}

if (Deno.build.os === "linux") {
  meshTest("a full disk is a clear error", async (mesh) => {
    const folder = await prepared(mesh);
    for (const command of shortCommands(folder)) {
      const { code, stderr } = await redirected(mesh, "> /dev/full", command);
      const error = "Cannot write to standard output: No space left on device";
      const json = JSON.stringify({ error: { name: "Error", message: error } });
      assertMatch(stderr, new RegExp(`^(\\w+: ${error}|${json})\n$`), command.join(" "));
      assertEquals(code, 1, command.join(" "));
    }
  }, { limit: 240_000 });
}

if (Deno.build.os === "linux") {
  meshTest("an answer to an assistant that cannot be written is a clear error", async (mesh) => {
    const server = neverliie("mcp", "--no-activate");
    const { code, stderr } = await asked(mesh, [
      "sh",
      "-c",
      'exec "$@" > /dev/full',
      "sh",
      ...server,
    ]);
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^neverliie: Cannot write to standard output: No space left on device\b.*\n$/,
    );
  });
}

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
  const trace = mesh.spawn(neverliie("trace", "hostile", "--params"));
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
