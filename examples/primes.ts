/** An app that computes in a thread: it answers others meanwhile, and a cancel ends the loop. */
import { NeverLiieIPC } from "@neverliie/ipc";

await using ipc = await NeverLiieIPC.open("primes");
ipc.exposeWorker("below", import.meta.resolve("./primes_worker.ts"), { params: ["limit"] });
ipc.expose("status", () => "ready");
console.log("primes serves");
await ipc.closed;
