import { assertEquals, assertExists, assertRejects } from "@std/assert";
import type { RunEvent } from "../../../apps/terminal/contract.ts";
import { runCommand } from "../../../apps/terminal/run.ts";
import { isRunning, program, run, until } from "../../support/unit/command.ts";

const timeout = 60_000;
const never = new AbortController().signal;
const windows = Deno.build.os === "windows";

/** Prints its own pid and that of a process that it started, and then both run for ever. */
const PARENT = `
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "console.log('up'); setInterval(() => {}, 1e6)"],
    stdout: "piped",
    // Deno ends its children on Windows together with itself, unless they are detached: then
    // nothing but the job ends them. On Unix it would put them outside of the tree.
    detached: Deno.build.os === "windows",
  }).spawn();
  await child.stdout.getReader().read();
  console.log("pids " + Deno.pid + " " + child.pid + ".");
  setInterval(() => {}, 1e6);
`;

async function startParent(
  signal: AbortSignal,
): Promise<{ events: AsyncGenerator<RunEvent>; pids: number[] }> {
  const events = runCommand({ command: program(PARENT) }, signal);
  const [, parent, child] = await until(events, /pids (\d+) (\d+)\./);
  const pids = [Number(parent), Number(child)];
  for (const pid of pids) assertEquals(await isRunning(pid), true);
  return { events, pids };
}

async function assertGone(pids: number[]): Promise<void> {
  for (const pid of pids) assertEquals(await isRunning(pid), false, `${pid} still runs`);
}

Deno.test({
  name: "runCommand ends the command and what it started when its signal is aborted",
  timeout,
  async fn() {
    const controller = new AbortController();
    const { events, pids } = await startParent(controller.signal);
    const waiting = events.next();
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
    await assertGone(pids);
    assertEquals((await events.next()).done, true);
  },
});

Deno.test({
  name: "runCommand ends the command and what it started when its loop is left",
  timeout,
  async fn() {
    let pids: number[] = [];
    for await (const event of runCommand({ command: program(PARENT) }, never)) {
      if (event.type !== "stdout") continue;
      pids = [...event.text.matchAll(/\d+/g)].map(Number);
      break;
    }
    assertEquals(pids.length, 2);
    await assertGone(pids);
  },
});

Deno.test({
  name: "runCommand's return() also ends a next() that waits on a silent command",
  timeout,
  async fn() {
    const { events, pids } = await startParent(never);
    const waiting = events.next();
    await events.return(undefined);
    assertEquals(await waiting, { done: true, value: undefined });
    await assertGone(pids);
  },
});

Deno.test({
  name: "runCommand ends processes that ignore SIGTERM, and those in a process group of their own",
  // The commands are those of a GNU system.
  ignore: Deno.build.os !== "linux",
  timeout,
  async fn() {
    const controller = new AbortController();
    const command = `
      (trap "" TERM; sh -c 'echo stubborn $$; while :; do sleep 1; done') &
      timeout 1000 sh -c 'echo apart $$; exec sleep 1000'
      wait
    `;
    const events = runCommand({ command }, controller.signal);
    let text = "";
    while (!/stubborn \d+\n/.test(text) || !/apart \d+\n/.test(text)) {
      const { value } = await events.next();
      if (value?.type === "stdout") text += value.text;
    }
    controller.abort(new Error("enough"));
    await assertRejects(() => events.next(), Error, "enough");
    await assertGone([...text.matchAll(/\d+/g)].map(Number));
  },
});

Deno.test({
  name: "runCommand ends after the command although something it left behind holds its output open",
  timeout,
  async fn() {
    const code = `
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-config", "setInterval(() => {}, 1e6)"],
        stdin: "null",
        detached: true,
      }).spawn();
      child.unref();
      console.log("left " + child.pid + ".");
      Deno.exit(3);
    `;
    const { stdout, exit } = await run({ command: program(code) });
    const pid = Number(stdout.match(/left (\d+)\./)?.[1]);
    assertEquals(exit.code, 3);
    // As after any shell, what was put into the background runs on.
    assertEquals(await isRunning(pid), true);
    Deno.kill(pid, "SIGKILL");
  },
});

Deno.test({
  name: "runCommand ends after the command although something it left behind writes without end",
  ignore: windows, // Needs a shell that puts processes into the background.
  timeout,
  async fn() {
    const events = runCommand({ command: "yes & echo pid $!; exit 5" }, never);
    let text = "";
    let last: RunEvent | undefined;
    for await (const event of events) {
      last = event;
      if (event.type === "stdout" && text.length < 1_000_000) text += event.text;
    }
    const pid = text.match(/pid (\d+)/)?.[1];
    assertExists(pid);
    assertEquals(last, { type: "exit", code: 5, signal: null });
    // Nobody reads its output any more, and that ends it.
    while (await isRunning(Number(pid)));
  },
});
