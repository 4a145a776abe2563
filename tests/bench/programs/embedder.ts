/**
 * A program that has work of its own, with the library or without it: what the library costs a
 * program that embeds it. Arguments: `alone`, or `open` and a name in the mesh.
 */
import { setImmediate } from "node:timers";
import { args, idleCpu, takeOrders } from "./control.mjs";

const [mode, name] = args as [string, string];

if (mode === "open") {
  const { NeverLiieIPC } = await import("../../../lib/ipc/mod.ts");
  const ipc = await NeverLiieIPC.open(name, { handleSignals: false });
  ipc.expose("echo", (params) => params);
}

/** The same amount of work each time, about half a millisecond. */
function piece(): number {
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(sum + i);
  return sum;
}

await takeOrders({
  /** Milliseconds that so many pieces take, with a turn of the event loop after each. */
  work: async ({ pieces }: { pieces: number }) => {
    const start = performance.now();
    for (let i = 0; i < pieces; i++) {
      piece();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return performance.now() - start;
  },
  idleCpu,
});
