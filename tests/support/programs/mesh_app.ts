/**
 * The app that the mesh suite drives, as a script and as an executable. Arguments: `--name NAME`
 * (`fixture` by default), `--limits JSON`, `--pid-file PATH`, `--protocol JSON` for an app that
 * speaks another version of the protocol, `--leave-once PATH` for one whose leaving ends when there
 * is such a file, which it then removes, `--nothing-idempotent`, `--slow MS` for one that takes so long
 * to start, and `crash` or `silent` for a program that never serves.
 */

import { Buffer } from "node:buffer";
import { existsSync } from "@std/fs";
import {
  type CallContext,
  exposeContract,
  NeverLiieIPC,
  type SecondInstance,
} from "../../../lib/ipc/mod.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { serveOtherProtocol } from "./other_protocol.ts";
import {
  childIgnoresCtrlC,
  CONSOLE_FLAGS_ARGUMENT,
  ignoreCtrlC,
  ignoresCtrlC,
  pressCtrlC,
} from "./console_flags.ts";
import { divideContract, levelTopic } from "./divide_contract.ts";
import { throwAfterItems, THROWN } from "./thrown_values.ts";
import { processUsage } from "../mesh/process_usage.ts";

const nameAt = Deno.args.indexOf("--name");
const name = nameAt < 0 ? "fixture" : Deno.args[nameAt + 1]!;
const pidFileAt = Deno.args.indexOf("--pid-file");
if (pidFileAt >= 0) Deno.writeTextFileSync(Deno.args[pidFileAt + 1]!, String(Deno.pid));
const limitsAt = Deno.args.indexOf("--limits");
const limits = limitsAt < 0 ? {} : JSON.parse(Deno.args[limitsAt + 1]!);

if (Deno.args.includes("crash")) {
  console.log("a line on standard output");
  console.error("a line on standard error: Grüße");
  Deno.exit(7);
}
// Lives, but joins no mesh; the test ends it by its process.
if (Deno.args.includes("silent")) {
  Deno.writeTextFileSync(Deno.args.at(-1)!, String(Deno.pid));
  setInterval(() => {}, 1_000);
  await new Promise(() => {});
}

if (Deno.args.includes(CONSOLE_FLAGS_ARGUMENT)) {
  console.log(ignoresCtrlC());
  Deno.exit(0);
}

const protocolAt = Deno.args.indexOf("--protocol");
if (protocolAt >= 0) {
  await serveOtherProtocol(name, JSON.parse(Deno.args[protocolAt + 1]!));
  Deno.exit(0);
}

/** What happened to handlers and starts, for a test to ask for. */
const events: string[] = [];
const waiting = new Map<string, () => void>();
const note = (event: string) => {
  events.push(event);
  waiting.get(event)?.();
};
const secondInstances: SecondInstance[] = [];
const leaveOnceAt = Deno.args.indexOf("--leave-once");

const slowAt = Deno.args.indexOf("--slow");
if (slowAt >= 0) await pause(Number(Deno.args[slowAt + 1]));

await using ipc = await NeverLiieIPC.open(name, {
  version: "1.2.3",
  limits,
  onSecondInstance: (event) => {
    secondInstances.push(event);
    note("second instance");
    if (event.args.includes("throw")) throw new Error("the app fails at its second instance");
  },
  onLeave: leaveOnceAt < 0 ? undefined : async () => {
    const path = Deno.args[leaveOnceAt + 1]!;
    while (!existsSync(path)) await pause(10);
    Deno.removeSync(path);
  },
});

