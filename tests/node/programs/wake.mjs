/** Wakes the tests' app, and prints what it answered, or why it did not within the time. */
import { NeverLiieIPC } from "@neverliie/ipc";

const ipc = await NeverLiieIPC.client();
const answer = await ipc.call("fixture", "add", { a: 1, b: 2 }, { startTimeout: 400 })
  .catch(({ name }) => name);
console.log(answer);
await ipc.close();
