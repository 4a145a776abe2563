/**
 * The bare echo on the library's own transport, without a session: what lies between it and the
 * mesh is the session's cost. Arguments: `server` or `client`, and the address.
 */
import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { bareClient, bareServer } from "./bare.mjs";
import { args, takeOrders } from "./control.mjs";

const [role, address] = args as [string, string];

async function pump(transport: Transport, take: (chunk: Uint8Array) => void): Promise<void> {
  for (;;) {
    const chunk = await transport.read();
    if (chunk === null) return;
    take(chunk);
  }
}

if (role === "server") {
  const listener = await platform().listen(address);
  await takeOrders({});
  const transport = (await listener.accept())!;
  await pump(transport, bareServer((bytes: Uint8Array) => transport.write(bytes)));
} else {
  const transport = await platform().dial(address, { deadline: performance.now() + 5_000 });
  if (transport === null) throw new Error(`nobody listens at "${address}"`);
  const { data, orders } = bareClient((bytes: Uint8Array) => transport.write(bytes));
  void pump(transport, data);
  await takeOrders(orders);
}
