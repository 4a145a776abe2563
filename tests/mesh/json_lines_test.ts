/** Newline-delimited JSON over the system's real pipes or sockets. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { LineClient } from "../support/mesh/line_client.ts";
import { meshTest } from "../support/mesh/mesh.ts";

meshTest("a peer that begins with a line is answered in lines", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  await using peer = await LineClient.dial(mesh.ipc.home.address("fixture"));
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}\n');
  assertEquals(await peer.line(), '{"jsonrpc":"2.0","id":1,"result":3}');
  await peer.send('{"jsonrpc":"2.0","id":2,"method":"echo","params":{"text":"Grü');
  await peer.send('ße"}}\r\n{"jsonrpc":"2.0","id":3,"method":"count","params":{"to":3,');
  await peer.send('"partialResultToken":"p"}}\n');
  assertEquals(await peer.line(), '{"jsonrpc":"2.0","id":2,"result":{"text":"Grüße"}}');
  const values: number[] = [];
  for (;;) {
    const message = JSON.parse(await peer.line());
    if (message.id === 3) break;
    values.push(...message.params.value);
  }
  assertEquals(values, [0, 1, 2]);
  await peer.send('{"jsonrpc":"2.0","id":4,"method":"hang","params":{"id":"line"}}\n');
  await peer.send('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":4}}\n');
  assertEquals(JSON.parse(await peer.line()).error.code, -32800);
});

meshTest(
  "lines: a peer over the limit is dropped with a reason, and nobody else notices",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    await using peer = await LineClient.dial(mesh.ipc.home.address("fixture"));
    await using other = await LineClient.dial(mesh.ipc.home.address("fixture"));
    await other.send('{"jsonrpc":"2.0","id":1,');
    const piece = " ".repeat(4 << 20);
    await peer.send("{");
    try {
      for (let sent = 0; sent <= 16; sent++) await peer.send(piece);
    } catch (error) {
      // It hangs up while the last of it is on its way.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
    assertStringIncludes(await peer.line(), "is over the limit");
    assertEquals(await peer.line(), "<end>");
    await other.send('"method":"add","params":[2,2]}\n');
    assertEquals(await other.line(), '{"jsonrpc":"2.0","id":1,"result":4}');
  },
);
