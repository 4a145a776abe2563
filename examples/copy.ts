/** A front end of the copier: `copy.ts FROM TO`. Ctrl-C cancels. */
import { resolve } from "node:path";
import { NeverLiieIPC } from "@neverliie/ipc";
import type { Progress } from "./copier.ts";

const [from, to] = Deno.args;
if (from === undefined || to === undefined) {
  console.error("Usage: copy.ts FROM TO");
  Deno.exit(2);
}
const controller = new AbortController();
Deno.addSignalListener("SIGINT", () => controller.abort());

await using ipc = await NeverLiieIPC.client();
try {
  // The app has a working folder of its own: it is told whole paths.
  const params = { from: resolve(from), to: resolve(to) };
  const { signal } = controller;
  let shown = -1;
  for await (const { done, total } of ipc.stream<Progress>("copier", "copy", params, { signal })) {
    const percent = total === 0 ? 100 : Math.floor(done / total * 100);
    if (percent !== shown) console.log(`${shown = percent} %`);
  }
} catch (error) {
  const cancelled = controller.signal.aborted;
  console.error(cancelled ? "cancelled" : `Cannot copy: ${(error as Error).message}`);
  Deno.exitCode = cancelled ? 130 : 1;
}
