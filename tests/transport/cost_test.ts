/**
 * What calls, streams and values cost, in counts: reads, writes, frames, bytes on the wire, timers,
 * copies, buffers and calls into the system. A change that makes one of them dearer fails here,
 * however fast the machine is; docs/performance tells of time. Each limit is what it costs now.
 */

import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { BYTES_TYPE } from "../../lib/ipc/wire/codec.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import type { IncomingRequest } from "../../lib/ipc/session/answering/incoming_request.ts";
import { atMost, burst, costsOf, LIMIT, TEXT } from "../support/session/cost_session.ts";
import { countWork, writtenMessages } from "../support/session/counts.ts";
import { aborted, openStream } from "../support/session/unit_session.ts";

const WINDOWS = Deno.build.os === "windows";

/** Calls into kernel32 by name. The library loads it on first use, which is below. */
const systemCalls = new Map<string, number>();
const load = Deno.dlopen;
Deno.dlopen = ((file: string, symbols: Deno.ForeignLibraryInterface) => {
  const library = load(file, symbols);
  const counted = Object.entries(library.symbols).map(([name, symbol]) => {
    const count = (...args: unknown[]) => {
      systemCalls.set(name, (systemCalls.get(name) ?? 0) + 1);
      return (symbol as (...args: unknown[]) => unknown)(...args);
    };
    return [name, count];
  });
  return { symbols: Object.fromEntries(counted), close: () => library.close() };
}) as typeof Deno.dlopen;

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
platform().userId();
platform().commandLine();

const MiB = 1 << 20;

const methods = {
  "$/ping": () => ({ accept: [BYTES_TYPE] }),
  echo: ({ params }: IncomingRequest) => params,
  later: async ({ params }: IncomingRequest) => await Promise.resolve(params),
  size: ({ params }: IncomingRequest) => (params as { data: Uint8Array }).data.length,
  hang: (request: IncomingRequest) => aborted(request),
  *items() {
    for (let i = 0; i < 10_000; i++) yield { index: i, text: "x".repeat(72) };
  },
};

const costs = costsOf(methods);

costs("a call is one write of one frame and one read on each side", async (session) => {
  const { client, near, far } = session;
  const asked = writtenMessages(near);
  const answered = writtenMessages(far);
  for (let i = 0; i < 100; i++) await client.call("echo", TEXT);
  assertEquals([asked.length, answered.length], [100, 100]);
  assertEquals([near.writes, far.writes], [100, 100]);
  assertEquals([near.reads, far.reads], [100, 100]);
  atMost(near.bytes / 100, 119, "bytes of a request of 34 letters");
  atMost(far.bytes / 100, 103, "bytes of its answer");
});

costs("calls of one turn leave in few writes, and so do their answers", async (session) => {
  const { client, near, far } = session;
  await burst(client);
  // The first 2 KiB leave while the others are made, which leave together.
  assertEquals(near.writes, 2);
  // A pipe may hand a large write over in parts.
  atMost(far.reads, 3, "reads of 64 requests");
  atMost(far.writes, far.reads * 2, "writes of 64 answers");
});

costs("a call sets no timer, allocates no large buffer and copies its header alone", async ({
  client,
}) => {
  // The first one sets the timer that serves all calls until it fires.
  await client.call("echo", TEXT, { timeout: LIMIT });
  const work = await countWork(async () => {
    for (let i = 0; i < 100; i++) await client.call("echo", TEXT, { timeout: LIMIT });
  });
  assertEquals(work.timers, 0);
  // A pipe gives the large buffer of a burst back after a while, at each end.
  atMost(work.buffers, WINDOWS ? 2 : 0, "new buffers in 100 calls");
  // On Windows each write of a few bytes is copied once to memory that stays where it is.
  atMost(work.copied / 100, WINDOWS ? 254 : 32, "bytes copied for a call");
});

