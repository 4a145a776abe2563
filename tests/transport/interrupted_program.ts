/**
 * Minds the closing of its console and then presses Ctrl-C for itself, which is to come to a
 * listener of Deno's: it ends with 7. Started in a console by windows_console_test.ts.
 */
import { onConsoleClosed } from "../../lib/ipc/os/windows/console_close.ts";

const CTRL_C_EVENT = 0;
const { GenerateConsoleCtrlEvent } = Deno.dlopen(
  "kernel32.dll",
  { GenerateConsoleCtrlEvent: { parameters: ["u32", "u32"], result: "i32" } } as const,
).symbols;

Deno.addSignalListener("SIGINT", () => Deno.exit(7));
onConsoleClosed(() => Deno.exit(8), console.error, () => {
  if (GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) === 0) Deno.exit(9);
});
