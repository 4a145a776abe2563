/**
 * Rounds: all competitors take turns, so that whatever else the machine does meets them alike.
 *
 * @module
 */

/** One who takes part in a measure. */
export interface Entrant<T> {
  competitor: string;
  run(): Promise<T>;
}

/**
 * Runs every entrant once a round, beginning with another one each time, and hands over what each
 * reached. One that fails is out for the rounds that follow.
 */
export async function interleave<T>(
  entrants: readonly Entrant<T>[],
  rounds: number,
  onRound: (round: number) => void,
  onValue: (competitor: string, value: T) => void,
  onFailure: (competitor: string, error: Error) => void,
): Promise<void> {
  const out = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    for (let i = 0; i < entrants.length; i++) {
      const { competitor, run } = entrants[(round + i) % entrants.length]!;
      if (out.has(competitor)) continue;
      try {
        onValue(competitor, await run());
      } catch (error) {
        out.add(competitor);
        onFailure(competitor, error as Error);
      }
    }
  }
}

/**
 * Warms a measure up and finds how many repetitions take about `target` milliseconds.
 *
 * @param first repetitions to begin with
 */
export async function repetitions(
  run: (count: number) => Promise<unknown>,
  first: number,
  target: number,
): Promise<number> {
  for (let count = first, warm = 0;;) {
    const start = performance.now();
    await run(count);
    const took = performance.now() - start;
    warm += took;
    const right = Math.max(1, Math.round(count * target / took));
    // Compilers need a while: what counts is the speed that it settles at.
    if (warm >= target * 2 || right <= 1) return right;
    count = Math.min(right, count * 10);
  }
}
