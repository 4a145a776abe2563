/** `terminal run` and `pipe`: a command with the input, the output, the folder and the variables of whoever asks. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { PipeEvent } from "../../apps/terminal/contract.ts";
import { RemoteError } from "../../lib/ipc/mod.ts";
import {
  gone,
  isAlive,
  meshTest,
  suiteCommand,
  type TestMesh,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { program } from "../support/unit/command.ts";

/** A program that gives its input back, byte for byte. */
const CAT = program("await Deno.stdin.readable.pipeTo(Deno.stdout.writable)");

/** All byte values, often enough that they come in several pieces. */
const BYTES = new Uint8Array(600_000).map((_, at) => at % 251);

/** `terminal run` with an input; what it came to, its output as bytes. */
async function runWith(
  mesh: TestMesh,
  command: string[],
  input: Uint8Array<ArrayBuffer>,
  front = suiteCommand("terminal"),
) {
  const child = mesh.spawn([...front, "run", ...command], { stdin: "piped" });
  const output = new Response(child.stdout).bytes();
  const errors = new Response(child.stderr).text();
  // A command need not read all of it.
  await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  return { code: (await child.status).code, bytes: await output, stderr: await errors };
}

meshTest("run hands its input on and gives the output back, byte for byte", async (mesh) => {
  const { code, bytes, stderr } = await runWith(mesh, CAT, BYTES);
  assertEquals([code, stderr, bytes.length], [0, "", BYTES.length]);
  assert(bytes.every((byte, at) => byte === BYTES[at]));
  const both = [...suiteCommand("neverliie"), "terminal"];
  const short = await runWith(mesh, CAT, new TextEncoder().encode("by the command"), both);
  assertEquals(new TextDecoder().decode(short.bytes), "by the command");
});

meshTest("run's command may read nothing, or end before its input does", async (mesh) => {
  const deaf = await runWith(mesh, program("console.log('deaf')"), BYTES);
  assertEquals([deaf.code, deaf.stderr], [0, ""]);
  assertStringIncludes(new TextDecoder().decode(deaf.bytes), "deaf");
  const nothing = await mesh.run([...suiteCommand("terminal"), "run", ...CAT], { stdin: "null" });
  assertEquals([nothing.code, nothing.stdout, nothing.stderr], [0, "", ""]);
  // An input that stays open keeps no command that has ended.
  const child = mesh.spawn([...suiteCommand("terminal"), "run", ...program("Deno.exit(4)")], {
    stdin: "piped",
  });
  assertEquals((await child.status).code, 4);
  await child.stdin.close();
});

meshTest("run has the folder and the variables of whoever asks, and no others", async (mesh) => {
  // The host is woken with a variable that later callers do not have.
  await mesh.run([...suiteCommand("terminal"), "run", ...program("0")], {
    env: { ONLY_THE_HOST: "host", BOTH: "host" },
  });
  const folder = join(mesh.home, "a folder");
  Deno.mkdirSync(folder);
  const code = `console.log(JSON.stringify([
    Deno.cwd(), Deno.env.get("BOTH"), Deno.env.get("MINE"), Deno.env.get("ONLY_THE_HOST") ?? null,
  ]))`;
  const { stdout } = await mesh.run([...suiteCommand("terminal"), "run", ...program(code)], {
    cwd: folder,
    env: { BOTH: "mine", MINE: "mine" },
  });
  const [cwd, ...variables] = JSON.parse(stdout);
  assertEquals(Deno.realPathSync(cwd), Deno.realPathSync(folder));
  assertEquals(variables, ["mine", "mine", null]);
});

meshTest("pipe: input piece by piece, its end, its errors", async (mesh) => {
  await mesh.seed();
  const events = mesh.ipc.stream<PipeEvent>("terminal", "pipe", { command: CAT });
  const next = async () => (await events.next()).value as PipeEvent;
  const started = await next();
  assert(started.type === "started");
  const { pipe } = started;
  const write = (data: unknown, number: unknown = pipe) =>
    mesh.ipc.call("terminal", "pipe_input", { pipe: number, data });
  assertEquals(await write("one"), true);
  const one = await next();
  assert(one.type === "stdout");
  assertEquals(new TextDecoder().decode(one.bytes), "one");
  assertEquals(await write(new Uint8Array([0, 255])), true);
  const two = await next();
  assert(two.type === "stdout");
  assertEquals(two.bytes, new Uint8Array([0, 255]));
  await assertRejects(() => write(7), RemoteError, "data must be a text, bytes, or null");
  await assertRejects(() => write("x", 99), RemoteError, "there is no pipe 99");
  await assertRejects(() => write("x", "1"), RemoteError, 'there is no pipe "1"');
  assertEquals(await write(null), false);
  assertEquals(await next(), { type: "exit", code: 0, signal: null });
  assertEquals((await events.next()).done, true);
  assertEquals(await write("late"), false);
  const wrong = mesh.ipc.stream<PipeEvent>("terminal", "pipe", { command: [] });
  await assertRejects(() => wrong.next(), RemoteError, "command must be a text");
});

meshTest("pipe: leaving ends the command, even one that waits for its input", async (mesh) => {
  await mesh.seed();
  const code = "console.log(Deno.pid); await Deno.stdin.read(new Uint8Array(1))";
  const events = mesh.ipc.stream<PipeEvent>("terminal", "pipe", { command: program(code) });
  assertEquals((await events.next()).value!.type, "started");
  const { value } = await events.next();
  assert(value?.type === "stdout");
  const pid = Number(new TextDecoder().decode(value.bytes));
  assert(isAlive(pid));
  await events.cancel();
  await gone(pid);
});

if (!WINDOWS) {
  meshTest("signals to the command end what it runs", async (mesh) => {
    await mesh.seed();
    for (
      const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
        ["SIGHUP", 129],
        ["SIGQUIT", 131],
      ] as const
    ) {
      const command = program("console.log(Deno.pid); setInterval(() => {}, 1000)");
      const child = mesh.spawn([...suiteCommand("neverliie"), "terminal", "run", ...command]);
      const reader = child.stdout.getReader();
      const pid = Number(new TextDecoder().decode((await reader.read()).value));
      child.kill(signal);
      assertEquals((await child.status).code, code, signal);
      await reader.cancel();
      await gone(pid);
    }
  });
}
