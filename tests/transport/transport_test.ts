/** One suite over the Platform interface, run against the platform of the system it runs on. */

import { joinedBytes } from "../../apps/joined_bytes.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Listener, Platform, Transport } from "../../lib/ipc/os/transport.ts";
import { platform as platformOf } from "../../lib/ipc/os/platform.ts";
import { withLimit } from "../support/run/watchdog.ts";

const WINDOWS = Deno.build.os === "windows";
const platform: Platform = platformOf();
const LIMIT = 30_000;

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform.userId();
platform.commandLine();

let counter = 0;

/** A test with an address of its own and a watchdog. */
function behaviour(name: string, body: (address: string) => Promise<void>): void {
  Deno.test(`${WINDOWS ? "windows" : "unix"} transport: ${name}`, async () => {
    const home = Deno.makeTempDirSync({ prefix: "neverliie-" });
    const key = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    const directory = platform.runtimeDirectory(home, key);
    const address = platform.address(directory, key, `t${Deno.pid}-${++counter}`);
    try {
      await withLimit(name, body(address), LIMIT);
    } finally {
      Deno.removeSync(directory, { recursive: true });
      if (!directory.startsWith(home)) Deno.removeSync(home, { recursive: true });
      else Deno.removeSync(home);
    }
  });
}

function soon(): { deadline: number } {
  return { deadline: performance.now() + 10_000 };
}

async function dial(address: string): Promise<Transport> {
  const transport = await platform.dial(address, soon());
  assert(transport !== null, "nobody listens");
  return transport;
}

async function accept(listener: Listener): Promise<Transport> {
  const transport = await listener.accept();
  assert(transport !== null, "the listener is closed");
  return transport;
}

/** A listener and one connection: runs `body`, closes everything. */
function connected(
  name: string,
  body: (client: Transport, server: Transport) => Promise<void>,
): void {
  behaviour(name, async (address) => {
    const listener = await platform.listen(address);
    const [server, client] = await Promise.all([accept(listener), dial(address)]);
    try {
      await body(client, server);
    } finally {
      await Promise.all([client.close(), server.close(), listener.close()]);
    }
  });
}

/** All bytes up to the peer's end, or up to `length`. */
async function collect(transport: Transport, length = Infinity): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < length) {
    const chunk = await transport.read();
    if (chunk === null) break;
    assert(chunk.length > 0, "an empty read is no end and no data");
    chunks.push(chunk.slice());
    size += chunk.length;
  }
  return joinedBytes(chunks);
}

const text = (value: string) => new TextEncoder().encode(value);
const string = (value: Uint8Array | null) =>
  value === null ? null : new TextDecoder().decode(value);

/** Bytes of which no two stretches are alike. */
function pattern(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761);
  return new Uint8Array(words.buffer, 0, length);
}

