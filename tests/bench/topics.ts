/**
 * What is measured of topics and of who comes and goes.
 *
 * @module
 */
import { type CompetitorKey, type Pair, startStarter, TELLING } from "./competitors.ts";
import { type Control, ProgramError } from "./control.ts";
import type { Environment } from "./environment.ts";
import { add, type EnvironmentResults, miss } from "./results.ts";

/** What a measure of topics is taken with. */
export interface TopicBench {
  environment: Environment;
  control: Control;
  results: EnvironmentResults;
  pairs: ReadonlyMap<CompetitorKey, Pair>;
  /** Lets competitors take turns: see {@link Measuring}. */
  contest<T>(
    id: string,
    keys: readonly CompetitorKey[],
    order: (pair: Pair, count: number) => Promise<T>,
    take: (competitor: CompetitorKey, value: T) => void,
    first: number,
  ): Promise<void>;
  /** Takes rounds of what one program does. */
  turns(id: string, entrants: Record<string, () => Promise<void>>): Promise<void>;
}

/** How many listen to one publisher. */
export const LISTENING = [1, 10, 100] as const;
/** The measure of so many. */
export const deliveriesTo = (subscribers: number): string =>
  `deliveries per second to ${subscribers}`;
/** Subscriptions that wait for an app. */
const WAITING = 1_000;

/** Measures all of it. */
export async function measureTopics(bench: TopicBench): Promise<void> {
  const { results } = bench;
  for (const idle of [false, true]) {
    const id = `${idle ? "idle " : ""}delivery p50`;
    await bench.contest<Record<"delivery" | "call", { p50: number }>>(
      id,
      ["mesh"],
      ({ client }, count) => client.order("delivery", { count, idle }),
      (_, { delivery, call }) => {
        add(results, id, "delivery", delivery.p50);
        add(results, id, "call", call.p50);
      },
      50,
    );
  }
  for (const subscribers of LISTENING) {
    const id = deliveriesTo(subscribers);
    await bench.contest<number>(
      id,
      TELLING,
      ({ client }, count) => client.order("deliveries", { subscribers, count }),
      (key, value) => add(results, id, key, value),
      1_000,
    );
  }
  // What is measured next is alone again.
  for (const key of TELLING) {
    await bench.pairs.get(key)?.client.order("deliveries", { subscribers: 0, count: 0 })
      .catch((error: unknown) => {
        // It failed, and has said so.
        if (!(error instanceof ProgramError)) throw error;
      });
  }
  await waitingSubscriptions(bench);
  await ends(bench);
}

/** What a subscription takes that waits for an app which is away. */
async function waitingSubscriptions(
  { environment, control, results }: TopicBench,
): Promise<void> {
  const id = "memory per waiting subscription";
  const make = environment.deno("mesh_client.ts", { flags: ["--v8-flags=--expose-gc"] });
  try {
    await using client = await control.start(
      "the waiting client",
      (args) => make([...args, "nobody"]),
    );
    await client.order("wait", { count: 20 });
    const before = await client.order<{ resident: number; heap: number }>("memory");
    const after = await client.order<typeof before>("wait", { count: WAITING });
    const per = (key: keyof typeof before) => (after[key] - before[key]) / WAITING / 1024;
    add(results, id, "mesh", per("resident"));
    add(results, id, "heap", per("heap"));
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    miss(results, id, "mesh", error.message);
  }
}

/** From the end of an app by force until who watches is told. */
async function ends(bench: TopicBench): Promise<void> {
  const { environment, control, results } = bench;
  const id = "told of an end";
  await using starter = await startStarter(environment, control);
  const end = () =>
    starter.order<number>("end", { name: `sleeper-${crypto.randomUUID().slice(0, 8)}` });
  await bench.turns(id, { mesh: async () => add(results, id, "mesh", await end()) });
}
