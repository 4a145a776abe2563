/**
 * A client that has nothing to do but to listen: prints the first value of the fixture's news, and
 * ends. It says so once it has waited for a while.
 */
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

async function listen(): Promise<void> {
  await using ipc = await NeverLiieIPC.client();
  setTimeout(() => console.log("listening"), 700);
  for await (const value of ipc.subscribe("fixture", "news")) {
    console.log(value);
    break;
  }
}

// (Not awaited: an await at the top of a module keeps a program running by itself.)
void listen();
