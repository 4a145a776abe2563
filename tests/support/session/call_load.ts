/**
 * Calls, 64 in flight, between two ends of one connection in this process: what its collector makes
 * of them is told by `--v8-flags=--trace-gc`. Arguments: how many. With `--expose-gc`, all that is in
 * use after the first thousand becomes old memory, which later calls must not hang on.
 */
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { dispatchTo } from "./unit_session.ts";

const home = Deno.makeTempDirSync({ prefix: "neverliie-" });
const key = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
const directory = platform().runtimeDirectory(home, key);
const listener = await platform().listen(platform().address(directory, key, "load"));
const deadline = performance.now() + 10_000;
const [far, near] = await Promise.all([
  listener.accept(),
  platform().dial(listener.address, { deadline }),
]);
const server = new Connection(far!, { dispatch: dispatchTo({ echo: ({ params }) => params }) });
const client = new Connection(near!);
const params = { text: "x".repeat(34) };
const { gc } = globalThis as { gc?: () => void };
const count = Number(Deno.args[0]);
let left = count;
const caller = async () => {
  while (left-- > 0) {
    if (left === count - 1_000) gc?.();
    await client.call("echo", params);
  }
};
await Promise.all(Array.from({ length: 64 }, caller));
await client.close();
await server.ended;
await listener.close();
Deno.removeSync(directory, { recursive: true });
Deno.removeSync(home, { recursive: true });
