/**
 * An app that speaks another version of the protocol: nothing of it but frames and what all versions
 * have in common, on the system's real pipes or sockets.
 *
 * @module
 */

import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import { openHome } from "../../../lib/ipc/registry/home.ts";
import { ProcessLock } from "../../../lib/ipc/base/lock.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { takeAll } from "../mesh/frames.ts";

/** Serves as `name` until `$/shutdown`. @param protocol said to those who greet it */
export async function serveOtherProtocol(name: string, protocol: unknown): Promise<void> {
  const home = await openHome();
  // Not by a single try: whoever starts it looks at the lock, and holds it for that moment.
  const lock = await ProcessLock.acquire(home.runtimeFile(name, "lock"), 10_000);
  const listener = await platform().listen(home.address(name));
  const asked: unknown[] = [];
  const answer = async (transport: Transport) => {
    const decoder = new FrameDecoder();
    for (let bytes; (bytes = await transport.read()) !== null;) {
      const encoder = new FrameEncoder();
      decoder.push(bytes, (body) => {
        const { id, method, params, timeout } = JSON.parse(textOf(body));
        if (id === undefined) return;
        asked.push({ method, params, timeout });
        const results: Record<string, unknown> = {
          "$/ping": { name, pid: Deno.pid, protocol, asked },
          "$/describe": { name, pid: Deno.pid, protocol, methods: [] },
          "$/shutdown": null,
        };
        const result = results[method] ?? null;
        encoder.append(JSON.stringify({ jsonrpc: "2.0", id, result }));
        if (method === "$/shutdown") setTimeout(() => listener.close(), 0);
      });
      if (encoder.length > 0) await transport.write(takeAll(encoder));
    }
    await transport.close();
  };
  console.log(`ready ${Deno.pid}`);
  for (let peer; (peer = await listener.accept()) !== null;) void answer(peer);
  lock.release();
}
