/**
 * A client in Node or Bun of the tests' app: it wakes that, and prints what it found as JSON.
 */
import process from "node:process";
import { MethodNotFoundError, NeverLiieIPC } from "@neverliie/ipc";

const ipc = await NeverLiieIPC.client();
const found = { echo: await ipc.call("fixture", "echo", { text: "Grüße ☃ 𝄞" }) };
found.bytes = [
  ...await ipc.call("fixture", "echo", { data: Uint8Array.of(0, 128, 255) })
    .then(({ data }) => data),
];
found.count = 0;
for await (const item of ipc.stream("fixture", "count", { to: 10_000 })) found.count += item;
for await (const item of ipc.stream("fixture", "endless")) {
  if (item > 1_000) break;
}
found.nope = await ipc.call("fixture", "nope")
  .catch((error) => error instanceof MethodNotFoundError && error.message);
found.late = await ipc.call("fixture", "hang", { id: "node" }, { timeout: 50 })
  .catch(({ name, message }) => `${name}: ${message}`);
found.gone = await ipc.call("nobody", "greet").catch(({ name }) => name);
const news = ipc.subscribe("fixture", "ticks");
await news.ready;
await ipc.call("fixture", "emit", { topic: "ticks", values: ["tick"] });
found.tick = (await news.next()).value;
await news.return();
const presence = ipc.presence();
const events = [];
const told = async () => {
  const { value } = await presence.next();
  events.push([value.event, value.how ?? value.apps?.map(({ name }) => name) ?? value.name]);
};
await told();
const first = await ipc.call("fixture", "pid");
await ipc.call("fixture", "$/shutdown");
await told();
// (A call right after the end may still meet the app that is just leaving, and its connection.)
let second = null;
while ([null, first].includes(second)) {
  second = await ipc.call("fixture", "pid").catch(() => null);
}
await told();
process.kill(second, "SIGKILL");
await told();
found.presence = events;
await ipc.close();
console.log(JSON.stringify(found));
// Nothing ends this program but that nothing keeps it running.
