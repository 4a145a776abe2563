/** Files that are named on the command line, or read by the command: told by name where they fail. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { recordsFile } from "../../apps/app_record.ts";
import { MANIFEST, readManifest } from "../../apps/manifest.ts";
import { readReceipt } from "../../apps/neverliie/install/receipt.ts";
import { meshTest, suiteCommand, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { holdFile, withoutPrivilege } from "../support/mesh/rights.ts";

/** Runs the command, which its system can refuse a file. */
const run = (mesh: TestMesh, args: readonly string[]) => {
  const command = [...suiteCommand("neverliie"), ...args];
  return mesh.run(withoutPrivilege(command) ?? command);
};

const bytes = (text: string) => new TextEncoder().encode(text);
/** UTF-16 as Windows' programs write it. */
const wide = (text: string) =>
  new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer);

/** What keeps a file from being read here, and what is told of it. */
const FAULTS: readonly [reason: string, make: (path: string) => Promise<Disposable | void>][] = [
  ["it is a folder, not a file", (path) => Deno.mkdir(path)],
  ...(WINDOWS
    ? [[
      "another program has it open and lets nobody read it",
      async (path: string) => {
        await Deno.writeTextFile(path, "{}");
        return holdFile(path);
      },
    ] as [string, (path: string) => Promise<Disposable>]]
    : [[
      "it is a link in a circle of links",
      (path: string) => Deno.symlink(path, path),
    ] as [string, (path: string) => Promise<void>]]),
  ...(withoutPrivilege([]) === null ? [] : [[
    "you have no right to read it",
    (path: string) => Deno.writeTextFile(path, "{}", { mode: 0 }),
  ] as [string, (path: string) => Promise<void>]]),
];

meshTest(
  "call @file: with a mark, in UTF-16, from a pipe; what cannot be read is told",
  async (mesh) => {
    await mesh.register();
    const file = join(mesh.home, "params.json");
    const call = (...args: string[]) => run(mesh, ["call", "fixture", "echo", ...args]);
    const text = '{"name":"日本 ü"}';
    for (const content of [bytes(`\uFEFF${text}\r\n`), wide(text)]) {
      await Deno.writeFile(file, content);
      const { stdout, stderr } = await call(`@${file}`, "--json");
      assertEquals([stdout.trim(), stderr], [text, ""]);
      // The same from standard input, where a shell of Windows puts it in such forms.
      const child = mesh.spawn([
        ...suiteCommand("neverliie"),
        "call",
        "fixture",
        "echo",
        "-",
        "--json",
      ], {
        stdin: "piped",
      });
      const writer = child.stdin.getWriter();
      await writer.write(content);
      await writer.close();
      const { stdout: said } = await child.output();
      assertEquals(new TextDecoder().decode(said).trim(), text);
    }
    const fails = async (reason: string) => {
      const { code, stderr } = await call(`@${file}`);
      assertEquals([code, stderr.trim()], [
        2,
        `neverliie: Cannot read parameters from "${file}": ${reason}`,
      ]);
    };
    await Deno.writeFile(file, new Uint8Array([0x22, 0x0a, 0xfc, 0x22]));
    await fails("it is not UTF-8 in line 2; save it as UTF-8");
    await Deno.remove(file);
    await fails("there is no such file");
    for (const [reason, make] of FAULTS) {
      {
        using _undone = await make(file) ?? null;
        await fails(reason);
      }
      await Deno.remove(file);
    }
  },
);

meshTest(
  "logs: of two files the one that can be read is shown, the other told by name",
  async (mesh) => {
    const log = mesh.ipc.home.logFile("fixture");
    const records = recordsFile(mesh.ipc.home, "fixture");
    const record = { "@timestamp": "2026-01-01T00:00:00.000Z", level: "INFO", message: "started" };
    await Deno.writeTextFile(records, `${JSON.stringify(record)}\n`);
    const told = (path: string, reason: string) => `neverliie: Cannot read "${path}": ${reason}`;
    for (const [reason, make] of FAULTS) {
      {
        using _undone = await make(log) ?? null;
        const { code, stdout, stderr } = await run(mesh, ["logs", "fixture"]);
        assertEquals([code, stderr.trim()], [1, told(log, reason)]);
        assertStringIncludes(stdout, "INFO started");
      }
      await Deno.remove(log);
    }
    await Deno.mkdir(log);
    const json = await run(mesh, ["logs", "fixture", "--json"]);
    assertEquals([json.code, JSON.parse(json.stdout).records], [1, [record]]);
    await Deno.remove(records);
    await Deno.mkdir(records);
    for (const follow of [[], ["-f"]]) {
      const { code, stderr } = await run(mesh, ["logs", "fixture", ...follow]);
      const lines = stderr.trim().split("\n").sort();
      const reason = "it is a folder, not a file";
      assertEquals([code, lines], [1, [told(log, reason), told(records, reason)].sort()]);
    }
  },
);

