import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FolderWatch } from "../../../lib/ipc/presence/folder_watch.ts";
import { until, withLimit } from "../../support/run/watchdog.ts";

Deno.test("FolderWatch: a folder that is removed is looked at each second, and watched once it is there again", async () => {
  const above = Deno.makeTempDirSync({ prefix: "neverliie-folder-" });
  const folder = join(above, "watched");
  Deno.mkdirSync(folder);
  const told: string[] = [];
  let looks = 0;
  const notices = { changed: (name: string) => void told.push(name), look: () => void looks++ };
  const watch = new FolderWatch([folder, above], notices, false);
  try {
    await until(() => looks === 1);
    assertEquals(watch.fault, null);
    Deno.writeTextFileSync(join(folder, "first"), "");
    await until(() => told.includes("first"));
    Deno.removeSync(folder, { recursive: true });
    await until(() => watch.fault !== null);
    const before = looks;
    await until(() => looks > before + 1);
    Deno.mkdirSync(folder);
    await until(() => watch.fault === null);
    Deno.writeTextFileSync(join(folder, "second"), "");
    await until(() => told.includes("second"));
  } finally {
    watch.close();
    Deno.removeSync(above, { recursive: true });
  }
});

Deno.test("FolderWatch: nothing is looked at while the system tells, but after what it told", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-folder-" });
  let [looks, changes, last] = [0, 0, Infinity];
  const look = () => {
    looks++;
    last = performance.now();
  };
  const watch = new FolderWatch([folder], { changed: () => void changes++, look }, false);
  try {
    await until(() => looks === 1);
    // All of it happens before the first is told of.
    for (let i = 0; i < 50; i++) Deno.writeTextFileSync(join(folder, `${i}`), "");
    await until(() => looks > 1);
    // One that looks each second never gets there.
    await withLimit("quiet", until(() => performance.now() - last > 1_300), 20_000);
    assert(changes > 0 && looks <= changes, `${looks} looks for ${changes} changes`);
  } finally {
    watch.close();
    Deno.removeSync(folder, { recursive: true });
  }
});
