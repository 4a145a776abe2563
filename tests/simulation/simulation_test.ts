/**
 * Whole meshes in seeds: all is as it must be, and the same seed takes the same course.
 */
import { assert, assertEquals } from "@std/assert";
import { ownProduct } from "./product.ts";
import { REGRESSIONS } from "./regressions.ts";
import { runSeeds } from "./seeds.ts";
import { run, type Verdict } from "./simulate.ts";
import { FAULTS_MIN, STEPS_MIN } from "./mesh/course.ts";

/** Seeds of a run of the tests: more are run by the task, into the ledger. */
const SEEDS = 20_000;
/**
 * Bytes that a thread may hold in the end beyond what it holds after some seeds: when V8 collects
 * differs by some. What 5,000 seeds leave behind would be more, from 3 KiB each on.
 */
const HEAP_GROWTH_MAX = 16 * 2 ** 20;
/** Seeds of which one tells of a case that came up before. */
const SEARCHED = 1_000;
/** Seeds that are run twice. */
const TWICE = 200;

const product = await ownProduct();

Deno.test("simulation: the same seed takes the same course, to the byte, whether processes share their code or not", async () => {
  for (let seed = 1; seed <= TWICE; seed++) {
    const first = await run(product.own, seed, "trace");
    const second = await run(product.shared, seed, "trace");
    assertEquals(first.story.length, second.story.length, `seed ${seed}`);
    const at = first.story.findIndex((line, index) => line !== second.story[index]);
    assertEquals([first.story[at], second.story[at]], [undefined, undefined], `seed ${seed}`);
    assert(first.steps >= STEPS_MIN, `seed ${seed} has ${first.steps} steps`);
  }
});

Deno.test("simulation: seeds that showed the product to be wrong pass since it was mended", async () => {
  for (const { seed: first, line, wrong } of REGRESSIONS) {
    const tells = (story: readonly string[]) => story.some((told) => line.test(told));
    let seed = first - 1;
    let verdict: Verdict;
    do {
      assert(++seed < first + SEARCHED, `no seed from ${first} tells ${line} any more: ${wrong}`);
      verdict = await run(product.own, seed, "story");
    } while (!tells(verdict.story));
    assertEquals(verdict.failure, null, `seed ${seed}: ${wrong}`);
    console.log(`seed ${seed} for ${first}`);
  }
});

Deno.test(`simulation: ${SEEDS} seeds are as they must be`, async () => {
  const totals = await runSeeds(product, {
    first: 1,
    count: SEEDS,
    threads: navigator.hardwareConcurrency,
    progress({ seeds }) {
      if (seeds % 2_000 === 0) console.log(`${seeds} seeds`);
    },
  });
  for (const line of totals.table()) console.log(line);
  console.log(`${Math.round(totals.heapGrowth / 1_024)} KiB more are held in the end`);
  for (const { seed, failure, story } of totals.failed) {
    console.log(`${story.join("\n")}\nseed ${seed}: ${failure}\ndeno task simulate --seed ${seed}`);
  }
  assertEquals(totals.failed.map(({ seed, failure }) => ({ seed, failure })), []);
  assertEquals(totals.missing(), [], "never tried");
  assert(totals.heapGrowth < HEAP_GROWTH_MAX, `${totals.heapGrowth} bytes more are held`);
  assert(totals.fewest.steps >= STEPS_MIN, `a seed has ${totals.fewest.steps} steps`);
  assert(totals.fewest.faults >= FAULTS_MIN, `a seed has ${totals.fewest.faults} faults`);
});
