/**
 * The bare echo on Deno's own Unix sockets. Arguments: `server` or `client`, and the socket's path.
 */
import { bareClient, bareServer } from "./bare.mjs";
import { args, takeOrders } from "./control.mjs";

const [role, path] = args as [string, string];

async function pump(conn: Deno.UnixConn, take: (chunk: Uint8Array) => void): Promise<void> {
  const buffer = new Uint8Array(256 << 10);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return;
    take(buffer.subarray(0, count));
  }
}

const writeTo = (conn: Deno.UnixConn) => async (bytes: Uint8Array): Promise<void> => {
  for (let sent = 0; sent < bytes.length;) {
    sent += await conn.write(sent === 0 ? bytes : bytes.subarray(sent));
  }
};

if (role === "server") {
  const listener = Deno.listen({ transport: "unix", path });
  await takeOrders({});
  const conn = await listener.accept();
  await pump(conn, bareServer(writeTo(conn)));
} else {
  const conn = await Deno.connect({ transport: "unix", path });
  const { data, orders } = bareClient(writeTo(conn));
  void pump(conn, data);
  await takeOrders(orders);
}
