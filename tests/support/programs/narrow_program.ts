/**
 * A program with the permissions it needs and no other; it does nothing beside the mesh. It serves,
 * or with `call` it calls the fixture app.
 */

import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

if (Deno.args[0] === "call") {
  await using client = await NeverLiieIPC.client();
  console.log(await client.call("fixture", "add", [2, 3]));
  Deno.exit(0);
}
const wakeable = !Deno.args.includes("--not-wakeable");
await using ipc = await NeverLiieIPC.open("narrow", wakeable ? {} : { launch: false });
ipc.expose("greet", ({ name }: { name: string }) => `Hello, ${name}!`);
console.log(`ready ${Deno.pid}`);
await ipc.closed;
