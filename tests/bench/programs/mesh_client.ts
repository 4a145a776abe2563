/**
 * The caller that measures the mesh. Arguments: the name of the app to call; the home is in
 * NEVERLIIE_HOME.
 */
import { NeverLiieIPC, type Subscription } from "../../../lib/ipc/mod.ts";
import { openClock } from "./clock.ts";
import { memoryBytes } from "./memory.ts";
import { args, idleCpu, takeOrders } from "./control.mjs";
import { Deliveries, latency, percentiles, TEXT, throughput, volume } from "./loops.mjs";

const [app] = args as [string];
const ipc = await NeverLiieIPC.client();
const clock = openClock();
const params = { text: TEXT };
const call = (target = app) => ipc.call(target, "echo", params);

/** Further clients of this process, connected and silent. */
const crowd: NeverLiieIPC[] = [];

/** Subscribers, each by a client of its own, and what they get. */
const listening: { client: NeverLiieIPC; subscription: Subscription; ended: Promise<void> }[] = [];
const deliveries = new Deliveries(() => void ipc.call(app, "burst"));

async function listen(): Promise<void> {
  const client = await NeverLiieIPC.client();
  const subscription = client.subscribe(app, "news", { queue: 10_000 });
  const read = async () => {
    for await (const _ of subscription) deliveries.got();
  };
  listening.push({ client, subscription, ended: read() });
  await subscription.ready;
}

let pace: ReturnType<typeof setInterval> | undefined;

await takeOrders({
  latency: ({ count, target = app }: { count: number; target?: string }) =>
    latency(() => call(target), count),
  throughput: ({ count, inFlight }: { count: number; inFlight: number }) =>
    throughput(() => call(), count, inFlight),
  stream: async ({ count }: { count: number }) => {
    const start = performance.now();
    let received = 0;
    for await (const _ of ipc.stream(app, "items", { to: count })) received++;
    if (received !== count) throw new Error(`${received} of ${count} items arrived`);
    return count / (performance.now() - start) * 1000;
  },
  /** A consumer that pauses for a millisecond after every 20 items. */
  slowStream: async ({ count }: { count: number }) => {
    const start = performance.now();
    let received = 0;
    for await (const _ of ipc.stream(app, "endless")) {
      if (++received === count) break;
      if (received % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const perSecond = count / (performance.now() - start) * 1000;
    const produced = await ipc.call(app, "produced") as number;
    return { perSecond, ahead: produced - received };
  },
  /** Whether bytes travel as bytes: `false` where they have to be sent as text. */
  binary: async () => {
    const back = await ipc.call(app, "echo", { data: new Uint8Array([0, 255]) }) as {
      data: unknown;
    };
    return back.data instanceof Uint8Array && back.data.length === 2;
  },
  values: (
    { size, count, inFlight, binary }: {
      size: number;
      count: number;
      inFlight: number;
      binary: boolean;
    },
  ) => {
    const data = binary ? new Uint8Array(size).fill(7) : "x".repeat(size);
    return volume(() => ipc.call(app, "sink", { data }), size, count, inFlight);
  },
  /**
   * From `abort()` to the handler's signal, by a clock that both processes share: the handler tells
   * when by answering another call. Beside it until that answer is there, and a plain call in the
   * same state.
   */
  cancel: async ({ count }: { count: number }) => {
    const samples = new Float64Array(count);
    const answers = new Float64Array(count);
    const calls = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const controller = new AbortController();
      const gaveUp = ipc.call(app, "wait", {}, { signal: controller.signal }).catch(() => {});
      const cancelled = ipc.call<number>(app, "cancelled");
      await call(); // both have begun by now
      const called = performance.now();
      await call();
      const start = performance.now();
      const aborted = clock();
      controller.abort();
      samples[i] = (await cancelled - aborted) / 1000;
      answers[i] = performance.now() - start;
      calls[i] = start - called;
      await gaveUp;
    }
    return {
      cancel: percentiles(samples),
      answer: percentiles(answers),
      call: percentiles(calls),
    };
  },
  /**
   * From `emit` to the subscriber's loop, by a clock that both processes share, and a plain call in
   * the same state. A call is two messages that wake whoever waits: one there, one back. What is
   * emitted is one, so it is taken where the way back of a call is: the app emits as it is called. The
   * next round begins when the value is there. Where both are to be `idle`, the app emits in a turn of
   * its own some time later; the call goes to an app that has slept as long, but its way back comes to
   * a caller that is still awake.
   */
  delivery: async ({ count, idle }: { count: number; idle: boolean }) => {
    const samples = new Float64Array(count);
    const calls = new Float64Array(count);
    await using moments = ipc.subscribe<{ at: number }>(app, "moments");
    await moments.ready;
    for (let i = 0; i < count; i++) {
      if (idle) await new Promise((resolve) => setTimeout(resolve, 0));
      const start = performance.now();
      await call();
      calls[i] = performance.now() - start;
      const next = moments.next();
      const asked = ipc.call(app, idle ? "emit_soon" : "emit");
      const { value } = await next;
      samples[i] = (clock() - value!.at) / 1000;
      await asked;
    }
    return { delivery: percentiles(samples), call: percentiles(calls) };
  },
  deliveries: async ({ subscribers, count }: { subscribers: number; count: number }) => {
    for (const { client, subscription, ended } of listening.splice(subscribers)) {
      subscription.cancel();
      await ended;
      await client.close();
    }
    while (listening.length < subscribers) await listen();
    const perSecond = subscribers === 0 ? 0 : await deliveries.measure(subscribers, count);
    const dropped = listening.reduce((sum, { subscription }) => sum + subscription.dropped, 0);
    if (dropped > 0) throw new Error(`${dropped} values were dropped`);
    return perSecond;
  },
  memory: memoryBytes,
  /** Memory while so many subscriptions wait for an app that is away. */
  wait: async ({ count }: { count: number }) => {
    const waiting = Array.from({ length: count }, () => ipc.subscribe(app, "news"));
    // (Nothing tells that they wait: until then they look whether it is there.)
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const memory = await memoryBytes();
    for (const subscription of waiting) subscription.cancel();
    return memory;
  },
  connect: async ({ count, target }: { count: number; target: string }) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const client = await NeverLiieIPC.client();
      crowd.push(client);
      await client.call(target, "echo", params);
    }
    return performance.now() - start;
  },
  disconnect: async () => {
    await Promise.all(crowd.splice(0).map((client) => client.close()));
  },
  /** Calls at a steady pace until told otherwise; `every` milliseconds, 0 to stop. */
  pace: ({ every, target = app }: { every: number; target?: string }) => {
    clearInterval(pace);
    pace = every > 0 ? setInterval(() => void call(target), every) : undefined;
  },
  idleCpu,
}, { deno: Deno.version.deno });