/** Compared by hand: assertEquals on megabytes takes seconds. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  assertEquals(actual.findIndex((byte, i) => byte !== expected[i]), -1);
}

behaviour("who listens where another has just closed is found, and stays", async (address) => {
  const before = await platform.listen(address);
  const accepting = before.accept();
  await before.close();
  const listener = await platform.listen(address);
  // What closing left to do would be done by then.
  assertEquals(await accepting, null);
  await new Promise((resolve) => setTimeout(resolve));
  const [server, client] = await Promise.all([accept(listener), dial(address)]);
  await Promise.all([client.close(), server.close(), listener.close()]);
});

connected("bytes go both ways", async (client, server) => {
  await client.write(text("hello"));
  assertEquals(string(await server.read()), "hello");
  await server.write(text("and back"));
  assertEquals(string(await client.read()), "and back");
});

connected("a read that waits gets what comes later", async (client, server) => {
  const reading = server.read();
  await client.write(text("late"));
  assertEquals(string(await reading), "late");
});

connected("an empty write is no end", async (client, server) => {
  await client.write(new Uint8Array(0));
  await client.write(text("x"));
  assertEquals(string(await server.read()), "x");
});

connected("8 MiB arrive intact, both ways at once", async (client, server) => {
  const sent = pattern(8 * 1024 * 1024);
  const [there, back] = await Promise.all([
    collect(server, sent.length),
    collect(client, sent.length),
    client.write(sent),
    server.write(sent),
  ]);
  assertSame(there, sent);
  assertSame(back, sent);
});

connected("many small writes keep their order", async (client, server) => {
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i}\n`);
  const expected = lines.join("");
  const [got] = await Promise.all([
    collect(server, expected.length),
    (async () => {
      for (const line of lines) await client.write(text(line));
    })(),
  ]);
  assertEquals(string(got), expected);
});

connected("timers run while a peer keeps the pipe full", async (client, server) => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const chunk = pattern(1024);
  let written = 0;
  const writing = (async () => {
    while (ticks < 5) {
      await client.write(chunk);
      written += chunk.length;
    }
    await client.close();
  })();
  const [got] = await Promise.all([collect(server), writing]);
  clearInterval(timer);
  assertEquals(got.length, written);
});

connected("the peer's close ends reading, again and again", async (client, server) => {
  const reading = server.read();
  await client.close();
  assertEquals(await reading, null);
  assertEquals(await server.read(), null);
});

connected("bytes written before a close still arrive", async (client, server) => {
  await client.write(text("last "));
  await client.write(text("words"));
  await client.close();
  assertEquals(string(await collect(server)), "last words");
});

connected("a server's bytes written before a close still arrive", async (client, server) => {
  await server.write(text("last words"));
  await server.close();
  assertEquals(string(await collect(client)), "last words");
});

connected("a write to a closed peer rejects with BrokenPipe", async (client, server) => {
  await server.close();
  await assertRejects(() => client.write(text("x")), Deno.errors.BrokenPipe);
});

connected("close ends a pending read with null", async (client) => {
  const reading = client.read();
  await client.close();
  assertEquals(await reading, null);
  assertEquals(await client.read(), null);
});

connected("close rejects a pending write with BrokenPipe", async (client) => {
  const writing = assertRejects(
    () => client.write(pattern(8 * 1024 * 1024)),
    Deno.errors.BrokenPipe,
  );
  await client.close();
  await writing;
});

connected("a write after close rejects with BrokenPipe", async (client) => {
  await client.close();
  await assertRejects(() => client.write(text("x")), Deno.errors.BrokenPipe);
});

connected("close twice gives the same promise", async (client) => {
  assert(client.close() === client.close());
  await client.close();
});

behaviour("dialing an address without a listener gives null", async (address) => {
  assertEquals(await platform.dial(address, soon()), null);
});

behaviour("dialing with an aborted signal rejects with its reason", async (address) => {
  const listener = await platform.listen(address);
  const signal = AbortSignal.abort(new Error("no more"));
  await assertRejects(() => platform.dial(address, { ...soon(), signal }), Error, "no more");
  await listener.close();
});

behaviour("closing a listener ends accept and frees the address", async (address) => {
  for (let round = 0; round < 3; round++) {
    const listener = await platform.listen(address);
    assertEquals(listener.address, address);
    const accepting = listener.accept();
    await listener.close();
    assertEquals(await accepting, null);
    assertEquals(await listener.accept(), null);
    assertEquals(await platform.dial(address, soon()), null);
  }
});

behaviour("a listener is succeeded while a client of it is still closing", async (address) => {
  const first = await platform.listen(address);
  const [server, client] = await Promise.all([accept(first), dial(address)]);
  await Promise.all([first.close(), server.close()]);
  const [second] = await Promise.all([platform.listen(address), client.close()]);
  const [peer, dialer] = await Promise.all([accept(second), dial(address)]);
  await Promise.all([peer.close(), dialer.close(), second.close()]);
});

behaviour("accepted transports outlive their listener", async (address) => {
  const listener = await platform.listen(address);
  const [server, client] = await Promise.all([accept(listener), dial(address)]);
  await listener.close();
  await client.write(text("still here"));
  assertEquals(string(await server.read()), "still here");
  await Promise.all([server.close(), client.close()]);
});

behaviour("a peer that wrote and left before accept is still heard", async (address) => {
  const listener = await platform.listen(address);
  const client = await dial(address);
  await client.write(text("in a hurry"));
  await client.close();
  const server = await accept(listener);
  assertEquals(string(await collect(server)), "in a hurry");
  await Promise.all([server.close(), listener.close()]);
});

behaviour("a burst of dialers is served", async (address) => {
  const listener = await platform.listen(address);
  const dialing = Promise.all(Array.from({ length: 40 }, () => dial(address)));
  const servers: Transport[] = [];
  while (servers.length < 40) servers.push(await accept(listener));
  const clients = await dialing;
  await Promise.all([...clients, ...servers, listener].map((end) => end.close()));
});

behaviour("200 connections work at once", async (address) => {
  const listener = await platform.listen(address);
  const serving = (async () => {
    const echoes: Promise<void>[] = [];
    for (let server; (server = await listener.accept()) !== null;) echoes.push(echo(server));
    await Promise.all(echoes);
  })();
  const clients = await Promise.all(Array.from({ length: 200 }, () => dial(address)));
  for (let round = 0; round < 3; round++) {
    await Promise.all(clients.map(async (client, i) => {
      const message = text(`${round}:${i}:${"x".repeat(i * 20)}`);
      const [answer] = await Promise.all([collect(client, message.length), client.write(message)]);
      assertSame(answer, message);
    }));
  }
  await Promise.all(clients.map((client) => client.close()));
  await listener.close();
  await serving;
});

async function echo(transport: Transport): Promise<void> {
  for (let bytes; (bytes = await transport.read()) !== null;) await transport.write(bytes);
  await transport.close();
}

if (WINDOWS) {
  // On Unix the app's lock alone decides, and a listen replaces the socket that it finds.
  behaviour("a second listen at the same address is refused", async (address) => {
    const listener = await platform.listen(address);
    await assertRejects(() => platform.listen(address), Deno.errors.AddrInUse, address);
    const [server, client] = await Promise.all([accept(listener), dial(address)]);
    await Promise.all([server.close(), client.close(), listener.close()]);
  });

  behaviour("a busy listener is retried, until it has room, an abort or the deadline", async (
    address,
  ) => {
    const listener = await platform.listen(address);
    const clients: Transport[] = [];
    // Nobody accepts: the backlog fills up.
    for (let busy = false; !busy;) {
      await platform.dial(address, { deadline: performance.now() + 50 }).then(
        (client) => clients.push(client!),
        (error) => busy = error instanceof Deno.errors.TimedOut,
      );
    }
    const abort = new AbortController();
    const aborted = platform.dial(address, { ...soon(), signal: abort.signal });
    abort.abort(new Error("no more"));
    await assertRejects(() => aborted, Error, "no more");
    const dialing = dial(address);
    const servers: Transport[] = [];
    while (servers.length <= clients.length) servers.push(await accept(listener));
    clients.push(await dialing);
    await Promise.all([...clients, ...servers, listener].map((end) => end.close()));
  });
}
