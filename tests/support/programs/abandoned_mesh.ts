/**
 * A test that is killed: makes a mesh of the kit in a folder of the given prefix, wakes a program
 * (given as JSON), and prints its process and the folder. It never ends by itself.
 */
import { pidOf } from "../../../lib/ipc/mod.ts";
import { type ProgramOptions, testMesh } from "../../../lib/ipc/testing/mod.ts";

const [prefix, program, options] = Deno.args as [string, string, string];
const mesh = await testMesh({ prefix });
await mesh.enter("fixture", program, JSON.parse(options) as ProgramOptions);
const client = await mesh.client();
await client.wake("fixture");
console.log(JSON.stringify([await pidOf(client, "fixture"), mesh.home]));
setInterval(() => {}, 1_000);
