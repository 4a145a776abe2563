/** The least that an app can be. Argument: its name. It is woken often, so it loads nothing else. */

import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

const ipc = await NeverLiieIPC.open(Deno.args[0]!, { launch: false, supervise: false });
ipc.expose("add", ({ a, b }: { a: number; b: number }) => a + b);
await ipc.closed;
