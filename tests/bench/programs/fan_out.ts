/**
 * The bare fan-out: what topics would be without names and queues. Frames on the library's own
 * transport, as in the bare echo, from one server to all who are connected. Arguments: `server` or
 * `client`, the address, and what a frame holds: `bytes` that nobody makes or reads, or a value as
 * `json`, which is written once for all and read by each.
 */
import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { Coalescer, Cutter, ECHO, echoFrame, frame } from "./bare.mjs";
import { args, takeOrders } from "./control.mjs";
import { BURST, Deliveries, item } from "./loops.mjs";

/** Asks for a burst. */
const ASK = 4;

const [role, address, content] = args as [string, string, string];
const json = content === "json";
/** What stands before a frame's text: its length and its kind. */
const HEAD = 5;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value as a frame. */
function written(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const bytes = frame(1 + text.length, ECHO);
  encoder.encodeInto(text, bytes.subarray(HEAD));
  return bytes;
}

/** The value of a frame. */
const read = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes.subarray(HEAD)));

async function pump(transport: Transport, deliver: (bytes: Uint8Array) => void): Promise<void> {
  const cutter = new Cutter();
  for (;;) {
    const chunk = await transport.read();
    if (chunk === null) return;
    cutter.push(chunk, deliver);
  }
}

const outOf = (transport: Transport) =>
  new Coalescer((bytes: Uint8Array) => transport.write(bytes));

async function serve(): Promise<void> {
  const subscribers = new Set<Coalescer>();
  const bytes = echoFrame();
  const burst = () => {
    for (let i = 0; i < BURST; i++) {
      const value = json ? written(item(i)) : bytes;
      for (const out of subscribers) out.send(value);
    }
  };
  const subscribed = async (transport: Transport) => {
    const out = outOf(transport);
    subscribers.add(out);
    await pump(transport, (bytes) => bytes[4] === ASK ? burst() : out.send(bytes.slice()));
    subscribers.delete(out);
    await transport.close();
  };
  const listener = await platform().listen(address);
  await takeOrders({});
  for (;;) void subscribed((await listener.accept())!);
}

async function subscribe(): Promise<void> {
  const connected: { transport: Transport; out: Coalescer; ended: Promise<void> }[] = [];
  const deliveries = new Deliveries(() => connected[0]!.out.send(frame(1, ASK)));
  const connect = async () => {
    const deadline = performance.now() + 5_000;
    const transport = await platform().dial(address, { deadline });
    if (transport === null) throw new Error(`nobody listens at "${address}"`);
    const out = outOf(transport);
    // The echo tells that it is a subscriber now.
    const { promise, resolve } = Promise.withResolvers<void>();
    let take: (bytes: Uint8Array) => void = () => resolve();
    const ended = pump(transport, (bytes) => take(bytes));
    out.send(frame(1, ECHO));
    await promise;
    take = (bytes) => {
      if (json) read(bytes);
      deliveries.got();
    };
    connected.push({ transport, out, ended });
  };
  await takeOrders({
    deliveries: async ({ subscribers, count }: { subscribers: number; count: number }) => {
      for (const { transport, ended } of connected.splice(subscribers)) {
        await transport.close();
        await ended;
      }
      while (connected.length < subscribers) await connect();
      return subscribers === 0 ? 0 : await deliveries.measure(subscribers, count);
    },
  });
}

await (role === "server" ? serve() : subscribe());
