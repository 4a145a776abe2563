/** NAME: what others may ask of it, and what it tells them. */
import { NeverLiieIPC } from "@neverliie/ipc";

/** Its contract: callers import these types, and nothing else of it. */
export interface Contract {
  /** Greets somebody. */
  greet(params: { name: string }): Promise<string>;
  /** Counts to a number. */
  count(params: { to: number }): AsyncIterable<number>;
}

/** What the topic "greeted" tells whoever listens. */
export interface Greeted {
  name: string;
}

await using ipc = await NeverLiieIPC.open("NAME");

const greeted = ipc.topic<Greeted>("greeted", { retain: true });

ipc.expose("greet", ({ name }: { name: string }) => {
  greeted.emit({ name });
  return `Hello, ${name}!`;
}, { description: "Greets somebody", params: ["name"] });

// A stream: it ends when its caller leaves, by the signal.
async function* count({ to }: { to: number }, { signal }: { signal: AbortSignal }) {
  for (let n = 1; n <= to && !signal.aborted; n++) yield n;
}
ipc.expose("count", count, { description: "Counts to a number", params: ["to"] });

console.log("NAME is serving");
await ipc.closed;
