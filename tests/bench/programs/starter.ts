/**
 * Starts programs and measures how long that takes. Runs where they run, so that the way into the
 * environment is in no figure. Arguments: flags for `deno run`, as JSON.
 */
import { fromFileUrl } from "@std/path";
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { isAlive } from "../../support/mesh/process.ts";
import { args, takeOrders } from "./control.mjs";

const flags = JSON.parse(args[0]!) as string[];
const script = (name: string) => fromFileUrl(import.meta.resolve(`./${name}`));
const command = (
  name: string,
) => [Deno.execPath(), "run", "-A", "--no-check", ...flags, script(name)];
const ipc = await NeverLiieIPC.client();

/** Milliseconds from the start of a program to its first line. */
async function untilFirstLine(argv: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  const took = performance.now() - start;
  if (done) throw new Error(`${argv.at(-1)} ended before its first line`);
  while (!(await reader.read()).done);
  await child.status;
  return took;
}

/** Registers the sleeping app as it registers itself, so that its start finds the entry it wants. */
async function register(name: string): Promise<void> {
  const launch = { type: "script" as const, cmd: command("sleeping_app.ts"), cwd: Deno.cwd() };
  await ipc.registry.set(name, { ...launch, args: [name], source: "self" });
}

/** Stops an app and waits for its end. */
async function stop(app: string): Promise<void> {
  const { pid } = await ipc.call(app, "about") as { pid: number };
  await ipc.call(app, "$/shutdown", {}, { activate: false });
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

await takeOrders({
  /** Milliseconds that an empty program takes to its first line, and one that opens the mesh. */
  empty: () => untilFirstLine(command("empty_program.ts")),
  open: ({ name }: { name: string }) => untilFirstLine([...command("opening_program.ts"), name]),
  /** Milliseconds of a call that wakes its target. */
  wake: async ({ name }: { name: string }) => {
    await register(name);
    const start = performance.now();
    await ipc.call(name, "about");
    const took = performance.now() - start;
    await stop(name);
    return took;
  },
  /** Milliseconds that the same program takes when it is simply started, until it serves. */
  bareStart: async ({ name }: { name: string }) => {
    await register(name);
    return await untilFirstLine([...command("sleeping_app.ts"), name, "once"]);
  },
  /** Milliseconds from the end of an app by force until who watches is told. */
  end: async ({ name }: { name: string }) => {
    await register(name);
    await using presence = ipc.presence();
    const told = async (wanted: "up" | "down") => {
      for (;;) {
        const { value: event } = await presence.next();
        if (event?.event === wanted && event.name === name) return;
      }
    };
    await presence.next(); // who is there already
    const { pid } = await ipc.call(name, "about") as { pid: number };
    await told("up");
    const start = performance.now();
    Deno.kill(pid, "SIGKILL");
    await told("down");
    return performance.now() - start;
  },
  /** Milliseconds to read a registry of so many entries, and to change one entry of it. */
  registry: async ({ entries }: { entries: number }) => {
    const entry = { type: "script" as const, cmd: command("sleeping_app.ts"), cwd: Deno.cwd() };
    const names = Array.from({ length: entries }, (_, i) => `entry_${i}`);
    await ipc.registry.update(new Map(names.map((name) => [name, () => entry])));
    const start = performance.now();
    const { apps } = await ipc.registry.read();
    const read = performance.now() - start;
    if (apps.size < entries) throw new Error(`${apps.size} of ${entries} entries were read`);
    const before = performance.now();
    await ipc.registry.set("entry_0", { ...entry, cwd: Deno.cwd() + "/." });
    const write = performance.now() - before;
    await ipc.registry.update(new Map(names.map((name) => [name, () => null])));
    return { read, write };
  },
});
