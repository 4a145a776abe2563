/** A command of the terminal's host with this process's own input, output, folder and variables. */
import type { NeverLiieIPC, Remote } from "../../lib/ipc/mod.ts";
import { readInput } from "../../lib/system/standard_input.ts";
import { tell, writeBytes } from "../output.ts";
import type { Terminal } from "./contract.ts";

/** Bytes of input that are sent at a time. */
const PIECE = 64 << 10;

/** Has the terminal run the command in `args` here. Returns the command's exit code. */
export async function runInTerminal(
  client: NeverLiieIPC,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  const command = args.length === 1 ? args[0]! : args;
  const terminal = client.connect<Terminal>("terminal");
  const params = { command, cwd: Deno.cwd(), env: Deno.env.toObject() };
  const show = { stdout: showOn("stdout"), stderr: showOn("stderr") };
  let code = 1;
  // Starting a program may take its time before the first word; the command says when it is over.
  for await (const event of terminal.pipe(params, { signal, timeout: Infinity })) {
    if (event.type === "started") void handInputOn(terminal, event.pipe);
    else if (event.type === "exit") code = event.code;
    else show[event.type](event.bytes);
  }
  show.stdout();
  show.stderr();
  return code;
}

/**
 * Hands this process's input on until its end, or until the command reads no more. Of a terminal
 * nothing: what is typed meanwhile is for whoever reads next, and a job in the background would be
 * stopped for reading it.
 */
async function handInputOn(terminal: Remote<Terminal>, pipe: number): Promise<void> {
  const write = (data: Uint8Array | null) =>
    terminal.pipe_input({ pipe, data }, { timeout: Infinity, activate: false });
  try {
    let bytes: Uint8Array | null = null;
    do bytes = Deno.stdin.isTerminal() ? null : await readPiece(); while (await write(bytes));
  } catch {
    // The terminal's host has ended: the output tells of that, too.
  }
}

/** The next input; `null` at the end, and where it cannot be read. */
async function readPiece(): Promise<Uint8Array | null> {
  try {
    return await readInput(new Uint8Array(PIECE));
  } catch (error) {
    tell(`terminal: Cannot read standard input: ${(error as Error).message}`);
    return null;
  }
}

/**
 * Writes output byte for byte; without bytes, what is left at the end. A terminal gets text: what is
 * none is marked there, and a Windows console takes nothing else.
 */
function showOn(output: "stdout" | "stderr"): (bytes?: Uint8Array) => void {
  if (!Deno[output].isTerminal()) return (bytes = new Uint8Array()) => writeBytes(output, bytes);
  const decoder = new TextDecoder();
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: bytes !== undefined });
    writeBytes(output, new TextEncoder().encode(text));
  };
}
