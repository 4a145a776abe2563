/**
 * How long an executable takes to start.
 *
 * @module
 */

/** Starts that are measured; the first one, which fills caches, is not. */
const STARTS = 9;

/** The median time, in milliseconds, of `--help`: start, load everything, print, end. */
export async function measureStart(path: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start <= STARTS; start++) {
    const begin = performance.now();
    const { success } = await new Deno.Command(path, {
      args: ["--help"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) throw new Error(`Cannot measure "${path}": "--help" failed`);
    times.push(performance.now() - begin);
  }
  return times.slice(1).toSorted((a, b) => a - b)[STARTS >> 1]!;
}
