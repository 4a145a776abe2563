/**
 * A program on a low integrity level: tells whether it can open the first pipe, and makes the
 * second one until its input ends.
 *
 *   low_program.ts PIPE-TO-OPEN PIPE-TO-MAKE
 */
import { kernel32, validHandle, wide } from "../../lib/ipc/os/windows/kernel32.ts";
import { openPipe } from "../../lib/ipc/os/windows/pipe.ts";
import { PipeListener } from "../../lib/ipc/os/windows/pipe_listener.ts";

const [open, make] = Deno.args as [string, string];
const handle = validHandle(openPipe(wide(open)));
const error = handle === null ? kernel32().GetLastError() : 0;
const listener = await PipeListener.open(make);
void listener.accept();
console.log(`opened ${error}`);
for await (const _ of Deno.stdin.readable) {
  // Until whoever started it lets go.
}
Deno.exit(0);
