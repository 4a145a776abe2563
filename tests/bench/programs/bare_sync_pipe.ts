/**
 * The floor on Windows: a bare echo on a named pipe, both sides in synchronous FFI. Nothing is
 * nearer to the kernel, and nothing else can run in such a program. Arguments: `server` or
 * `client`, and the pipe's name.
 */
import { Cutter, ECHO, echoFrame, frame, SINK, sinkFrame, sunkFrame } from "./bare.mjs";
import { args, takeOrders } from "./control.mjs";
import { percentiles } from "./loops.mjs";

const DUPLEX = 3;
const GENERIC_READ_WRITE = 0xc000_0000;
const OPEN_EXISTING = 3;
const QUOTA = 64 << 10;
const WRITE_MOST = 256 << 10;

const { symbols: kernel32 } = Deno.dlopen("kernel32.dll", {
  CreateNamedPipeW: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32", "u32", "pointer"],
    result: "pointer",
  },
  ConnectNamedPipe: { parameters: ["pointer", "pointer"], result: "i32" },
  CreateFileW: {
    parameters: ["buffer", "u32", "u32", "pointer", "u32", "u32", "pointer"],
    result: "pointer",
  },
  ReadFile: { parameters: ["pointer", "buffer", "u32", "buffer", "pointer"], result: "i32" },
  WriteFile: { parameters: ["pointer", "buffer", "u32", "buffer", "pointer"], result: "i32" },
});

const [role, address] = args as [string, string];
const name = new Uint8Array(
  Uint16Array.from(`${address}\0`, (letter) => letter.charCodeAt(0)).buffer,
);
const transferred = new Uint8Array(new ArrayBuffer(4));
const words = new Uint32Array(transferred.buffer);
const buffer = new Uint8Array(new ArrayBuffer(256 << 10));

/** The next chunk, or nothing at the peer's end. */
function read(handle: Deno.PointerValue): Uint8Array | null {
  const done = kernel32.ReadFile(handle, buffer, buffer.length, transferred, null);
  return done === 0 || words[0] === 0 ? null : buffer.subarray(0, words[0]);
}

function write(handle: Deno.PointerValue, bytes: Uint8Array<ArrayBuffer>): void {
  for (let sent = 0; sent < bytes.length; sent += words[0]!) {
    const piece = bytes.subarray(sent, sent + WRITE_MOST);
    if (kernel32.WriteFile(handle, piece, piece.length, transferred, null) === 0) {
      throw new Error("the pipe broke");
    }
  }
}

/** Writes all that one chunk was answered with in one piece. */
class Batch {
  #bytes = new Uint8Array(new ArrayBuffer(WRITE_MOST * 2));
  #length = 0;

  add(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  flush(handle: Deno.PointerValue): void {
    if (this.#length > 0) write(handle, this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}

function serve(handle: Deno.PointerValue): void {
  const cutter = new Cutter();
  const batch = new Batch();
  let sunk = 0;
  const answer = (bytes: Uint8Array, own: boolean) => {
    if (bytes[4] === ECHO) batch.add(bytes);
    else if (bytes[4] === SINK) sunk += (own ? bytes : bytes.slice()).length - 4;
    else {
      const reply = sunkFrame();
      new DataView(reply.buffer).setFloat64(8, sunk, true);
      sunk = 0;
      batch.add(reply);
    }
  };
  for (let chunk = read(handle); chunk !== null; chunk = read(handle)) {
    cutter.push(chunk, answer);
    batch.flush(handle);
  }
}

/** Reads until `count` frames have come; returns the last of them. */
function receive(handle: Deno.PointerValue, cutter: Cutter, count: number): Uint8Array {
  let last = frame(1, 0);
  for (let left = count; left > 0;) {
    const chunk = read(handle);
    if (chunk === null) throw new Error("the pipe broke");
    cutter.push(chunk, (bytes: Uint8Array) => {
      left--;
      last = bytes.slice();
    });
  }
  return last;
}

function client(handle: Deno.PointerValue) {
  const cutter = new Cutter();
  const message = echoFrame();
  return {
    latency: ({ count }: { count: number }) => {
      const samples = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        write(handle, message);
        const chunk = read(handle);
        if (chunk?.length !== message.length) throw new Error("the echo came in pieces");
        samples[i] = performance.now() - start;
      }
      return percentiles(samples);
    },
    throughput: ({ count, inFlight }: { count: number; inFlight: number }) => {
      const batch = new Batch();
      let sent = 0;
      let received = 0;
      const start = performance.now();
      for (; sent < Math.min(inFlight, count); sent++) batch.add(message);
      const onAnswer = () => {
        received++;
        if (sent < count) {
          sent++;
          batch.add(message);
        }
      };
      while (received < count) {
        batch.flush(handle);
        cutter.push(read(handle)!, onAnswer);
      }
      return count / (performance.now() - start) * 1000;
    },
    values: ({ size, count }: { size: number; count: number }) => {
      const bytes = sinkFrame(size);
      const start = performance.now();
      for (let i = 0; i < count; i++) write(handle, bytes);
      write(handle, sunkFrame());
      const answer = receive(handle, cutter, 1);
      const seconds = (performance.now() - start) / 1000;
      const sunk = new DataView(answer.buffer).getFloat64(8, true);
      if (sunk !== size * count) throw new Error(`${sunk} of ${size * count} bytes arrived`);
      return sunk / 1e6 / seconds;
    },
  };
}

if (role === "server") {
  const handle = kernel32.CreateNamedPipeW(name, DUPLEX, 0, 1, QUOTA, QUOTA, 0, null);
  await takeOrders({});
  // From here on this thread belongs to the pipe, until the client hangs up.
  kernel32.ConnectNamedPipe(handle, null);
  serve(handle);
} else {
  const handle = kernel32.CreateFileW(name, GENERIC_READ_WRITE, 0, null, OPEN_EXISTING, 0, null);
  if (Deno.UnsafePointer.value(handle) <= 0n) throw new Error(`Cannot open "${address}"`);
  await takeOrders(client(handle));
}
