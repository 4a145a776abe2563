/**
 * The suite as one executable: a start is the one of its programs that it names.
 *
 * @module
 */
import { tell } from "./output.ts";
import { takeName } from "./own_name.ts";

/** The program's name; the process ends where there is none of it. */
function ownName(): string {
  try {
    return takeName();
  } catch (error) {
    tell((error as Error).message);
    Deno.exit(2);
  }
}

// By its URL in the bundle: a start loads nothing of the other programs.
await import(new URL(`${ownName()}/main.js`, import.meta.url).href);
