/**
 * An app in Node or Bun, on the mesh by the package alone. Argument: its name.
 */
import process from "node:process";
import { NeverLiieIPC, RemoteError } from "@neverliie/ipc";

const [name = "noder"] = process.argv.slice(2);
const starts = [];
let ended = 0;
const ipc = await NeverLiieIPC.open(name, {
  version: "1.2.3",
  onSecondInstance: ({ args }) => starts.push(args),
});
const ticks = ipc.topic("ticks");
ipc.expose("greet", ({ name }) => `Hello, ${name}!`, { params: ["name"] });
ipc.expose("echo", (params) => params);
ipc.expose("count", async function* ({ to }) {
  for (let i = 1; i <= to; i++) yield i;
});
ipc.expose("forever", async function* (_params, { signal }) {
  try {
    for (let i = 1; !signal.aborted; i++) {
      yield i;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    ended++;
  }
});
ipc.expose("ended", () => ended);
ipc.expose("starts", () => starts);
ipc.expose("fail", () => {
  throw new RemoteError("the vault is locked", 423, { until: "09:00" });
});
ipc.expose("emit", ({ value }) => ticks.emit(value));
ipc.expose("ask", ({ app, method, params }) => ipc.call(app, method, params));
ipc.exposeWorker("sum", new URL("./sum_worker.mjs", import.meta.url));
console.log(`serving as process ${process.pid}`);
await ipc.closed;
