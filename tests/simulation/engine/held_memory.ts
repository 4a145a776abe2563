/**
 * Whether the engine holds the memory of a pending operation, and no longer than that: everybody else
 * lets go of it, and memory is collected.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Make } from "./copies.ts";
import { Kernel } from "./kernel.ts";
import { EventLoop } from "./loop.ts";
import { Memory } from "./memory.ts";
import { Notes } from "./notes.ts";
import { Pool } from "./pool.ts";

/** What was seen of one operation's memory. */
export interface Seen {
  whilePending: "held" | "gone";
  afterwards: "held" | "gone";
}

/** Starts an operation, collects memory while it is pending, ends it, and collects again. */
export async function lookAtMemory(make: Make): Promise<Seen> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const loop = new EventLoop();
  const memory = new Memory();
  const notes = new Notes(1, false, () => loop.now);
  const pool = new Pool(notes, loop, memory, false);
  const kernel = new Kernel(notes, pool);
  const { OverlappedHandle, startRead } = make({ loop, memory, pool, kernel });
  const handle = new OverlappedHandle(kernel.openPipe() as unknown as Deno.PointerObject);
  const look = async () => {
    await setImmediate();
    collect();
    return buffer.deref() === undefined ? "gone" : "held";
  };

  kernel.fate = "pending";
  // In a function of its own, whose variables are no more when it is over.
  const buffer = (() => {
    const bytes = new Uint8Array(new ArrayBuffer(16));
    void handle.issue(bytes, (event, status) => startRead(handle.handle, bytes, event, status));
    return new WeakRef(bytes.buffer);
  })();
  const whilePending = await look();
  while (loop.busy) loop.alarm();
  for (const operation of kernel.operations) {
    while (operation.state !== "told") for (const step of kernel.steps(() => true)) step();
  }
  for (const step of pool.steps()) step();
  for (const { run } of loop.calls) run();
  return { whilePending, afterwards: await look() };
}
