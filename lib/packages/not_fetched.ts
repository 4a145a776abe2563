/**
 * Run in a program's stead where its packages could not be fetched, which was told already.
 *
 * @module
 */
Deno.exit(1);