meshTest("logs -f goes on with the file that can be read", async (mesh) => {
  const log = mesh.ipc.home.logFile("fixture");
  await Deno.mkdir(log);
  await Deno.writeTextFile(recordsFile(mesh.ipc.home, "fixture"), "a line\n");
  const child = mesh.spawn([...suiteCommand("neverliie"), "logs", "-f", "fixture"]);
  const first = async (stream: ReadableStream<Uint8Array>) => {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`It ended after: ${text}`);
      text += value;
    }
    return { text, reader };
  };
  const [output, errors] = await Promise.all([first(child.stdout), first(child.stderr)]);
  assertEquals(output.text.trim(), "a line");
  assertEquals(
    errors.text.trim(),
    `neverliie: Cannot read "${log}": it is a folder, not a file`,
  );
  child.kill("SIGKILL");
  await child.status;
  await output.reader.cancel();
  await errors.reader.cancel();
});

meshTest("install and upgrade tell a manifest or a receipt that is none, and why", async (mesh) => {
  const folder = join(mesh.home, "unpacked");
  const manifest = join(folder, MANIFEST);
  const receipt = join(folder, "installed.json");
  await Deno.mkdir(folder);
  // (This process may be root, and have every right.)
  for (const [reason, make] of FAULTS.filter(([reason]) => !reason.includes("right"))) {
    {
      using _manifest = await make(manifest) ?? null;
      using _receipt = await make(receipt) ?? null;
      const told = (path: string) => `Cannot read "${path}": ${reason}`;
      await assertRejects(() => readManifest(folder), Error, told(manifest));
      await assertRejects(() => readReceipt(folder), Error, told(receipt));
    }
    for (const path of [manifest, receipt]) await Deno.remove(path);
  }
  for (
    const text of ["{", "[]", '{"name": "neverliie"}', '{"name": "neverliie", "programs": [5]}']
  ) {
    for (const path of [manifest, receipt]) await Deno.writeTextFile(path, text);
    await assertRejects(() => readManifest(folder), TypeError, "it is not a manifest of NeverLiie");
    await assertRejects(() => readReceipt(folder), TypeError, "it is not of an installation");
  }
  assertEquals([await readManifest(mesh.home), await readReceipt(mesh.home)], [null, null]);
  const last = async (...args: string[]) => {
    const { code, stderr } = await run(mesh, args);
    return [code, stderr.trim()];
  };
  const install = () =>
    last("install", "--from", folder, "--to", join(mesh.home, "to"), "--dry-run");
  assertEquals(await last("upgrade", "--to", folder, "--dry-run"), [
    2,
    `neverliie: Cannot read "${receipt}": it is not of an installation`,
  ]);
  // With a mark, as an editor of Windows leaves it: the target is looked at, and is another one.
  const other = { name: "neverliie", version: "0.0.0", target: "another", deno: "", programs: [] };
  await Deno.writeTextFile(manifest, `\uFEFF${JSON.stringify(other)}`);
  assertStringIncludes(String((await install())[1]), "it is for another, this is ");
});

meshTest("scanner and terminal say why a folder of the command line is none", async (mesh) => {
  const command = (name: string, args: string[]) => {
    const whole = [...suiteCommand(name), ...args];
    return mesh.run(withoutPrivilege(whole) ?? whole);
  };
  await mesh.seed();
  const scan = async (folder: string) => (await command("scanner", [folder])).stderr.trim();
  const open = async (cwd: string) =>
    (await command("terminal", ["open", "--detached", "--cwd", cwd])).stderr.trim();
  const gone = join(mesh.home, "gone");
  assertStringIncludes(await scan(gone), `Cannot scan "${gone}": there is no such folder`);
  assertStringIncludes(await open(gone), `in "${gone}": there is no such folder`);
  const file = join(mesh.home, "file");
  await Deno.writeTextFile(file, "");
  assertStringIncludes(await scan(file), `Cannot scan "${file}": it is not a folder`);
  assertStringIncludes(await open(file), `in "${file}": it is a file, not a folder`);
  if (!WINDOWS) {
    const loop = join(mesh.home, "loop");
    await Deno.symlink(loop, loop);
    assertStringIncludes(await scan(loop), `Cannot scan "${loop}": it is a link in a circle`);
    assertStringIncludes(await open(loop), `in "${loop}": it is a link in a circle of links`);
  }
  if (withoutPrivilege([]) !== null) {
    const locked = join(mesh.home, "locked");
    await Deno.mkdir(locked, { mode: 0 });
    assertStringIncludes(await scan(locked), `Cannot read "${locked}": `);
    assertStringIncludes(await open(locked), `in "${locked}": you have no right to go there`);
    const inside = join(locked, "inside");
    assertStringIncludes(
      await scan(inside),
      `Cannot scan "${inside}": you have no right to read it`,
    );
  }
});
