/**
 * The line about programs of a lower integrity level, such as a browser's sandbox.
 *
 * @module
 */
import { join } from "@std/path";
import { PipeListener } from "../../lib/ipc/os/windows/pipe_listener.ts";
import { describeError } from "../../lib/ipc/os/windows/win32_error.ts";
import { scriptCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { CannotTell, type Line } from "./line.ts";

const PROGRAM = "tests/checklist/low_program.ts";

export const LOW_LINES: readonly Line[] = [{
  id: "low-integrity",
  prints: "it opens an app's pipe: access denied (5); an app calls its pipe: one side runs at a " +
    "lower integrity level than the other",
  wine: "it opens an app's pipe: let in; an app calls its pipe: called",
  async run(mesh) {
    const folder = await Deno.makeTempDir({ prefix: "neverliie-low-" });
    try {
      return await withLowProgram(mesh, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}];

async function withLowProgram(mesh: TestMesh, folder: string): Promise<string> {
  // Windows starts a program on the level that its file has, where that is lower.
  const program = join(folder, "deno.exe");
  await Deno.copyFile(Deno.execPath(), program);
  await lower(program, "L");
  // What Deno keeps for itself must lie where it may write.
  const cache = join(folder, "cache");
  await Deno.mkdir(cache);
  await lower(cache, "(OI)(CI)L");

  const ours = `\\\\.\\pipe\\NeverLiie_checklist_${crypto.randomUUID()}`;
  const theirs = mesh.ipc.home.address("lowly");
  const listener = await PipeListener.open(ours);
  const child = new Deno.Command(program, {
    args: [...scriptCommand(PROGRAM).slice(1), ours, theirs],
    env: { DENO_DIR: cache },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const told = await firstLine(child.stdout);
    const code = Number(/^opened (\d+)$/.exec(told)?.[1] ?? NaN);
    if (Number.isNaN(code)) throw new CannotTell(`the program said "${told}"`);
    const opens = code === 0 ? "let in" : describeError(code);
    // Called, it says nothing: it only takes connections.
    const options = { activate: false, timeout: 1_000 };
    const calls = await mesh.ipc.call("lowly", "anything", {}, options).then(
      () => "answered",
      (error: Error) =>
        error instanceof Deno.errors.TimedOut
          ? "called"
          : /one side [^.]*/.exec(error.message)?.[0] ?? `${error}`,
    );
    return `it opens an app's pipe: ${opens}; an app calls its pipe: ${calls}`;
  } finally {
    await child.stdin.close();
    await child.status;
    await listener.close();
  }
}

/** Gives a file or folder a level of its own. */
async function lower(path: string, level: string): Promise<void> {
  const refuse = (why: string) => {
    throw new CannotTell(`icacls gives no program a lower level here${why}`);
  };
  try {
    const { success, stdout } = await new Deno.Command("icacls", {
      args: [path, "/setintegritylevel", level],
      stdin: "null",
      stderr: "null",
    }).output();
    if (!success) refuse(`: ${new TextDecoder().decode(stdout).trim()}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    refuse("");
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  reader.releaseLock();
  return text.split(/\r?\n/, 1)[0]!;
}
