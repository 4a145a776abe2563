/** Platform.spawn and Platform.commandLine, seen from the processes that they concern. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Platform, Transport } from "../../lib/ipc/os/transport.ts";
import { platform as platformOf } from "../../lib/ipc/os/platform.ts";
import { withLimit } from "../support/run/watchdog.ts";
import { removed } from "../support/run/removed.ts";

const WINDOWS = Deno.build.os === "windows";
const platform: Platform = platformOf();
const LIMIT = 60_000;
const PROGRAM = fromFileUrl(import.meta.resolve("./spawned_program.ts"));
const IMPORT_MAP = fromFileUrl(import.meta.resolve("../../lib/std/import_map.json"));

const AWKWARD = [
  "plain",
  "",
  "two words",
  'say "hi"',
  "C:\\my folder\\",
  "ends with\\\\",
  '\\"',
  "tab\there",
  "Größe 日本 🦕",
  "%PATH% $HOME `x` & | > 'y' ^",
  "--flag=a b",
];

// Loaded once and kept: here, so that no test seems to leak the system's libraries.
platform.userId();
platform.commandLine();

interface Folder {
  path: string;
  logFile: string;
  address: string;
}

/** A test with a folder and an address of its own, and a watchdog. */
function behaviour(name: string, body: (folder: Folder) => Promise<void>): void {
  Deno.test(`${WINDOWS ? "windows" : "unix"} process: ${name}`, async () => {
    const path = Deno.makeTempDirSync({ prefix: "neverliie-" });
    const key = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    const directory = platform.runtimeDirectory(path, key);
    const address = platform.address(directory, key, `p${Deno.pid}`);
    try {
      await withLimit(name, body({ path, logFile: join(path, "program.log"), address }), LIMIT);
    } finally {
      if (!directory.startsWith(path)) Deno.removeSync(directory, { recursive: true });
      await removed(path);
    }
  });
}

function command(...args: string[]): string[] {
  return [Deno.execPath(), "run", "-A", "--import-map", IMPORT_MAP, PROGRAM, ...args];
}

/** Starts the program of these tests and waits for its end. */
async function run(
  { path, logFile }: Folder,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; log: string; command: string[] }> {
  const line = command(...args);
  const process = await platform.spawn({ command: line, cwd: path, env, logFile });
  let code: number | null;
  while ((code = process.exitCode()) === null) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.release();
  return { code, log: Deno.readTextFileSync(logFile), command: line };
}

/** What the program reported, as one line of JSON among whatever else its log holds. */
function report(log: string): Record<string, unknown> {
  const line = log.split("\n").find((line) => line.startsWith("REPORT "));
  assert(line !== undefined, `no report in the log: ${log}`);
  return JSON.parse(line.slice(7));
}

behaviour("arguments arrive unchanged, and commandLine gives them all back", async (folder) => {
  const { code, log, command } = await run(folder, ["report", ...AWKWARD]);
  assertEquals(code, 0, log);
  const { args, commandLine } = report(log);
  assertEquals(args, AWKWARD);
  assertEquals(commandLine, command);
});

behaviour(
  "output and errors are appended to the log, and the exit code is seen",
  async (folder) => {
    Deno.writeTextFileSync(folder.logFile, "from before\n");
    const { code, log } = await run(folder, ["fail"]);
    assertEquals(code, 7, log);
    assert(log.startsWith("from before\n"), log);
    assert(log.includes("to stdout\n") && log.includes("to stderr\n"), log);
  },
);

behaviour("the environment is this one's with additions, and the folder is the given", async (
  folder,
) => {
  const name = `NeverLiieTest${Deno.pid}`;
  Deno.env.set(`${name}Own`, "own");
  Deno.env.set(`${name}Both`, "own");
  try {
    const env = { [`${name}Both`]: "added", [`${name}Größe`]: "ä=b c" };
    const { log } = await run(folder, ["report", name], env);
    const { env: seen, cwd, input } = report(log);
    assertEquals(seen, { Own: "own", Both: "added", "Größe": "ä=b c" });
    assertEquals(cwd, Deno.realPathSync(folder.path));
    assertEquals(input, 0, "standard input is empty");
  } finally {
    Deno.env.delete(`${name}Own`);
    Deno.env.delete(`${name}Both`);
  }
});

behaviour("a program outlives the one that spawned it", async (folder) => {
  const listener = await platform.listen(folder.address);
  const parent = new Deno.Command(Deno.execPath(), {
    args: command("parent", folder.address, folder.logFile).slice(1),
    stdout: "piped",
    stderr: "piped",
  }).output();
  const child = await listener.accept();
  assert(child !== null);
  const { code, stderr } = await parent;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  // The parent has ended; the child still listens to us, and writes its log.
  await child.write(new TextEncoder().encode("go on"));
  assertEquals(await answer(child), "heard: go on");
  assert(Deno.readTextFileSync(folder.logFile).includes("child heard: go on"));
  await Promise.all([child.close(), listener.close()]);
});

behaviour("a program waits as long as its listener does, and ends by itself after that", async (
  folder,
) => {
  const { path, logFile, address } = folder;
  const ready = await platform.listen(address);
  const process = await platform.spawn({
    command: command("serve", address, `${address}s`),
    cwd: path,
    env: {},
    logFile,
  });
  const announced = await ready.accept();
  assert(announced !== null);
  const client = await platform.dial(`${address}s`, { deadline: performance.now() + 10_000 });
  assert(client !== null);
  await client.write(new TextEncoder().encode("bye"));
  assertEquals(await answer(client), "bye");
  await Promise.all([client.close(), announced.close(), ready.close()]);
  let code: number | null;
  while ((code = process.exitCode()) === null) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.release();
  assertEquals(code, 0, Deno.readTextFileSync(logFile));
});

async function answer(transport: Transport): Promise<string> {
  let text = "";
  for (let bytes; (bytes = await transport.read()) !== null;) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

behaviour("a program that does not exist is NotFound, by name", async ({ path, logFile }) => {
  for (const program of [join(path, "no such program"), "neverliie-no-such-program"]) {
    await assertRejects(
      () => platform.spawn({ command: [program], cwd: path, env: {}, logFile }),
      Deno.errors.NotFound,
      program,
    );
  }
});

if (WINDOWS) {
  behaviour(
    "a batch file is refused: a shell would read its arguments",
    async ({ path, logFile }) => {
      for (const program of ["x.bat", "x.CMD", "x.cmd. "]) {
        await assertRejects(
          () => platform.spawn({ command: [program, "a"], cwd: path, env: {}, logFile }),
          Deno.errors.NotSupported,
        );
      }
    },
  );

  behaviour("a folder that does not exist is NotADirectory", async ({ path, logFile }) => {
    await assertRejects(
      () => platform.spawn({ command: command(), cwd: join(path, "no such"), env: {}, logFile }),
      Deno.errors.NotADirectory,
      "no such",
    );
  });
}
