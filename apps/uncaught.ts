/**
 * Errors that nobody caught: they end a program, in words that steer no terminal.
 *
 * @module
 */
import { tell } from "./output.ts";

/**
 * Has an uncaught error end the program with code 1. Deno would do so, too, and print the message as
 * it is, which another program may have written.
 */
export function endOnUncaught(program: string): void {
  const end = (event: Event, thrown: unknown) => {
    event.preventDefault();
    // What gives the terminal back listens as well, and comes first.
    setTimeout(() => {
      tell(`${program}: uncaught: ${shown(thrown)}`);
      Deno.exit(1);
    }, 0);
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}

function shown(thrown: unknown): string {
  try {
    return Deno.inspect(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}
