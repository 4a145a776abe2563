/**
 * Every call of the system that an app and its callers make fails once, each in its turn and with
 * each error that a real system gives there. Whatever fails: what the program was doing ends in an
 * error that names it or goes on; nothing is left open; the mesh works afterwards, in the same
 * process and home.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type Handler, NeverLiieIPC, type RegistryEntry } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { failEach, type Session } from "../support/faults/session.ts";

// The system's libraries are loaded on first use and stay.
platform().userId();
platform().commandLine();
platform().rights();

const WINDOWS = Deno.build.os === "windows";
const system = WINDOWS ? "windows" : "unix";

/** Under Wine, where all is slower: each call fails at its first time, by the first of its errors. */
const ONCE = { times: 1, kinds: 1 };
const launch = { type: "binary", cmd: [Deno.execPath()], cwd: Deno.cwd() } as const;

/** An app and a client that talks to it, in this process, by real sockets or pipes. */
async function talk(session: Session): Promise<void> {
  const { home, report, round } = session;
  session.arm();
  const hangs = Promise.withResolvers<void>();
  const methods: Record<string, Handler> = {
    echo: (params) => params,
    count: function* ({ to }: { to: number }) {
      for (let i = 0; i < to; i++) yield i;
    },
    hang: (_params, { signal }) => {
      hangs.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
  // Another command each time, so that each start registers.
  const command = { ...launch, cmd: [...launch.cmd, `${round}`] };
  const app = await session.step("open", () =>
    NeverLiieIPC.open("server", {
      ...{ home, methods, launch: command, keepAlive: true },
      ...{ ifRunning: "throw", onProblem: report },
    }));
  const client = await session.step(
    "client",
    () => NeverLiieIPC.client({ home, onProblem: report }),
  );
  if (client !== null) {
    const options = { activate: false, timeout: 5_000 };
    const text = "x".repeat(100_000);
    const said = await session.step("call", () => client.call("server", "echo", { text }, options));
    if (said !== null) assertEquals(said, { text });
    const stream = client.stream("server", "count", { to: 1_000 }, options);
    const items = await session.step("stream", () => Array.fromAsync(stream));
    if (items !== null) assertEquals(items, Array.from({ length: 1_000 }, (_, i) => i));
    const cancel = new AbortController();
    const cancelled = new Error("as it should be");
    const hanging = client.call("server", "hang", {}, { ...options, signal: cancel.signal });
    await session.step("cancel", async () => {
      await Promise.race([hangs.promise, hanging]);
      cancel.abort(cancelled);
      await hanging.catch((error) => {
        if (error !== cancelled) throw error;
      });
    });
    await session.step("register", () => client.registry.set("other", command));
    await session.step("leave as client", () => client.close());
  }
  if (app !== null) await session.step("leave", () => app.close());
}

Deno.test(`${system} failing calls: an app, its caller, and their leaving`, async () => {
  const { faults, missed, problems } = await failEach(talk, WINDOWS ? ONCE : {});
  assertEquals(problems, []);
  assertEquals(missed, []);
  assert(faults.length >= (WINDOWS ? 25 : 60), `${faults.length} calls failed`);
});

const SLEEPER = fromFileUrl(import.meta.resolve("../support/programs/small_app.ts"));
const IMPORT_MAP = fromFileUrl(import.meta.resolve("../../lib/std/import_map.json"));

/** A program that sleeps, as the registry has it. */
const sleeper = (cwd: string): Record<string, RegistryEntry> => {
  const flags = ["-A", "--no-check", "--no-config", `--import-map=${IMPORT_MAP}`];
  const cmd = [Deno.execPath(), "run", ...flags, SLEEPER];
  return { sleeper: { type: "script", cmd, cwd, args: ["sleeper"], keep_alive: true } };
};

/** A caller wakes a program that sleeps, which is a process of its own, and has it leave. */
async function wake(session: Session): Promise<void> {
  const { home, report } = session;
  const client = await NeverLiieIPC.client({ home, onProblem: report });
  session.arm();
  await session.step("wake", () => client.wake("sleeper", { startTimeout: 10_000 }));
  const sum = await session.step("call", () => client.call("sleeper", "add", { a: 1, b: 2 }));
  if (sum !== null) assertEquals(sum, 3);
  await session.step("stop", () => client.call("sleeper", "$/shutdown"));
  await session.step("leave", () => client.close());
}

Deno.test(`${system} failing calls: the waking of an app that sleeps`, async () => {
  // Each takes two starts. What becomes of files is the same on Windows.
  const fewer = WINDOWS
    ? { ...ONCE, only: /^(?:spawn|dial|read|write|tryLockSync)\b/ }
    : { times: 2 };
  const { faults, missed, problems } = await failEach(wake, { entries: sleeper, ...fewer });
  assertEquals(problems, []);
  // Whether its lock is seen while it starts is a matter of time.
  assertEquals(missed.filter((fault) => !fault.startsWith("tryLockSync sleeper.lock ")), []);
  assert(faults.length >= (WINDOWS ? 5 : 50), `${faults.length} calls failed`);
});
