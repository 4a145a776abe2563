/** Starting the front end of another program of the suite in this terminal. */
import { suite } from "../suite.ts";
import { UsageError } from "./exit.ts";

/**
 * Signals that would end this command, handed on so that the front end can give the terminal back.
 * Those that a key sends reach both by themselves; the front end takes them twice for once.
 */
const HANDED_ON: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? []
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Runs a program of the suite with this command's own input, output and folder, until it ends.
 * Returns its exit code.
 */
export async function runFrontEnd(name: string, args: readonly string[]): Promise<number> {
  const [program, ...own] = suite().get(name)?.cmd ?? [];
  if (program === undefined) {
    throw new UsageError(`Cannot start "${name}": its program is not beside this one`);
  }
  const child = new Deno.Command(program, {
    args: [...own, ...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const undo = HANDED_ON.map((signal) => {
    const handOn = () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended, as it may have by the same signal.
      }
    };
    Deno.addSignalListener(signal, handOn);
    return () => Deno.removeSignalListener(signal, handOn);
  });
  try {
    return (await child.status).code;
  } finally {
    for (const remove of undo) remove();
  }
}
