/** Bytes between processes: as values of calls and streams, large and small, with the rest at work. */

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { meshTest } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31) ^ (i >> 8);
  return bytes;
}

meshTest("bytes come back as they went, of any size and place", async (mesh) => {
  await mesh.register();
  for (const size of [0, 1, 100, 4_096, 65_537, 3 << 20]) {
    const data = pattern(size);
    assertEquals(await mesh.ipc.call("fixture", "echo", { data, deep: [{ data }] }), {
      data,
      deep: [{ data }],
    });
  }
  const several = Array.from({ length: 20 }, (_, i) => pattern(i * 10_000));
  const echo = (data: Uint8Array) => mesh.ipc.call<unknown[]>("fixture", "echo", [data, "x"]);
  assertEquals(await Promise.all(several.map(echo)), several.map((data) => [data, "x"]));
});

meshTest(
  "a Buffer of Node travels as bytes, to whoever takes them and as base64 to others",
  async (mesh) => {
    await mesh.register();
    const data = Buffer.from("hi");
    const { buffer } = await mesh.ipc.call<{ buffer: Uint8Array }>("fixture", "echo", {
      buffer: data,
    });
    assertEquals([buffer.constructor, ...buffer], [Uint8Array, 104, 105]);
    await using plain = await RawClient.dial(mesh.ipc.home.address("fixture"));
    await plain.send({ jsonrpc: "2.0", id: 1, method: "node_buffer", params: { text: "hi" } });
    assertEquals((await plain.receive())?.result, { data: "aGk=" });
    const answer = await mesh.ipc.call("fixture", "node_buffer", { text: "hi" });
    assertEquals(answer, { data: Uint8Array.from([104, 105]) });
  },
);

meshTest("bytes in a stream whose handler uses one buffer for all items", async (mesh) => {
  await mesh.register();
  const params = { count: 50, size: 100_000 };
  let index = 0;
  for await (const item of mesh.ipc.stream("fixture", "same_buffer", params)) {
    assertEquals(item, { index, data: new Uint8Array(params.size).fill(index) });
    index++;
  }
  assertEquals(index, params.count);
});
