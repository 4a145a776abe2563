/** A host that is started by its entry, as callers do that find it asleep. */
import { type Check, ownSection } from "../check.ts";
import { same } from "../outcome.ts";
import { asObject } from "../frame.ts";

export const waking: Check[] = ownSection("waking", [
  [
    "woken",
    "with `NEVERLIIE_HOME` and `NEVERLIIE_WOKEN=1` in its environment, nothing to read from,",
    async (t, own) => {
      await own.kill();
      await own.enter();
      await own.wake();
      const about = asObject(await (await t.peer()).result("$/ping"));
      same(about?.["name"], t.host.app, "its name");
    },
  ],
  [
    "after a shutdown",
    "Otherwise start the program once, by its entry: `cmd` and then `args`, in `cwd`,",
    async (t, own) => {
      await own.enter();
      await (await t.peer()).result("$/shutdown");
      await own.gone("its end");
      await own.wake();
      await (await t.peer()).result("$/ping");
    },
  ],
  [
    "twice",
    "If somebody else holds it, the app runs already: end",
    async (t, own) => {
      // A copy that was woken although the app runs ends like any other.
      const peer = await t.peer();
      const pid = asObject(await peer.result("$/ping"))?.["pid"];
      await own.startAgain([], true);
      same(asObject(await (await t.peer()).result("$/ping"))?.["pid"], pid, "the same process");
    },
  ],
]);
