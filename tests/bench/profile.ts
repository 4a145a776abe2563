/**
 * `deno run -A tests/bench/profile.ts LOAD [wine]`: where the time of one load goes, as V8's
 * sampling profiler sees it in the app and in its caller. Prints the functions with the most time
 * of their own, in microseconds for each call, item or value; "(program)" is time in Deno and the
 * system outside of JavaScript. Waiting is left out. The programs' start is in it, which is why a
 * load takes seconds.
 *
 * @module
 */
import { join } from "@std/path";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { lab } from "../lab/lab.ts";
import { Control } from "./control.ts";
import { type Environment, LocalEnvironment, WineEnvironment } from "./environment.ts";

/** What is profiled: the order that makes the load, and how often at a time. */
const LOADS: Readonly<Record<string, { order: string; parameters: Record<string, unknown> }>> = {
  "round-trip": { order: "latency", parameters: { count: 10_000 } },
  calls: { order: "throughput", parameters: { count: 100_000, inFlight: 64 } },
  stream: { order: "stream", parameters: { count: 300_000 } },
  "1MiB": { order: "values", parameters: { size: 1 << 20, count: 200, inFlight: 4 } },
  "64KiB": { order: "values", parameters: { size: 64 << 10, count: 2_000, inFlight: 16 } },
  delivery: { order: "delivery", parameters: { count: 2_000 } },
  deliveries: { order: "deliveries", parameters: { subscribers: 1, count: 200_000 } },
  "deliveries-10": { order: "deliveries", parameters: { subscribers: 10, count: 200_000 } },
  cancel: { order: "cancel", parameters: { count: 5_000 } },
};

/** Milliseconds that a load takes at least. */
const LENGTH = 3_000;
/** Lines of a profile that are shown. */
const SHOWN = 16;

/** A profile as V8 writes it, as far as it is read here. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** The microseconds that each function spent itself, the largest first, without waiting. */
export function ownTimes({ nodes, samples, timeDeltas }: CpuProfile): [string, number][] {
  const names = new Map(nodes.map(({ id, callFrame }) => {
    const { functionName, url, lineNumber } = callFrame;
    const file = url.replace(/.*[\\/](lib|tests|apps)[\\/]/, "$1/").replace(/^ext:/, "");
    const place = url === "" ? "" : ` ${file}:${lineNumber + 1}`;
    return [id, `${functionName || "(anonymous)"}${place}`];
  }));
  const times = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? "?";
    const time = Math.max(0, timeDeltas[i] ?? 0);
    if (name !== "(idle)") times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

async function profile(environment: Environment, load: string): Promise<void> {
  const { order, parameters } = LOADS[load]!;
  const shared = await environment.share();
  const flags = (role: string) => ({
    flags: [
      "--cpu-prof",
      `--cpu-prof-dir=${shared.path}`,
      `--cpu-prof-name=${role}.cpuprofile`,
      "--cpu-prof-interval=200",
    ],
  });
  let operations = 0;
  let each = 0;
  {
    await using control = new Control();
    const app = environment.deno("mesh_app.ts", flags("app"));
    const caller = environment.deno("mesh_client.ts", flags("caller"));
    await using _server = await control.start("app", (args) => app([...args, "profiled"]));
    await using client = await control.start("caller", (args) => caller([...args, "profiled"]));
    const binary = await client.order<boolean>("binary");
    const start = performance.now();
    while (performance.now() - start < LENGTH) {
      await client.order(order, { ...parameters, binary });
      operations += parameters["count"] as number;
    }
    each = (performance.now() - start) * 1000 / operations;
  }
  console.log(`\n${environment.title}, ${load}: ${each.toFixed(2)} µs each`);
  for (const role of ["app", "caller"]) {
    const path = join(shared.folder, `${role}.cpuprofile`);
    const times = ownTimes(JSON.parse(await Deno.readTextFile(path)));
    const all = times.reduce((sum, [, time]) => sum + time, 0);
    const line = (time: number, name: string) =>
      console.log(`${(time / operations).toFixed(2).padStart(9)}  ${name}`);
    line(all, `the ${role}, all that is not waiting`);
    for (const [name, time] of times.slice(0, SHOWN)) line(time, `  ${name}`);
  }
}

if (import.meta.main) {
  const [load, where] = Deno.args;
  if (load === undefined || LOADS[load] === undefined) {
    console.error(`Cannot profile "${load ?? ""}": it is one of ${Object.keys(LOADS).join(", ")}`);
    Deno.exit(2);
  }
  const importFlags = ownModuleFlags((path) => path);
  const there = where === "wine" ? lab() : null;
  if (where === "wine" && there === null) throw new Error("no Windows lab: deno task lab");
  await using environment = there === null
    ? new LocalEnvironment(importFlags)
    : await WineEnvironment.enter(there, importFlags);
  await profile(environment, load);
}
