/**
 * The app of the cold launch. Arguments: its name; with `once` it ends as soon as it serves.
 */
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

const [name, once] = Deno.args;
const ipc = await NeverLiieIPC.open(name!);
ipc.expose("about", () => ({ pid: Deno.pid }));
console.log("here");
if (once === "once") await ipc.close();
await ipc.closed;
