/** The engine learns how an operation stands from the call itself, whatever the last error says. */

import { assert, assertEquals } from "@std/assert";
import { kernel32, memory, validHandle, wide } from "../../lib/ipc/os/windows/kernel32.ts";
import { startRead } from "../../lib/ipc/os/windows/ntdll.ts";
import { OverlappedHandle } from "../../lib/ipc/os/windows/overlapped_handle.ts";
import { openPipe } from "../../lib/ipc/os/windows/pipe.ts";
import { PipeListener } from "../../lib/ipc/os/windows/pipe_listener.ts";
import { pipeSecurityAttributes } from "../../lib/ipc/os/windows/security.ts";
import {
  ERROR_BROKEN_PIPE,
  ERROR_FILE_NOT_FOUND,
  ERROR_INVALID_ADDRESS,
  ERROR_OPERATION_ABORTED,
  ERROR_UNIDENTIFIED_ERROR,
  lastError,
} from "../../lib/ipc/os/windows/win32_error.ts";
import { withLimit } from "../support/run/watchdog.ts";

/** More by hand: READS=1000000 takes two minutes under Wine. */
const OPERATIONS = Number(Deno.env.get("READS") ?? 10_000);
const LIMIT = 30_000;
const KEPT = 5_000;

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
if (Deno.build.os === "windows") pipeSecurityAttributes();

/** Both ends of a pipe. */
interface Ends {
  near: OverlappedHandle;
  /** Closes the other end. */
  hangUp(): Promise<void>;
  /** Writes one byte at the other end. */
  write(): Promise<void>;
}

function onWindows(name: string, body: (ends: Ends) => Promise<void>, limit = LIMIT): void {
  Deno.test({
    name: `windows completion: ${name}`,
    ignore: Deno.build.os !== "windows",
    fn: async () => {
      const address = `\\\\.\\pipe\\NeverLiie_test_${crypto.randomUUID()}`;
      const listener = await PipeListener.open(address);
      const near = new OverlappedHandle(validHandle(openPipe(wide(address)))!);
      const far = (await listener.accept())!;
      const ends = { near, hangUp: () => far.close(), write: () => far.write(memory(1)) };
      await withLimit(name, body(ends), limit);
      await Promise.all([near.close(), far.close(), listener.close()]);
    },
  });
}

/** Starts a read, after which the last error is another one, as a call of V8's own may leave it. */
function readLosingError({ near }: Ends, left: number) {
  const buffer = memory(16);
  return near.issue(buffer, (event, status) => {
    const started = startRead(near.handle, buffer, event, status);
    kernel32().SetLastError(left);
    return started;
  });
}

for (const left of [0, ERROR_INVALID_ADDRESS]) {
  onWindows(`a read is waited for, whatever the last error says: ${left}`, async (ends) => {
    const read = readLosingError(ends, left);
    assert(read instanceof Promise, "it is pending");
    await ends.write();
    assertEquals(await read, { error: 0, bytes: 1 });
  });

  onWindows(`a read is refused, whatever the last error says: ${left}`, async (ends) => {
    await ends.hangUp();
    const read = await readLosingError(ends, left);
    assertEquals(read, { error: ERROR_BROKEN_PIPE, bytes: 0 });
  });
}

// deno-lint-ignore require-await -- as the others
onWindows("a failure whose error was lost is no success", async () => {
  for (const code of [ERROR_FILE_NOT_FOUND, 0]) {
    kernel32().SetLastError(code);
    assertEquals(lastError(), code || ERROR_UNIDENTIFIED_ERROR);
  }
});

onWindows(`${OPERATIONS} reads end as they should while V8 collects garbage`, async ({ near }) => {
  const buffer = memory(16);
  // Kept for a while, so that there are small and large collections.
  const garbage: unknown[] = [];
  const outcomes = new Map<string, number>();
  for (let i = 0; i < OPERATIONS; i++) {
    const read = near.issue(buffer, (event, status) => {
      const started = startRead(near.handle, buffer, event, status);
      garbage[i % KEPT] = [new Array(20).fill(started), `${started}`, new Uint8Array(200)];
      return started;
    });
    kernel32().CancelIoEx(near.handle, null);
    const outcome = `${read instanceof Promise}, ${(await read).error}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  assertEquals([...outcomes], [[`true, ${ERROR_OPERATION_ABORTED}`, OPERATIONS]]);
}, LIMIT + OPERATIONS);
