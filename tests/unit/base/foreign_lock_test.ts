import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ForeignLock, ProcessLock } from "../../../lib/ipc/base/lock.ts";

Deno.test("ForeignLock: is found while somebody holds it, wherever its file is by then", () => {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-lock-" });
  try {
    const path = join(folder, "a.lock");
    assertEquals(ForeignLock.find(path), null);
    const own = ProcessLock.try(path)!;
    using found = ForeignLock.find(path);
    assert(found !== null && found.isHeld());
    Deno.removeSync(path);
    assert(found.isHeld());
    own.release();
    assertEquals(found.isHeld(), false);
    ProcessLock.try(path)!.release();
    assertEquals(ForeignLock.find(path), null);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("ForeignLock: what is no file is nobody's, and is not waited for", () => {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-lock-" });
  try {
    const pipe = join(folder, "pipe.lock");
    assert(new Deno.Command("mkfifo", { args: [pipe] }).outputSync().success);
    Deno.mkdirSync(join(folder, "folder.lock"));
    for (const path of [pipe, join(folder, "folder.lock")]) {
      assertEquals(ForeignLock.find(path), null);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
