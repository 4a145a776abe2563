/**
 * Mixed load on one app for a while: calls large and small, bytes, streams read and left, cancelled
 * and failing calls, callers that come and go. Each outcome is checked.
 *
 * @module
 */

import { NeverLiieIPC, RemoteError } from "../../../lib/ipc/mod.ts";
import { pauseFor } from "../../../lib/ipc/base/timer.ts";
import type { TestMesh } from "../mesh/mesh.ts";
import type { ProcessUsage } from "../mesh/process_usage.ts";
import { type Random, seeded } from "./random.ts";

/** What a soak came to. */
export interface SoakResult {
  seconds: number;
  operations: number;
  /** What was not as it must be. */
  errors: string[];
  samples: Sample[];
}

/** The app at one moment. */
export interface Sample extends ProcessUsage {
  /** Since the beginning. */
  seconds: number;
}

type Operation = (ipc: NeverLiieIPC, random: Random) => Promise<void>;

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const OPERATIONS: Operation[] = [
  async (ipc, random) => {
    const [a, b] = [random(1e6), random(1e6)];
    expect(await ipc.call("fixture", "add", [a, b]) === a + b, "add");
  },
  async (ipc, random) => {
    const text = "Grüße ".repeat(1 + random(2_000));
    const result = await ipc.call<{ text: string }>("fixture", "echo", { text });
    expect(result.text === text, "echo");
  },
  async (ipc, random) => {
    const bytes = new Uint8Array(1 + random(100_000)).fill(random(256));
    const result = await ipc.call<{ bytes: Uint8Array }>("fixture", "echo", { bytes });
    expect(result.bytes.length === bytes.length && result.bytes[0] === bytes[0], "bytes");
  },
  async (ipc, random) => {
    const to = random(1_500);
    let next = 0;
    for await (const item of ipc.stream<number>("fixture", "count", { to })) {
      expect(item === next++, "stream order");
    }
    expect(next === to, "stream length");
  },
  async (ipc, random) => {
    const stop = random(600);
    let next = 0;
    for await (const item of ipc.stream<number>("fixture", "count", { to: 1e9 })) {
      expect(item === next++, "order of a stream that is left");
      if (item === stop) break;
    }
    expect(next === stop + 1, "a stream that is left");
  },
  async (ipc, random) => {
    const signal = AbortSignal.timeout(1 + random(20));
    try {
      await ipc.call("fixture", "hang", { id: "soak" }, { signal });
    } catch (error) {
      return expect(error instanceof DOMException && error.name === "TimeoutError", `${error}`);
    }
    expect(false, "a cancelled call was answered");
  },
  async (ipc, random) => {
    const code = 1 + random(1_000);
    try {
      await ipc.call("fixture", "fail", { code });
    } catch (error) {
      return expect(error instanceof RemoteError && error.code === code, `${error}`);
    }
    expect(false, "a failing call succeeded");
  },
  async (ipc, random) => {
    const client = await NeverLiieIPC.client({ home: ipc.home.path });
    try {
      expect(await client.call("fixture", "add", [1, random(5) * 0]) === 1, "a caller that comes");
    } finally {
      await client.close();
    }
  },
];

/** How many operations are under way at a time. */
const LANES = 12;

/** Runs mixed load on the registered fixture; `onSample` is told of the app now and then. */
export async function soak(
  mesh: TestMesh,
  seconds: number,
  { seed, samples: wanted, stop, onSample }: {
    seed: number;
    samples: number;
    /** Ends it early. */
    stop?: AbortSignal;
    onSample?: (sample: Sample, operations: number, errors: number) => void;
  },
): Promise<SoakResult> {
  const { ipc } = mesh;
  const errors: string[] = [];
  const samples: Sample[] = [];
  let operations = 0;
  await ipc.wake("fixture");
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1_000;
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const random = seeded(seed + lane);
    while (elapsed() < seconds && !stop?.aborted) {
      try {
        await OPERATIONS[random(OPERATIONS.length)]!(ipc, random);
      } catch (error) {
        errors.push(String(error));
      }
      operations++;
    }
  });
  const sampling = (async () => {
    for (let i = 1; i <= wanted && !stop?.aborted; i++) {
      const due = i * seconds * 1_000 / wanted - (performance.now() - start);
      await pauseFor(Math.max(0, due), stop).catch(() => {
        // Stopped: one sample more.
      });
      try {
        const usage = await ipc.call<ProcessUsage>("fixture", "usage", {}, { timeout: 30_000 });
        const sample = { seconds: elapsed(), ...usage };
        samples.push(sample);
        onSample?.(sample, operations, errors.length);
      } catch (error) {
        errors.push(`usage: ${error}`);
      }
    }
  })();
  await Promise.all([...lanes, sampling]);
  return { seconds: elapsed(), operations, errors, samples };
}

/** How much a figure grows a minute: the slope of the line through the samples' later half. */
export function slope(samples: readonly Sample[], figure: "live" | "rss"): number {
  const later = samples.slice(samples.length >> 1);
  const meanX = mean(later.map(({ seconds }) => seconds));
  const meanY = mean(later.map((sample) => sample[figure]));
  let [xy, xx] = [0, 0];
  for (const sample of later) {
    xy += (sample.seconds - meanX) * (sample[figure] - meanY);
    xx += (sample.seconds - meanX) ** 2;
  }
  return xy / xx * 60;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The figures for a record. */
export function soakFigures({ seconds, operations, errors, samples }: SoakResult) {
  const [first, last] = [samples[samples.length >> 1]!, samples.at(-1)!];
  const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20 * 10) / 10;
  return {
    seconds: Math.round(seconds),
    operations,
    errors: errors.length,
    "live MiB at half time": mebibytes(first.live),
    "live MiB at the end": mebibytes(last.live),
    "live MiB a minute": mebibytes(slope(samples, "live")),
    "resident MiB at half time": mebibytes(first.rss),
    "resident MiB at the end": mebibytes(last.rss),
    "handles at half time": first.handles,
    "handles at the end": last.handles,
  };
}
