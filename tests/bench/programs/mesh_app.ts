/**
 * The app that is measured. Arguments: its name in the mesh (the home is in NEVERLIIE_HOME).
 */
import { type CallContext, NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { openClock } from "./clock.ts";
import { args, compute, cpuMilliseconds, idleCpu, takeOrders } from "./control.mjs";
import { BURST, item } from "./loops.mjs";
import { memoryBytes } from "./memory.ts";

const [name] = args as [string];
const clock = openClock();
const ipc = await NeverLiieIPC.open(name, { handleSignals: false });

ipc.expose("echo", (params) => params);
ipc.expose("sink", ({ data }: { data: string | Uint8Array }) => data.length);
ipc.expose("items", function* ({ to }: { to: number }) {
  for (let i = 0; i < to; i++) yield item(i);
});

/** How many items the endless stream has made. */
let produced = 0;
ipc.expose("endless", async function* () {
  for (produced = 0;;) {
    yield item(produced++);
    // A real source reads something now and then: without that, no other handler gets a turn.
    if (produced % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
});
ipc.expose("produced", () => produced);

/** Told when the signal of `wait` fires. */
let onCancel = () => {};
ipc.expose("wait", (_params, { signal }: CallContext) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      onCancel();
      reject(signal.reason);
    });
  }));
ipc.expose("cancelled", () => {
  return new Promise<number>((resolve) => onCancel = () => resolve(clock()));
});

const news = ipc.topic<ReturnType<typeof item>>("news");
ipc.expose("burst", () => {
  for (let i = 0; i < BURST; i++) news.emit(item(i));
});
/** By the clock that all processes share. */
const moments = ipc.topic<{ at: number; text: string }>("moments");
const emit = () => moments.emit({ at: clock(), text: item(0).text });
ipc.expose("emit", emit);
ipc.expose("emit_soon", () => void setTimeout(emit, 0));

await takeOrders({
  idleCpu,
  /** What the processor clock says of a loop that computes for so long. */
  busy: ({ milliseconds }: { milliseconds: number }) => {
    const before = cpuMilliseconds();
    compute(milliseconds);
    return cpuMilliseconds() - before;
  },
  memory: memoryBytes,
}, { deno: Deno.version.deno, v8: Deno.version.v8 });
