/** An app that is asked to leave. */
import { type Check, ownSection } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";

export const shutdown: Check[] = ownSection("shutdown", [
  [
    "answered",
    ["ends on `$/shutdown`.", "`null`; then the app leaves the mesh: see below"],
    async (t, own) => {
      const peer = await t.peer();
      same(await peer.result("$/shutdown"), null);
      await peer.end();
      await own.gone("the end of its process after $/shutdown");
    },
  ],
  [
    "socket first",
    "An app that leaves in order removes its socket before it lets go of its lock.",
    async (t, own) => {
      if (Deno.build.os === "windows") skip("a pipe goes with its process");
      await (await t.peer()).tell("$/ping");
      await (await t.peer()).result("$/shutdown");
      await own.gone("the end of its process after $/shutdown");
      const there = await Deno.lstat(t.host.address).then(() => true, () => false);
      expect(!there, "no socket once its lock is free", t.host.address);
    },
  ],
]);
