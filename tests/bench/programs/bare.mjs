/**
 * The bare echo: messages with a length of four bytes before them, on any duplex stream of bytes,
 * coalesced as a good program would. No names, no JSON, no ids. It is the floor that the mesh is
 * held against, and with node:net in place of Deno's own sockets a peer.
 *
 * A frame's first byte says what it is: to be echoed, to be swallowed, or a question for how many
 * bytes were swallowed. What is swallowed is a value first: it arrives in a buffer of its own, as
 * whoever wants to keep it needs it.
 *
 * @module
 */
import { latency, MESSAGE_BYTES, throughput } from "./loops.mjs";

export const ECHO = 1;
export const SINK = 2;
const SUNK = 3;

/** A frame of `size` bytes behind the length. */
export function frame(size, kind) {
  const bytes = new Uint8Array(4 + size);
  new DataView(bytes.buffer).setUint32(0, size, true);
  bytes[4] = kind;
  return bytes;
}

export const echoFrame = () => frame(MESSAGE_BYTES, ECHO);
export const sinkFrame = (size) => frame(size, SINK);
export const sunkFrame = () => frame(16, SUNK);

/**
 * Cuts chunks into frames, length included. `deliver` is told whether the frame has a buffer of its
 * own; one that has not is valid during the call alone.
 */
export class Cutter {
  #held = new Uint8Array(0);
  #length = 0;

  push(chunk, deliver) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#length > 0) {
        const need = this.#length < 4 ? 4 : 4 + sizeAt(this.#held, 0);
        const take = Math.min(need - this.#length, chunk.length - at);
        this.#hold(chunk.subarray(at, at + take), need);
        at += take;
        if (this.#length < 4) continue;
        const whole = 4 + sizeAt(this.#held, 0);
        if (this.#length < whole) continue;
        const bytes = this.#held.subarray(0, whole);
        this.#length = 0;
        this.#held = new Uint8Array(0);
        deliver(bytes, true);
        continue;
      }
      const left = chunk.length - at;
      const whole = left < 4 ? Infinity : 4 + sizeAt(chunk, at);
      if (left >= whole) {
        deliver(chunk.subarray(at, at + whole), false);
        at += whole;
      } else {
        this.#hold(chunk.subarray(at), whole === Infinity ? 4 : whole);
        at = chunk.length;
      }
    }
  }

  #hold(bytes, need) {
    if (this.#held.length < need) {
      const grown = new Uint8Array(need);
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

function sizeAt(bytes, at) {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
}

/** Collects what one turn sends; `write` gets it in one piece and its promise is waited for. */
export class Coalescer {
  #parts = [];
  #size = 0;
  #busy = false;
  #write;

  constructor(write) {
    this.#write = write;
  }

  send(bytes) {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#busy) return;
    this.#busy = true;
    queueMicrotask(() => void this.#flush());
  }

  async #flush() {
    while (this.#size > 0) {
      const all = this.#parts.length === 1 ? this.#parts[0] : joined(this.#parts, this.#size);
      this.#parts = [];
      this.#size = 0;
      await this.#write(all);
    }
    this.#busy = false;
  }
}

function joined(parts, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The server's side: what to do with each chunk that arrives. `write` may return a promise. */
export function bareServer(write) {
  const cutter = new Cutter();
  const out = new Coalescer(write);
  let sunk = 0;
  return (chunk) =>
    cutter.push(chunk, (bytes, own) => {
      if (bytes[4] === ECHO) out.send(own ? bytes : bytes.slice());
      else if (bytes[4] === SINK) sunk += (own ? bytes : bytes.slice()).length - 4;
      else {
        const answer = sunkFrame();
        new DataView(answer.buffer).setFloat64(8, sunk, true);
        sunk = 0;
        out.send(answer);
      }
    });
}

/** The client's side, as orders for the bench; `data` is given each chunk that arrives. */
export function bareClient(write) {
  const cutter = new Cutter();
  const out = new Coalescer(write);
  const message = echoFrame();
  let arrived = () => {};
  const answered = (bytes) => arrived(bytes);
  const ask = (bytes) =>
    new Promise((resolve) => {
      arrived = (answer) => resolve(answer.slice());
      out.send(bytes);
    });
  return {
    data: (chunk) => cutter.push(chunk, answered),
    orders: {
      latency: ({ count }) => latency(() => ask(message), count),
      throughput: ({ count, inFlight }) =>
        new Promise((resolve) => {
          let sent = 0;
          let received = 0;
          const start = performance.now();
          arrived = () => {
            if (++received === count) resolve(count / (performance.now() - start) * 1000);
            else if (sent < count) {
              sent++;
              out.send(message);
            }
          };
          for (; sent < Math.min(inFlight, count); sent++) out.send(message);
        }),
      /** The same with a promise for each call, as a program that awaits its calls has. */
      promised: ({ count, inFlight }) => {
        const waiting = [];
        let at = 0;
        arrived = () => {
          const resolve = waiting[at++];
          if (at === waiting.length) waiting.length = at = 0;
          resolve();
        };
        const call = () =>
          new Promise((resolve) => {
            waiting.push(resolve);
            out.send(message);
          });
        return throughput(call, count, inFlight);
      },
      /** Written one after the other, as fast as they are taken; the end is the server's word. */
      values: async ({ size, count }) => {
        const bytes = sinkFrame(size);
        const start = performance.now();
        for (let i = 0; i < count; i++) await write(bytes);
        const answer = await ask(sunkFrame());
        const seconds = (performance.now() - start) / 1000;
        const sunk = new DataView(answer.buffer).getFloat64(8, true);
        if (sunk !== size * count) throw new Error(`${sunk} of ${size * count} bytes arrived`);
        return sunk / 1e6 / seconds;
      },
    },
  };
}
