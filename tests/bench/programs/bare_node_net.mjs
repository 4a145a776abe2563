/**
 * The bare echo on node:net, under Deno or Node. Arguments: `server` or `client`, and the address.
 */
import net from "node:net";
import { bareClient, bareServer } from "./bare.mjs";
import { args, takeOrders } from "./control.mjs";

const [role, address] = args;

const writeTo = (socket) => (bytes) =>
  socket.write(bytes) ? undefined : new Promise((resolve) => socket.once("drain", resolve));

if (role === "server") {
  const server = net.createServer((socket) => socket.on("data", bareServer(writeTo(socket))));
  server.listen(address, () => void takeOrders({}));
} else {
  const socket = net.connect(address, () => {
    const { data, orders } = bareClient(writeTo(socket));
    socket.on("data", data);
    void takeOrders(orders);
  });
}
