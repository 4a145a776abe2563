/**
 * Puts load on another app, from a process of its own, or listens to it. Arguments: `--name NAME`
 * for an app that a test drives, or `--call TARGET ID` for a short-lived caller that is to be killed
 * at any point: it wakes the target, then keeps calls waiting and a stream running there under that
 * id. With `--conformance` it is the fixture of docs/conformance.md instead, which so needs no
 * executable of its own.
 */

import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { exposeListeners } from "../chaos/listeners.ts";
import { steadyHandles } from "../mesh/process_usage.ts";
import { quantile, round } from "./latency.ts";

/** What calling came to; times in milliseconds. */
export interface Called {
  calls: number;
  failed: number;
  median: number;
  p99: number;
}

if (Deno.args[0] === "--conformance") await import("../../../examples/conformance_host.ts");
else if (Deno.args[0] === "--call") await callAndWait(Deno.args[1]!, Deno.args[2]!);
else await serve(Deno.args[1]!);

async function callAndWait(target: string, id: string): Promise<void> {
  const ipc = await NeverLiieIPC.client();
  await ipc.call(target, "pid");
  const options = { timeout: 600_000 };
  const hang = (id: string) => {
    ipc.call(target, "hang", { id }, options).catch(() => Deno.exit(1));
  };
  for (let i = 0; i < 5; i++) hang(`${id}-${i}`);
  for await (const item of ipc.stream(target, "endless", {}, options)) {
    if (item === 1) hang(id);
  }
}

async function serve(name: string): Promise<void> {
  await using ipc = await NeverLiieIPC.open(name);
  let clients: NeverLiieIPC[] = [];
  let calling = false;

  /** Calls until told to stop, or so many times. */
  async function call(client: NeverLiieIPC, target: string, most: number, times: number[]) {
    let failed = 0;
    for (let i = 0; i < most && calling; i++) {
      const start = performance.now();
      try {
        if (await client.call(target, "add", [i, 1]) !== i + 1) failed++;
      } catch (error) {
        console.error(error);
        failed++;
      }
      times.push(performance.now() - start);
    }
    return failed;
  }

  /** Opens so many connections, each by a client of its own. */
  ipc.expose("connect", async ({ target, count }: { target: string; count: number }) => {
    for (let i = 0; i < count; i++) {
      const client = await NeverLiieIPC.client();
      clients.push(client);
      await client.wake(target);
    }
  });
  const disconnect = async () => {
    await Promise.all(clients.map((client) => client.close()));
    clients = [];
  };
  ipc.expose("disconnect", disconnect);
  /** Calls on so many of the connections at a time, so many times on each. */
  ipc.expose(
    "load",
    async ({ target, callers, most }: { target: string; callers: number; most: number }) => {
      calling = true;
      const times: number[] = [];
      const failed = await Promise.all(
        clients.slice(0, callers).map((client) => call(client, target, most, times)),
      );
      return {
        calls: times.length,
        failed: failed.reduce((sum, count) => sum + count, 0),
        median: round(quantile(times, 0.5)),
        p99: round(quantile(times, 0.99)),
      } satisfies Called;
    },
  );
  ipc.expose("stop_calling", () => {
    calling = false;
  });
  const endListening = exposeListeners(ipc);
  ipc.expose("handles", () => steadyHandles());
  console.log(`ready ${Deno.pid}`);
  await ipc.closed;
  await Promise.all([disconnect(), endListening()]);
}
