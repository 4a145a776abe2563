/**
 * Signals of D-Bus through dbus-daemon, by the leanest client that there can be: messages are made
 * once and sent in one piece, and of what comes in no more is read than where it ends. What is
 * measured is the daemon's routing, and no library. Arguments: `server` or `client`, and the path of
 * the bus' socket.
 *
 * https://dbus.freedesktop.org/doc/dbus-specification.html
 */
import { args, takeOrders } from "./control.mjs";
import { BURST, Deliveries, item } from "./loops.mjs";

const CALL = 1;
const RETURN = 2;
const SIGNAL = 4;
const TOPIC = "bench.Topic";
const ASKING = "bench.Asking";

const [role, path] = args as [string, string];
const encoder = new TextEncoder();

/** Header fields by their numbers, and the type of each: a path, or a string. */
type Fields = readonly (readonly [field: number, type: "o" | "s" | "g", value: string])[];

/** One message, little-endian, with a string as its body at most. */
function message(type: number, fields: Fields, serial: number, body?: string): Uint8Array {
  const bytes: number[] = [];
  const u32 = (value: number) => bytes.push(...[0, 8, 16, 24].map((by) => value >>> by & 255));
  const align = (to: number) => {
    while (bytes.length % to > 0) bytes.push(0);
  };
  const text = (value: string) => bytes.push(...encoder.encode(value), 0);
  const bodySize = body === undefined ? 0 : 4 + body.length + 1;
  bytes.push("l".charCodeAt(0), type, 0, 1);
  u32(bodySize);
  u32(serial);
  u32(0); // the fields' size, known below
  const all: Fields = body === undefined ? fields : [...fields, [8, "g", "s"]];
  for (const [field, kind, value] of all) {
    align(8);
    bytes.push(field, 1, kind.charCodeAt(0), 0);
    if (kind === "g") bytes.push(value.length);
    else u32(value.length);
    text(value);
  }
  const size = bytes.length - 16;
  [0, 8, 16, 24].forEach((by, i) => bytes[12 + i] = size >>> by & 255);
  align(8);
  if (body !== undefined) {
    u32(body.length);
    text(body);
  }
  return Uint8Array.from(bytes);
}

const signal = (of: string, serial: number, body?: string) =>
  message(SIGNAL, [[1, "o", "/bench"], [2, "s", of], [3, "s", "Value"]], serial, body);

const toBus = (member: string, serial: number, body?: string) => {
  const bus = "org.freedesktop.DBus";
  const fields: Fields = [
    [1, "o", "/org/freedesktop/DBus"],
    [2, "s", bus],
    [3, "s", member],
    [6, "s", bus],
  ];
  return message(CALL, fields, serial, body);
};

/** One connection to the bus. */
class BusConnection {
  readonly #conn: Deno.UnixConn;
  readonly #onSignal: () => void;
  #replied: (() => void) | null = null;
  #held = new Uint8Array(0);
  #subscribed = false;

  private constructor(conn: Deno.UnixConn, onSignal: () => void) {
    this.#conn = conn;
    this.#onSignal = onSignal;
  }

  /** Connects, and has `onSignal` told of each signal of one interface. */
  static async open(of: string, onSignal: () => void): Promise<BusConnection> {
    const conn = await Deno.connect({ transport: "unix", path });
    const bus = new BusConnection(conn, onSignal);
    const uid = encoder.encode(String(Deno.uid()));
    await bus.write(encoder.encode(`\0AUTH EXTERNAL ${uid.toHex()}\r\n`));
    const answer = new Uint8Array(200);
    const count = await conn.read(answer);
    const said = new TextDecoder().decode(answer.subarray(0, count ?? 0));
    if (!said.startsWith("OK ")) throw new Error(`the bus refuses: ${said}`);
    await bus.write(encoder.encode("BEGIN\r\n"));
    void bus.#read();
    await bus.#ask(toBus("Hello", 1));
    await bus.#ask(toBus("AddMatch", 2, `type='signal',interface='${of}'`));
    // (The bus told its own signal, of the name that it gave, before.)
    bus.#subscribed = true;
    return bus;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }

  close(): void {
    this.#conn.close();
  }

  async #ask(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#replied = resolve;
    await this.write(bytes);
    await promise;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(256 << 10);
    for (;;) {
      const count = await this.#conn.read(buffer).catch(() => null); // closed here
      if (count === null) return;
      this.#take(buffer.subarray(0, count));
    }
  }

  #take(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= 16) {
      const fields = view.getUint32(at + 12, true);
      const whole = 16 + (fields + 7 & ~7) + view.getUint32(at + 4, true);
      if (bytes.length - at < whole) break;
      this.#onMessage(bytes[at + 1]!);
      at += whole;
    }
    this.#held = bytes.slice(at);
  }

  #onMessage(type: number): void {
    if (type === SIGNAL) {
      if (this.#subscribed) this.#onSignal();
    } else if (type === RETURN) this.#replied?.();
    else throw new Error(`the bus sent a message of type ${type}`);
  }
}

async function serve(): Promise<void> {
  const values = Array.from(
    { length: BURST },
    (_, i) => signal(TOPIC, i + 3, JSON.stringify(item(i))),
  );
  const burst = new Uint8Array(await new Blob(values as BlobPart[]).arrayBuffer());
  let sending = Promise.resolve();
  const bus = await BusConnection.open(ASKING, () => {
    sending = sending.then(() => bus.write(burst));
  });
  await takeOrders({});
}

async function subscribe(): Promise<void> {
  const connected: BusConnection[] = [];
  const asking = signal(ASKING, 3);
  const deliveries = new Deliveries(() => void connected[0]!.write(asking));
  await takeOrders({
    deliveries: async ({ subscribers, count }: { subscribers: number; count: number }) => {
      for (const bus of connected.splice(subscribers)) bus.close();
      while (connected.length < subscribers) {
        connected.push(await BusConnection.open(TOPIC, () => deliveries.got()));
      }
      return subscribers === 0 ? 0 : await deliveries.measure(subscribers, count);
    },
  });
}

await (role === "server" ? serve() : subscribe());
