/** The view of `neverliie top` in an executable, where it is bundled by itself and minified. */
import { assertEquals, assertRejects } from "@std/assert";
import { executable, meshTest } from "../support/mesh/mesh.ts";
import { Terminal } from "../support/screens/tmux.ts";

if (Deno.build.os === "linux") {
  meshTest("the view of top: a call is cancelled by its key, the terminal is given back", async (
    mesh,
  ) => {
    await mesh.register();
    const hanging = assertRejects(
      () => mesh.ipc.call("fixture", "hang", { id: "h" }),
      DOMException,
    );
    await mesh.ipc.call("fixture", "happened", { event: "h started" });
    const env = { NEVERLIIE_HOME: mesh.home };
    await using terminal = await Terminal.open([executable("neverliie"), "top"], { env });
    await terminal.until(/▌ fixture hang/);
    assertEquals(await terminal.figure("alternate_on"), "1");
    await terminal.press("x", "y");
    await terminal.until("Nothing is in flight.");
    await hanging;
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
    assertEquals(await terminal.figure("alternate_on"), "0");
  });
}
