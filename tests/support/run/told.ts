/**
 * What the test runner tells tests of programs that come from elsewhere.
 *
 * @param name a variable's, without "NEVERLIIE_TEST_"
 * @param part the part of a run that sets it
 * @throws {Error} where the tests were not started by the runner
 */
export function told(name: string, part: string): string {
  const value = Deno.env.get(`NEVERLIIE_TEST_${name}`);
  if (value === undefined) throw new Error(`${name} is not set: run deno task test ${part}`);
  return value;
}
