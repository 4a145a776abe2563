/** A program that imports the library and opens the mesh, and does nothing else. */
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

const ipc = await NeverLiieIPC.open(Deno.args[0]!);
console.log("here");
await ipc.close();
