/**
 * A thread that runs seeds; see seeds.ts.
 *
 * @module
 */

import { Session } from "node:inspector";
import { productOf } from "./product.ts";
import type { Done, Task } from "./seeds.ts";
import { type Product, simulate, type Verdict } from "./simulate.ts";

const thread = self as unknown as {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(done: Done): void;
};

let product: Product | null = null;

forgetStacks();

thread.onmessage = async ({ data }) => {
  if ("text" in data) {
    product = productOf(data.text);
    return;
  }
  const verdicts: Verdict[] = [];
  for (let seed = data.first; seed < data.first + data.count; seed++) {
    verdicts.push(await simulate(product!, seed));
  }
  thread.postMessage({ verdicts, heap: Deno.memoryUsage().heapUsed });
};

/**
 * Has V8 not note where each error is made, as it does in Deno for who is told of one that nobody
 * catches, whatever `Error.stackTraceLimit` says: that takes ten times as long as the error.
 */
function forgetStacks(): void {
  const session = new Session();
  session.connect();
  session.post("Runtime.enable");
  session.post("Runtime.disable");
  session.disconnect();
}
