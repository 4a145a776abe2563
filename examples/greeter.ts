/** An app: greets, now or later, and counts. Run it once; from then on callers wake it. */
import { setTimeout as pause } from "node:timers/promises";
import { NeverLiieIPC } from "@neverliie/ipc";

await using ipc = await NeverLiieIPC.open("greeter");

ipc.expose("greet", ({ name }: { name: string }) => `Hello, ${name}!`, { params: ["name"] });

// The signal ends the pause when the caller cancels, times out or dies.
ipc.expose(
  "greet_later",
  async ({ name, ms }: { name: string; ms: number }, { signal }) => {
    await pause(ms, undefined, { signal });
    return `Hello at last, ${name}!`;
  },
  { params: ["name", "ms"] },
);

ipc.expose("count", function* ({ to }: { to: number }) {
  for (let i = 1; i <= to; i++) yield i;
});

console.log(`greeter listens at ${ipc.address}`);
await ipc.closed;
