/** What apps ask of the status bar: notices, and the figures of network and disk. */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import type { Notice, StatusBar, StatusBarTopics } from "../../apps/statusbar/contract.ts";
import { RemoteError } from "../../lib/ipc/mod.ts";
import { meshTest, type TestMesh } from "../support/mesh/mesh.ts";

async function statusBar(mesh: TestMesh) {
  const { code } = await mesh.neverliie("list");
  assertEquals(code, 0);
  return mesh.ipc.connect<StatusBar>("statusbar");
}

meshTest("statusbar tells of the disk, and of the network where the system does", async (mesh) => {
  const bar = await statusBar(mesh);
  const { disk, network } = await bar.get_stats();
  assert(disk !== null && disk.used > 0);
  assertGreater(disk.total, disk.available);
  assert(network === null || network.received >= 0);
});

meshTest("statusbar tells its figures to all who listen by one reading, and again later", async (
  mesh,
) => {
  await statusBar(mesh);
  const listen = () =>
    mesh.ipc.subscribe<StatusBarTopics["stats"]>("statusbar", "stats", { activate: true });
  /** Listens until `enough`, and gives the time of the last figures. */
  const last = async (topic: ReturnType<typeof listen>, enough: (time: string) => boolean) => {
    for await (const { time } of topic) if (enough(time)) return time;
    throw new Error("the figures have an end");
  };
  const [one, two] = [listen(), listen()];
  const shared = await last(two, () => true);
  assertEquals(await last(one, (time) => time === shared), shared);
  const later = await last(listen(), () => true);
  assertGreater(later, shared);
});

meshTest("statusbar: a notice from one app is seen by another, changed, and cancelled", async (
  mesh,
) => {
  await mesh.register();
  const bar = await statusBar(mesh);
  const seen: string[][] = [];
  const texts = (notices: Notice[]) => notices.map(({ text, progress }) => `${text} ${progress}`);
  const watching = (async () => {
    const options = { activate: true };
    for await (const notices of mesh.ipc.subscribe<Notice[]>("statusbar", "notices", options)) {
      seen.push(texts(notices));
      if (seen.length > 1 && notices.length === 0) break;
    }
  })();
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // The key calls the poster's own method, which here ends a call that hangs.
  const cancel = { app: "fixture", method: "add", params: { a: 1, b: 2 } };
  const { id } = await bar.notify({ text: "Task ü", progress: 0.5, cancel });
  assertEquals(await bar.notify({ id, text: "Task ü", progress: 1, cancel }), { id });
  assertEquals(await bar.cancel_notice({ id }), true);
  await watching;
  assertEquals(seen[0], []);
  assert(seen.some(([text]) => text === "Task ü 1"), JSON.stringify(seen));
  assertEquals(await bar.dismiss({ id }), false);
});

meshTest("statusbar refuses a notice that is none, and tells why", async (mesh) => {
  const bar = await statusBar(mesh);
  await assertRejects(() => bar.notify({ text: "" }), RemoteError, "text must be a line of text");
  await assertRejects(() => bar.notify({ text: "a", ttl: -5 }), RemoteError, "ttl must be");
  const { id } = await bar.notify({ text: "nobody ends this" });
  assertEquals(await bar.cancel_notice({ id }), false);
});
