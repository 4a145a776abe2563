/** Homes that are not as they should be: each works, or says what is wrong, where, and what to do. */

import { assertEquals } from "@std/assert";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { pidOf } from "../../lib/ipc/status.ts";
import { fixtureCommand, meshTest, until, WINDOWS } from "../support/mesh.ts";

// (A pipe's name on Windows is nothing that anybody could remove.)
if (!WINDOWS) {
  meshTest("a running app whose socket was removed is found again, and says so", async (mesh) => {
    const { child, pid, ended } = await mesh.serve(fixtureCommand());
    for (const what of ["socket", "folder"]) {
      await using client = await NeverLiieIPC.client({ home: mesh.home });
      const { home } = client;
      if (what === "socket") Deno.removeSync(home.address("fixture"));
      else Deno.removeSync(home.runtime, { recursive: true });
      await until(async () => await pidOf(client, "fixture") === pid);
      assertEquals((Deno.lstatSync(home.runtime).mode ?? 0) & 0o777, 0o700);
    }
    child.kill("SIGTERM");
    const { stderr } = await ended;
    const line = `The socket "${mesh.ipc.home.address("fixture")}" was removed, and is made anew`;
    assertEquals(stderr.split("\n").filter((text) => text === line).length, 2, stderr);
  });
}
