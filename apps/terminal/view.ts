/** A command's output on this process's own. */
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { writeBytes } from "../output.ts";
import type { Terminal } from "./contract.ts";

/** Has the terminal run the command in `args` here. Returns the command's exit code. */
export async function runInTerminal(
  client: NeverLiieIPC,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  const command = args.length === 1 ? args[0]! : args;
  // Starting a program may take its time before the first word; the command says when it is over.
  const options = { signal, timeout: Infinity };
  let code = 1;
  const events = client.connect<Terminal>("terminal").run({ command, cwd: Deno.cwd() }, options);
  for await (const event of events) {
    if (event.type === "exit") code = event.code;
    else writeBytes(event.type, new TextEncoder().encode(event.text));
  }
  return code;
}