costs("handlers that answer later share one timer for their callers' time", async ({ client }) => {
  // The first one sets the timers that serve all calls, at both ends, until they fire.
  await client.call("later", TEXT, { timeout: LIMIT });
  const work = await countWork(async () => {
    for (let i = 0; i < 100; i++) await client.call("later", TEXT, { timeout: LIMIT });
  });
  assertEquals(work.timers, 0);
});

costs("a stream of 10,000 items asks for pages, not for items", async (session) => {
  const { client, near } = session;
  const asked = writtenMessages(near);
  let items = 0;
  for await (const _ of openStream(client, "items")) items++;
  assertEquals(items, 10_000);
  // 256 items a page; twice as many pages where reading is ahead of writing.
  const next = asked.filter(({ method }) => method === "$/enumerator/next");
  atMost(next.length, 80, "requests for the next page");
  atMost(asked.length, next.length + 1, "frames of the consumer");
});

costs("a large value is copied once, where it arrives", async ({ client, near, far }) => {
  const params = { data: new Uint8Array(MiB) };
  await client.call("size", params);
  near.reset();
  const work = await countWork(async () => {
    const { result } = await client.call("size", params);
    assertEquals(result, MiB);
  });
  atMost(near.bytes, MiB + 256, "bytes of a frame with 1 MiB");
  atMost(near.writes, 2, "writes of a frame with 1 MiB");
  atMost(work.copied, MiB + 1_024, "bytes copied");
  atMost(work.allocated, 2 * MiB, "bytes of new buffers");
  atMost(far.writes, 2, "answers");
});

costs("a cancel is one frame, and its answer one", async ({ client, near, far }) => {
  const controller = new AbortController();
  const call = client.call("hang", {}, { signal: controller.signal }).catch(() => {});
  await client.call("echo", TEXT);
  const asked = writtenMessages(near);
  const answered = writtenMessages(far);
  controller.abort();
  await call;
  await client.call("echo", TEXT);
  assertEquals(asked.map(({ method }) => method), ["$/cancelRequest", "echo"]);
  assertEquals(answered.length, 2);
});

/** Counts how often statuses are looked at in memory: what spinning does. */
async function countLooks(body: (looks: () => number) => Promise<void>): Promise<void> {
  const plain = Atomics.load;
  let looks = 0;
  const counted = (words: Int32Array, index: number) => {
    looks++;
    return plain(words, index);
  };
  Atomics.load = counted as typeof plain;
  try {
    await body(() => looks);
  } finally {
    Atomics.load = plain;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

if (WINDOWS) {
  costs("a call makes a bounded number of calls into the system", async ({ client }) => {
    const before = new Map(systemCalls);
    for (let i = 0; i < 100; i++) await client.call("echo", TEXT);
    const made = (name: string) => (systemCalls.get(name) ?? 0) - (before.get(name) ?? 0);
    assertEquals(made("NtWriteFile"), 200);
    atMost(made("NtReadFile"), 200, "NtReadFile for 100 calls");
    assertEquals(made("GetLastError"), 0);
    const all = [...systemCalls.keys()].reduce((sum, name) => sum + made(name), 0);
    atMost(all, 400, "calls into Windows for 100 calls");
  });

  costs("an idle process stops looking for completions", async ({ client }) => {
    await countLooks(async (looks) => {
      await client.call("echo", TEXT);
      assert(looks() > 0, "statuses are looked at by Atomics.load");
      // It ends when two moments see the same count; the watchdog fails what spins for ever.
      for (let last = -1; last !== looks();) {
        last = looks();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });

  costs(
    "a process with work of its own gets every other turn while completions are looked for",
    async ({
      client,
    }) => {
      await countLooks(async (looks) => {
        await client.call("echo", TEXT);
        const before = looks();
        for (let i = 0; i < 200; i++) await turn();
        // Two ends that read and four instances that wait, each looked at once a turn at most.
        atMost(looks() - before, 200 * 6 + 6, "looks in 200 turns");
      });
    },
  );
}
