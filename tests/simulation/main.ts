/**
 * `deno task simulate`: whole meshes, each in a seed. See HELP.
 *
 * @module
 */

import { checkOptions, numberOption } from "../support/mesh/own_mesh.ts";
import { runTask } from "../../apps/build/task.ts";
import { commitOf, enter } from "./ledger.ts";
import { ownProduct } from "./product.ts";
import { runSeeds } from "./seeds.ts";
import { run } from "./simulate.ts";

const HELP = `deno task simulate [--seeds N] [--from S] [--threads N] [--ledger]
deno task simulate --seed S [--trace]

Runs meshes of several processes, each on a simulated machine where whatever can go wrong does. A
seed draws all of it: the same seed takes the same course. Stops after ten seeds that failed, and
prints the story of the first. docs/simulation.md tells how it works and how a story is read.

  --seeds N     how many; 1000 unless given
  --from S      the first of them; 1 unless given
  --ledger      adds what they came to, and on which commit, to tests/simulation/ledger.jsonl
  --threads N   how many run at a time; as many as there are processors unless given
  --seed S      one seed, with its story
  --trace       every step and every call of the system in it
  --help        show this

Exit codes: 0 all is as it must be, 1 something is not, 2 wrong usage.
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const trace = args.includes("--trace");
  const options = args.filter((arg) => arg !== "--trace" && arg !== "--ledger");
  checkOptions(options, ["--seeds", "--from", "--threads", "--seed"]);
  const product = await ownProduct();
  if (options.includes("--seed")) {
    const seed = numberOption(options, "--seed", 1);
    const { failure, story } = await run(product.own, seed, trace ? "trace" : "story");
    console.log(story.join("\n"));
    console.log(failure === null ? `Seed ${seed} is as it must be` : `Seed ${seed}: ${failure}`);
    return failure === null ? 0 : 1;
  }
  const commit = args.includes("--ledger") ? await commitOf() : null;
  const from = numberOption(options, "--from", 1);
  const count = numberOption(options, "--seeds", 1_000);
  const begun = performance.now();
  let told = 0;
  const totals = await runSeeds(product, {
    first: from,
    count,
    threads: numberOption(options, "--threads", navigator.hardwareConcurrency),
    progress({ seeds, failed }) {
      if (seeds < told + Math.max(1_000, count / 20)) return;
      told = seeds;
      console.log(`${seeds} seeds, ${failed.length} failed`);
    },
  });
  const { seeds, steps, fewest, failed } = totals;
  for (const line of totals.table()) console.log(line);
  for (const { seed, failure } of failed) console.log(`Seed ${seed}: ${failure}`);
  if (failed.length > 0) console.log(failed[0]!.story.join("\n"));
  const missing = totals.missing();
  if (missing.length > 0) console.log(`Never tried: ${missing.join(", ")}`);
  const seconds = (performance.now() - begun) / 1_000;
  console.log(
    `${seeds} seeds, ${steps} steps (${fewest.steps} at least), ${fewest.faults} faults at least ` +
      `in each, ${failed.length} failed, ${seconds.toFixed(1)} s`,
  );
  if (commit !== null) enter({ commit, from, totals, seconds });
  return failed.length + missing.length > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(main);
