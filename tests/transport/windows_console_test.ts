/**
 * What happens when the window of a console is closed. No test can have Wine say so, which ends what
 * is in a console that is closed and calls no handler. Therefore the handler is called here as
 * Windows does it: in a thread of its own, with the event. tests/mesh/window_test.ts closes windows.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { kernel32 } from "../../lib/ipc/os/windows/kernel32.ts";
import { onConsoleClosed } from "../../lib/ipc/os/windows/console_close.ts";
import { openPty } from "../../lib/pty/open.ts";
import { until, withLimit } from "../support/run/watchdog.ts";

const WINDOWS = Deno.build.os === "windows";
const LIMIT = 20_000;
const path = (specifier: string) => fromFileUrl(import.meta.resolve(specifier));
/** Milliseconds that the handler of these tests waits. */
const LONGEST = 400;

const [CTRL_C_EVENT, CTRL_BREAK_EVENT, CTRL_CLOSE_EVENT] = [0, 1, 2];

const THREADS = {
  CreateThread: {
    parameters: ["pointer", "usize", "pointer", "pointer", "u32", "pointer"],
    result: "pointer",
  },
  GetExitCodeThread: { parameters: ["pointer", "buffer"], result: "i32" },
} as const;

// Loaded on first use, and stays: here, so that no test seems to leak it.
if (WINDOWS) kernel32();

/** A test of what only Windows has. */
function onWindows(name: string, body: () => Promise<void>): void {
  Deno.test({
    name: `windows console: ${name}`,
    ignore: !WINDOWS,
    fn: () => withLimit(name, body(), LIMIT),
  });
}

/** Calls the handler in a thread of its own; resolves to what it returned, and after how long. */
async function call(handler: bigint, event: number): Promise<[result: number, time: number]> {
  const threads = Deno.dlopen("kernel32.dll", THREADS);
  const { CreateThread, GetExitCodeThread } = threads.symbols;
  const start = performance.now();
  const thread = CreateThread(
    null,
    0n,
    Deno.UnsafePointer.create(handler),
    Deno.UnsafePointer.create(BigInt(event)),
    0,
    null,
  );
  await until(() => kernel32().WaitForSingleObject(thread, 0) === 0);
  const time = performance.now() - start;
  const code = new Uint32Array(1);
  assert(GetExitCodeThread(thread, new Uint8Array(code.buffer)) !== 0);
  kernel32().CloseHandle(thread);
  threads.close();
  return [code[0]!, time];
}

onWindows("closing it is told, and the process goes on for a while", async () => {
  let told = 0;
  const { promise, resolve, reject } = Promise.withResolvers<bigint>();
  const end = onConsoleClosed(() => told++, reject, resolve, LONGEST);
  const handler = await promise;
  // Ctrl-C and Ctrl-Break are for the handlers of others.
  for (const event of [CTRL_C_EVENT, CTRL_BREAK_EVENT]) {
    assertEquals((await call(handler, event!))[0], 0);
  }
  assertEquals(told, 0);
  const [result, time] = await call(handler, CTRL_CLOSE_EVENT!);
  assertEquals([result, told], [1, 1]);
  assert(time >= LONGEST, `back after ${time} ms, when Windows ends the process`);
  await end();
  // Windows does not know it any more: its memory is given back.
  assertEquals(kernel32().SetConsoleCtrlHandler(Deno.UnsafePointer.create(handler), 0), 0);
});

onWindows("Ctrl-C comes to those who listen for it, as ever", async () => {
  const pty = openPty({
    program: Deno.execPath(),
    args: ["run", "-A", "--no-check", "--no-config", path("./interrupted_program.ts")],
    cwd: Deno.cwd(),
    env: Deno.env.toObject(),
    columns: 80,
    rows: 24,
  });
  const shown = (async () => {
    while (await pty.read() !== null);
  })();
  const { code } = await pty.exit;
  await pty.close();
  await shown;
  assertEquals(code, 7);
});