ipc.expose("echo", (params) => params);
/** What a handler sees that trusts its parameters. */
ipc.expose("prototype_seen", (params: { polluted?: number }) => ({
  polluted: params.polluted ?? null,
  others: ({} as { polluted?: number }).polluted ?? null,
  own: Object.keys(params),
}));
ipc.expose("add", ({ a, b }: { a: number; b: number }) => a + b, {
  params: ["a", "b"],
  description: "adds two numbers",
  tool: true,
});
ipc.expose("divide", ({ a, b }) => ({ quotient: a / b }), divideContract);
ipc.expose("pid", () => Deno.pid);
const topics = {
  news: ipc.topic<unknown>("news", { retain: true, description: "what is new" }),
  ticks: ipc.topic<unknown>("ticks"),
  ...exposeContract(ipc, { level: levelTopic }, {}),
};
/** Emits values in one turn. @returns how many listened */
ipc.expose("emit", ({ topic, values }: { topic: keyof typeof topics; values: unknown[] }) => {
  for (const value of values) topics[topic].emit(value as { level: number });
  return topics[topic].subscribers;
}, { params: ["topic", "values"] });
/** Tells `news` the numbers of a life, one a millisecond: until it is killed, or so many. */
ipc.expose("tell", ({ life, to }: { life: number; to?: number }) => {
  let n = 0;
  const tell = () => {
    topics.news.emit({ life, n: ++n });
    if (n === to) clearInterval(timer);
  };
  const timer = setInterval(tell, 1);
  Deno.unrefTimer(timer);
  tell();
  return Deno.pid;
}, { idempotent: true });
ipc.expose("about", () => ({
  args: Deno.args,
  cwd: Deno.cwd(),
  execPath: Deno.execPath(),
  standalone: Deno.build.standalone,
  secondInstances,
}));
ipc.expose("fail", ({ code, data }: { code?: number; data?: unknown }) => {
  throw Object.assign(new Error("it failed: Grüße"), { code, data });
}, { tool: true });
/** Throws what THROWN has under that name; `later` rejects, `items` comes after two items. */
ipc.expose("throw_value", ({ name, how }: { name: string; how: "now" | "later" | "items" }) => {
  if (how === "now") throw THROWN[name]!.make();
  return how === "later" ? Promise.reject(THROWN[name]!.make()) : throwAfterItems(name);
});
ipc.expose("unsendable", () => 1n);
ipc.expose("node_buffer", ({ text }: { text: string }) => ({ data: Buffer.from(text) }));
ipc.expose("same_buffer", function* ({ count, size }: { count: number; size: number }) {
  const data = new Uint8Array(size);
  for (let index = 0; index < count; index++) yield { index, data: data.fill(index) };
});
/** Ends at once with its signal, in the middle of an await, and notes so. */
ipc.expose("hang", ({ id }: { id: string }, { signal }: CallContext) => {
  note(`${id} started`);
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      note(`${id} aborted`);
      note(`${id}: ${signal.reason.name}`);
      reject(signal.reason);
    });
  });
}, { tool: true });
ipc.expose("count", function* ({ to, fail }: { to: number; fail?: string }) {
  for (let i = 0; i < to; i++) yield i;
  if (fail !== undefined) throw new Error(fail);
}, { params: ["to"], tool: true });
/** Yields one item, then waits for its signal. */
ipc.expose("wait_after_one", async function* ({ id }: { id: string }, { signal }: CallContext) {
  try {
    yield "one";
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        note(`${id} aborted`);
        reject(signal.reason);
      });
    });
  } finally {
    note(`${id} ended`);
  }
}, { tool: true });
/** Yields one item, then ignores its signal until somebody notes its id. */
ipc.expose("deaf_after_one", async function* ({ id }: { id: string }) {
  yield "one";
  await new Promise<void>((resolve) => waiting.set(id, resolve));
});
ipc.expose("note", ({ event }: { event: string }) => note(event));
/** Items of `size` characters. */
ipc.expose("large_items", function* ({ size, to }: { size: number; to: number }) {
  for (let i = 0; i < to; i++) yield "x".repeat(size);
});
let produced = 0;
ipc.expose("endless", async function* () {
  // (A count of its own: the stream of a caller that was killed may still be about to end.)
  for (let made = 1;; made++) {
    produced = made;
    yield made;
    // A turn of the event loop: what a real producer that reads something takes.
    if (made % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
});
ipc.expose("produced", () => produced);
let ordered = 0;
ipc.expose("ordered", () => ordered++);
/** An answer of `size` characters. */
ipc.expose("blob", ({ size }: { size: number }) => "x".repeat(size));
ipc.expose("usage", () => processUsage());
/** Writes numbered lines of 1,000 letters, each with its break, to the log. */
ipc.expose("write_lines", ({ from, to }: { from: number; to: number }) => {
  const line = (number: number) => `line ${number} `.padEnd(999, "x");
  for (let at = from; at < to; at += 100) {
    const length = Math.min(100, to - at);
    console.log(Array.from({ length }, (_, i) => line(at + i)).join("\n"));
  }
});
/** Resolves once `event` has happened: a test waits for it instead of for time. */
ipc.expose("happened", async ({ event }: { event: string }) => {
  if (!events.includes(event)) {
    await new Promise<void>((resolve) => waiting.set(event, resolve));
  }
  return events.filter((one) => one === event).length;
});
ipc.expose("call_other", (
  { target, method, params }: { target: string; method: string; params?: Record<string, unknown> },
) => ipc.call(target, method, params));
const idempotent = !Deno.args.includes("--nothing-idempotent");
/** Takes `wait` ms, and tells which time it was asked; so often its process ends instead. */
ipc.expose("again", async (
  { die = 0, wait = 0 }: { die?: number; wait?: number },
  { attempt }: CallContext,
) => {
  if (attempt <= die) Deno.exit(9);
  if (wait > 0) await pause(wait);
  return { attempt, pid: Deno.pid };
}, { idempotent });
/** The same of a stream, before its first item or after it. */
ipc.expose("again_items", async function* (
  { die = 0, first }: { die?: number; first?: boolean },
  { attempt }: CallContext,
) {
  if (first) yield attempt;
  if (attempt <= die) {
    await pause(20);
    Deno.exit(9);
  }
  yield attempt;
}, { idempotent: true });
ipc.expose("hang_again", (_params, { signal }: CallContext) => {
  note("hang_again started");
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}, { idempotent: true });
/** What is left of its time is `null` where that has no end. */
const contextOf = ({ deadline, trace, attempt }: CallContext) => ({
  attempt,
  left: deadline === Infinity ? null : deadline - performance.now(),
  trace,
});
ipc.expose("context", (_params, context) => contextOf(context));
ipc.expose("context_each", async function* ({ to }: { to: number }, context: CallContext) {
  for (let i = 0; i < to; i++) yield await Promise.resolve(contextOf(context));
});
/** Calls on along the apps of `to`, the last of which is asked for `method`, each within its call. */
ipc.expose("relay", (
  { to: [next, ...rest], method, params }: {
    to: string[];
    method: string;
    params?: Record<string, unknown>;
  },
  context: CallContext,
) => {
  if (rest.length === 0) return ipc.call(next!, method, params, { within: context });
  return ipc.call(next!, "relay", { to: rest, method, params }, { within: context });
});
ipc.expose("call_back", (
  { method, params, timeout }: {
    method: string;
    params?: Record<string, unknown>;
    timeout?: number;
  },
  { caller, signal }: CallContext,
) => caller.call(method, params, { timeout, signal }));
let remembered: CallContext["caller"] | null = null;
ipc.expose("remember_caller", (_params, { caller }) => {
  remembered = caller;
});
ipc.expose("call_remembered", ({ method }: { method: string }) => remembered!.call(method));
/** Windows: what Ctrl-C does. The console tells all of its processes: a woken one has its own. */
ipc.expose("press_ctrl_c", () => pressCtrlC());
ipc.expose("ignore_ctrl_c", () => ignoreCtrlC(true));
ipc.expose("ignores_ctrl_c", async () => ({
  own: ignoresCtrlC(),
  child: await childIgnoresCtrlC(),
}));
ipc.expose("die", () => Deno.exit(3));
const worker = import.meta.resolve("./mesh_worker.ts");
ipc.exposeWorker("compute", worker);
ipc.exposeWorker("echo_in_thread", worker);
ipc.exposeWorker("call_add_in_thread", worker);
ipc.exposeWorker("context_in_thread", worker);
ipc.exposeWorker("throw_in_thread", worker);
ipc.exposeWorker("compute_steps", worker, { kind: "stream" });
ipc.exposeWorker("no_module", import.meta.resolve("./missing_worker_module.ts"));

console.log(`ready ${Deno.pid}`);
await ipc.closed;
