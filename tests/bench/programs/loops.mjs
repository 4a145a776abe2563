/**
 * The loops that every JavaScript peer is measured with, so that they differ in what they call and
 * in nothing else.
 *
 * @module
 */

/** The message: the text that makes a JSON-RPC request of about 100 bytes. */
export const TEXT = "x".repeat(34);
/** The same size for the peers that know bytes alone. */
export const MESSAGE_BYTES = 100;

/** One item of a stream: about 100 bytes of JSON. */
export const item = (index) => ({ index, text: "x".repeat(72) });

/** The middle, and what 99 of 100 stay under, in microseconds. */
export function percentiles(samples) {
  const sorted = Float64Array.from(samples).sort();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] * 1000;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Round trips one after the other. */
export async function latency(call, count) {
  const samples = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    samples[i] = performance.now() - start;
  }
  return percentiles(samples);
}

/** Calls per second with so many in flight: whenever one is answered, the next is made. */
export async function throughput(call, count, inFlight) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return count / (performance.now() - start) * 1000;
}

/** Millions of bytes per second, of `count` values of `size` bytes. */
export async function volume(call, size, count, inFlight) {
  const perSecond = await throughput(call, count, inFlight);
  return perSecond * size / 1e6;
}

/** Values that a publisher sends when it is asked for some. */
export const BURST = 100;

/**
 * Counts what all subscribers of one publisher are sent. Whenever they have had a burst, the next one
 * is asked for: so two are under way, there is always something to do, and nobody falls behind by
 * more than waits for a subscriber.
 */
export class Deliveries {
  #ask;
  #received = 0;
  #due = Infinity;
  #burst = 0;
  #left = 0;
  #done = () => {};

  /** @param {() => void} ask has the publisher send a burst to each subscriber */
  constructor(ask) {
    this.#ask = ask;
  }

  /** One subscriber has got one value. */
  got() {
    if (++this.#received < this.#due) return;
    this.#due += this.#burst;
    if (this.#left > 0) {
      this.#left--;
      this.#ask();
    } else if (--this.#left < -1) this.#done();
  }

  /** Values that so many subscribers get in a second, together; of about `count`. */
  async measure(subscribers, count) {
    this.#burst = BURST * subscribers;
    const bursts = Math.max(2, Math.round(count / this.#burst));
    this.#received = 0;
    this.#due = this.#burst;
    this.#left = bursts - 2;
    const done = new Promise((resolve) => this.#done = resolve);
    const start = performance.now();
    this.#ask();
    this.#ask();
    await done;
    return bursts * this.#burst / (performance.now() - start) * 1000;
  }
}
