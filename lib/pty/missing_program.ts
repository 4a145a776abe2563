/** The error for a program that is nowhere, which reads the same on every system. */
export function missingProgram(name: string): Error {
  return new Deno.errors.NotFound(
    `Cannot run "${name}": there is no such program; check its name and PATH`,
  );
}
