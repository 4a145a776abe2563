/** What the suite's programs write: to a reader that leaves, and to a full disk. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { program } from "../support/unit/command.ts";
import { withoutPrivilege } from "../support/mesh/rights.ts";
import { meshTest, suiteCommand, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";

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

meshTest("what could not be done is told, also where nobody reads what was", async (mesh) => {
  const folder = await prepared(mesh);
  await mesh.seed();
  await Deno.mkdir(join(folder, "locked"), { mode: 0 });
  const scan = withoutPrivilege([...suiteCommand("scanner"), folder]);
  const { id } = await mesh.ipc.call<{ id: number }>("terminal", "open", { command: program("") });
  const cases: [string[] | null, number, RegExp][] = [
    [neverliie("stop", "no app", "fixture"), 2, /^neverliie: .*"no app".*\n$/],
    [neverliie("stop", "no app", "fixture", "--json"), 2, /^\{"error":.*no app.*\}\n$/],
    // (The second time there is no such session any more.)
    [neverliie("terminal", "kill", `${id}`, `${id}`), 1, /^terminal: Cannot find session 1: .*\n$/],
    [scan, 1, /^Cannot read "locked": .*\n$/],
  ];
  for (const [command, code, told] of cases) {
    if (command === null) continue;
    const child = mesh.spawn(command);
    await child.stdout.cancel();
    const stderr = new Response(child.stderr).text();
    assertEquals((await child.status).code, code, command.join(" "));
    assertMatch(await stderr, told);
  }
  // (Who is not root could not remove it.)
  if (!WINDOWS) await Deno.chmod(join(folder, "locked"), 0o700);
});

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
  meshTest("a second start is handed over, also where its output takes nothing", async (mesh) => {
    const { pid } = await mesh.serve([...suiteCommand("scanner"), "--host"]);
    const second = await redirected(mesh, "> /dev/full", [...suiteCommand("scanner"), "--host"]);
    assertEquals([second.code, second.stderr], [0, ""]);
    assertEquals(await mesh.answering("scanner"), pid);
  });

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
