/**
 * vscode-jsonrpc on Node: the peer that speaks the same protocol. Arguments: `server` or `client`,
 * the address, and the package's main module.
 */
import { createRequire } from "node:module";
import net from "node:net";
import { args, takeOrders } from "./control.mjs";
import { item, latency, TEXT, throughput, volume } from "./loops.mjs";

const [role, address, module] = args;
const rpc = createRequire(import.meta.url)(module);

const session = (socket) =>
  rpc.createMessageConnection(
    new rpc.SocketMessageReader(socket),
    new rpc.SocketMessageWriter(socket),
  );
/** `$/progress` without a type of its own. */
const progress = new rpc.ProgressType();

if (role === "server") {
  const server = net.createServer((socket) => {
    const connection = session(socket);
    connection.onRequest("echo", (params) => params);
    connection.onRequest("sink", ({ data }) => data.length);
    connection.onRequest("items", async ({ to, partialResultToken }) => {
      let last;
      for (let i = 0; i < to; i++) {
        last = connection.sendProgress(progress, partialResultToken, item(i));
      }
      await last;
      return to;
    });
    connection.listen();
  });
  server.listen(address, () => void takeOrders({}));
} else {
  const socket = net.connect(address, () => {
    const connection = session(socket);
    connection.listen();
    const params = { text: TEXT };
    const call = () => connection.sendRequest("echo", params);
    let streams = 0;
    void takeOrders({
      latency: ({ count }) => latency(call, count),
      throughput: ({ count, inFlight }) => throughput(call, count, inFlight),
      stream: async ({ count }) => {
        const partialResultToken = `stream-${streams++}`;
        let received = 0;
        const handler = connection.onProgress(progress, partialResultToken, () => received++);
        const start = performance.now();
        await connection.sendRequest("items", { to: count, partialResultToken });
        const seconds = (performance.now() - start) / 1000;
        handler.dispose();
        if (received !== count) throw new Error(`${received} of ${count} items arrived`);
        return count / seconds;
      },
      values: ({ size, count, inFlight }) => {
        const data = "x".repeat(size);
        const send = () => connection.sendRequest("sink", { data });
        return volume(send, size, count, inFlight);
      },
    });
  });
}
