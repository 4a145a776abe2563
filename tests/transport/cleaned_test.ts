/** The folder of sockets is guarded against what cleans /tmp by age, as long as somebody listens. */

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { platform } from "../../lib/ipc/os/platform.ts";
import { until, withLimit } from "../support/run/watchdog.ts";

const LINUX = Deno.build.os === "linux";

/** systemd's cleaner, where it is; it is asked for all that is in `folder`, however young. */
async function clean(folder: string, config: string): Promise<boolean> {
  const { uid, gid } = Deno.statSync(folder);
  Deno.writeTextFileSync(config, `d ${folder} 0700 ${uid} ${gid} 0\n`);
  try {
    const { success } = await new Deno.Command("systemd-tmpfiles", {
      args: ["--clean", config],
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether somebody holds a lock on the folder, as the cleaner asks before it goes in. */
function isGuarded(folder: string): boolean {
  using file = Deno.openSync(folder);
  return !file.tryLockSync(true);
}

if (Deno.build.os !== "windows") {
  Deno.test("unix: a folder of sockets is guarded while somebody listens there", () =>
    withLimit("the guard", guarded(), 30_000));
}

async function guarded(): Promise<void> {
  const temporary = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nl-", dir: "/tmp" }));
  const folder = join(temporary, "mesh");
  const lock = join(folder, "app.lock");
  const config = join(dirname(temporary), `${crypto.randomUUID()}.conf`);
  Deno.mkdirSync(folder, { mode: 0o700 });
  Deno.writeTextFileSync(lock, "");
  try {
    const listeners = await Promise.all(
      ["a", "b"].map((name) => platform().listen(join(folder, `${name}.sock`))),
    );
    // From the first look on: what is two seconds old is nobody's to clean.
    await until(() => isGuarded(folder));
    await clean(temporary, config);
    assert(Deno.statSync(lock).isFile);
    await listeners[0]!.close();
    assert(isGuarded(folder), "each of them guards it");
    await listeners[1]!.close();
    assertEquals(isGuarded(folder), false);
    // So it was the guard that kept it.
    if (LINUX && await clean(temporary, config)) {
      assertEquals([...Deno.readDirSync(temporary)].length, 0);
    }
  } finally {
    Deno.removeSync(config);
    Deno.removeSync(temporary, { recursive: true });
  }
}
