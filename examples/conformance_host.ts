/** The fixture of docs/conformance.md: what `deno task conformance` asks a host to offer. */
import { NeverLiieIPC } from "@neverliie/ipc";

const starts: string[][] = [];
await using ipc = await NeverLiieIPC.open("conformance", {
  onSecondInstance: ({ args }) => starts.push(args),
});
const news = ipc.topic("kit.news", { retain: true });
const ticks = ipc.topic("kit.ticks");
/** By the keys of handlers that run: how many items each has made. */
const running = new Map<string, number>();
const aborted = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

ipc.expose("kit.echo", (params) => params);
ipc.expose("kit.add", ({ a, b }) => a + b, { params: ["a", "b"] });
ipc.expose("kit.fail", ({ message, code, data }) => {
  throw Object.assign(new Error(message), { code, data });
});
ipc.expose("kit.wait", ({ key }, { signal }) => {
  running.set(key, 0);
  return aborted(signal).finally(() => running.delete(key));
});
ipc.expose("kit.count", async function* ({ to, size, fail, hold, key = "" }, { signal }) {
  running.set(key, 0);
  try {
    for (let i = 1; i <= to; i++) {
      running.set(key, i);
      yield size === undefined ? i : "x".repeat(size);
    }
    if (fail !== undefined) throw new Error(fail);
    if (hold) await aborted(signal);
  } finally {
    running.delete(key);
  }
});
ipc.expose("kit.running", () => Object.fromEntries(running));
ipc.expose("kit.bytes", ({ size }) => ({ data: Uint8Array.from({ length: size }, (_, i) => i) }));
ipc.expose("kit.left", (_, { deadline }) => {
  return deadline === Infinity ? null : deadline - performance.now();
});
ipc.expose("kit.call_back", ({ method, params }, { caller }) => caller.call(method, params));
ipc.expose("kit.starts", () => starts);
ipc.expose("kit.emit", ({ topic, values }) => {
  for (const value of values) (topic === "kit.news" ? news : ticks).emit(value);
});

await ipc.closed;
