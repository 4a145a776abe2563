/** Who has a name, and where it listens. */
import { ProcessLock } from "../../../../lib/ipc/tools.ts";
import { type Check, ownSection } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";

const UNIX = Deno.build.os !== "windows";

export const locks: Check[] = ownSection("locks", [
  [
    "held",
    [
      "takes the lock on `<app>.lock` when it starts, and keeps it until it ends.",
      "An app runs while a process holds the lock on `<app>.lock`, and can be called once its address answers.",
    ],
    async (t, own) => {
      const lock = t.host.home.runtimeFile(t.host.app, "lock");
      expect(ProcessLock.isHeld(lock), "a lock that is held while the app runs", lock);
      await own.kill();
      expect(!ProcessLock.isHeld(lock), "a lock that went with its process", lock);
      const transport = await t.host.dial(t.timeout);
      await transport?.close();
      expect(transport === null, "nobody at its address", t.host.address);
    },
  ],
  [
    "file stays",
    "are never removed by the mesh.",
    async (t, own) => {
      await (await t.peer()).result("$/shutdown");
      await own.gone("the end of its process after $/shutdown");
      const lock = t.host.home.runtimeFile(t.host.app, "lock");
      same(ProcessLock.stateOf(lock), "free", "the lock of an app that has left");
    },
  ],
  [
    "killed",
    "listens at its address, in place of a socket that a dead process left there.",
    async (t, own) => {
      await own.kill();
      await own.up();
      await (await t.peer()).result("$/ping");
    },
  ],
  [
    "folders",
    "On Unix the folders `/tmp/neverliie-<uid>` and `<key>` in it are made with the mode 0700 where they are missing.",
    async (t, own) => {
      if (!UNIX) skip("pipes lie in no folder");
      await own.kill();
      const { runtime } = t.host.home;
      await Deno.remove(runtime, { recursive: true });
      await own.up();
      const mode = ((await Deno.stat(runtime)).mode ?? 0) & 0o777;
      same(mode.toString(8), "700", `the mode of "${runtime}"`);
    },
  ],
]);
