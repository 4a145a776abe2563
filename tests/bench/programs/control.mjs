/**
 * The measured program's end of the bench's control connection: takes orders, one JSON line each,
 * and answers each with one line. Runs under Deno and Node alike. The connection is silent while a
 * program measures.
 *
 * Every program is started with the arguments PORT TOKEN …; the rest is its own.
 *
 * @module
 */
import net from "node:net";
import process from "node:process";

const [port, token, ...rest] = process.argv.slice(2);

/** The program's own arguments. */
export const args = rest;

/**
 * Tells the bench that this program is ready, and does what it is ordered to, until the bench
 * hangs up: that ends the program.
 *
 * @param {Record<string, (order: any) => unknown>} orders what this program can do
 * @param {Record<string, string>} [facts] what it tells of itself
 * @returns {Promise<void>} resolves once the bench has been told
 */
export function takeOrders(orders, facts = {}) {
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), "127.0.0.1");
    const send = (message) => socket.write(JSON.stringify(message) + "\n");
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => {
      socket.write(JSON.stringify({ token, facts }) + "\n", () => resolve());
    });
    socket.on("data", async (chunk) => {
      text += chunk;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const order = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        try {
          const run = orders[order.do];
          if (run === undefined) throw new Error(`no order "${order.do}"`);
          send({ value: await run(order) ?? null });
        } catch (error) {
          send({ error: String(error?.stack ?? error) });
        }
      }
    });
    socket.on("close", () => process.exit(0));
    socket.on("error", () => process.exit(1));
  });
}

/** Processor time of this process so far, user and system, in milliseconds. */
export function cpuMilliseconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Processor time that this process uses while it does nothing for so long, in milliseconds. */
export async function idleCpu({ milliseconds }) {
  const before = cpuMilliseconds();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return cpuMilliseconds() - before;
}

/** Computes for that many milliseconds. */
export function compute(milliseconds) {
  const end = performance.now() + milliseconds;
  let sum = 0;
  while (performance.now() < end) sum += Math.sqrt(sum + 1);
  return sum;
}
