/** Newline-delimited JSON over the system's real pipes or sockets. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { platform } from "../../lib/ipc/os/platform.ts";
import type { Transport } from "../../lib/ipc/os/transport.ts";
import { meshTest, type TestMesh } from "../support/mesh/mesh.ts";

/** A connection to the fixture that writes and reads text. */
async function dial(mesh: TestMesh) {
  const address = mesh.ipc.home.address("fixture");
  const deadline = performance.now() + 30_000;
  const transport: Transport = (await platform().dial(address, { deadline }))!;
  const decoder = new TextDecoder();
  let held = "";
  return {
    send: (text: string) => transport.write(new TextEncoder().encode(text)),
    /** The next line; the whole rest, marked, at the end. */
    async line(): Promise<string> {
      while (!held.includes("\n")) {
        const bytes = await transport.read();
        if (bytes === null) return `${held}<end>`;
        held += decoder.decode(bytes, { stream: true });
      }
      const end = held.indexOf("\n");
      const line = held.slice(0, end);
      held = held.slice(end + 1);
      return line;
    },
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

meshTest("a peer that begins with a line is answered in lines", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  await using peer = await dial(mesh);
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
    await using peer = await dial(mesh);
    await using other = await dial(mesh);
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
