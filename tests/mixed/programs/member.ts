/**
 * What the tests of tests/mixed run in Deno, as an executable, in Node and in Bun; member.py is the
 * same in Python.
 *
 * - `member NAME`: an app of that name
 * - `member --ask APP METHOD PARAMS`: calls, and prints the answer
 * - `member --read APP COUNT`: reads so many items of a stream without end, cancels it, and prints
 *   them once its handler has ended
 */

import process from "node:process";
import { NeverLiieIPC } from "@neverliie/ipc";
import { Load, type Tick } from "./load.ts";

const [first = "", ...rest] = process.argv.slice(2);
if (first === "--ask") await ask(rest[0]!, rest[1]!, JSON.parse(rest[2]!));
else if (first === "--read") await read(rest[0]!, Number(rest[1]));
else await serve(first);

async function serve(name: string): Promise<void> {
  const starts: string[][] = [];
  const loads = new Map<string, Load>();
  let running = 0;
  const ipc = await NeverLiieIPC.open(name, {
    onSecondInstance: ({ args }) => starts.push(args),
  });
  const news = ipc.topic<Tick>("news", { retain: true });
  const latest = { life: process.pid, n: 0 };

  ipc.expose("pid", () => process.pid, { idempotent: true });
  ipc.expose("add", ({ a, b }) => a + b, { params: ["a", "b"] });
  ipc.expose("forever", async function* (_params, { signal }) {
    running++;
    try {
      for (let number = 1; !signal.aborted; number++) {
        yield number;
        // What a producer takes that reads something.
        if (number % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      }
    } finally {
      running--;
    }
  });
  ipc.expose("running", () => running);
  ipc.expose("ask", ({ app, method, params }) => ipc.call(app, method, params), {
    params: ["app", "method", "params"],
  });
  ipc.expose("starts", () => starts);
  ipc.expose("stop_telling", () => {
    clearInterval(telling);
    return latest;
  });
  ipc.expose("begin", ({ apps }) => {
    for (const app of apps) loads.set(app, new Load(ipc, app));
  });
  ipc.expose("heard", ({ app, tick }) => loads.get(app)!.untilHeard(tick));
  ipc.expose("finish", async () => {
    const all = [...loads].map(async ([app, load]) => [app, await load.finish()] as const);
    return Object.fromEntries(await Promise.all(all));
  });

  // Tells its numbers from its start on.
  const telling = setInterval(() => {
    latest.n++;
    news.emit({ ...latest });
  }, 5);
  console.log(`ready ${process.pid}`);
  await ipc.closed;
  clearInterval(telling);
}

async function ask(app: string, method: string, params: unknown[]): Promise<void> {
  const ipc = await NeverLiieIPC.client();
  console.log(JSON.stringify(await ipc.call(app, method, params, { timeout: 600_000 })));
  await ipc.close();
}

async function read(app: string, count: number): Promise<void> {
  const ipc = await NeverLiieIPC.client();
  const items: number[] = [];
  for await (const item of ipc.stream<number>(app, "forever")) {
    items.push(item);
    if (items.length === count) break;
  }
  while (await ipc.call<number>(app, "running") > 0);
  console.log(JSON.stringify(items));
  await ipc.close();
}
