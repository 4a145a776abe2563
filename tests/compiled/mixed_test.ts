/** Executables and scripts in one mesh. */

import { assertEquals } from "@std/assert";
import { meshTest, suiteCommand } from "../support/mesh/mesh.ts";

for (const [waker, target] of [["binary", "script"], ["script", "binary"]] as const) {
  meshTest(`a ${waker} wakes a ${target}`, async (mesh) => {
    await mesh.register({ type: target });
    const command = [...suiteCommand("neverliie", waker), "call", "fixture", "about", "--json"];
    const { code, stdout, stderr } = await mesh.run(command);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout).standalone, target === "binary");
  });

  meshTest(`a ${waker} and a ${target} call each other`, async (mesh) => {
    await mesh.register({ name: "one", type: waker });
    await mesh.register({ name: "two", type: target });
    const options = { timeout: 60_000 };
    const about = { method: "about", params: {} };
    const two = await mesh.ipc.call<{ standalone: boolean }>(
      "one",
      "call_other",
      { target: "two", ...about },
      options,
    );
    const one = await mesh.ipc.call<{ standalone: boolean }>(
      "two",
      "call_other",
      { target: "one", ...about },
      options,
    );
    assertEquals([one.standalone, two.standalone], [waker === "binary", target === "binary"]);
  });
}

meshTest("a script takes the place of an executable that runs, and the reverse", async (mesh) => {
  await mesh.register({ type: "binary" });
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  await mesh.stop("fixture", pid);
  await mesh.register({ type: "script" });
  const about = await mesh.ipc.call<{ standalone: boolean }>("fixture", "about");
  assertEquals(about.standalone, false);
  assertEquals((await mesh.ipc.registry.read()).apps.get("fixture")!.type, "script");
});
