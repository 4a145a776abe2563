/** Files and folders that the mesh relies on must be this user's alone, on each system. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { openHome } from "../../lib/ipc/registry/home.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { Registry, RegistryRefusedError } from "../../lib/ipc/registry/registry.ts";
import { setWriters } from "../support/mesh/access_rights.ts";

const WINDOWS = Deno.build.os === "windows";
const { ownershipFault, userId } = platform();

// The system's libraries are loaded on first use and stay: here, so that no test seems to leak them.
const user = userId();

function behaviour(name: string, body: (folder: string) => Promise<void> | void): void {
  Deno.test(`${WINDOWS ? "windows" : "unix"} ownership: ${name}`, async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "neverliie-" }));
    try {
      await body(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

behaviour("one's own files and folders pass, those that others may write do not", (folder) => {
  const file = join(folder, "file");
  Deno.writeTextFileSync(file, "", { mode: 0o600 });
  for (const path of [folder, file]) {
    setWriters(path, user, "owner");
    assertEquals(ownershipFault(path), null);
    setWriters(path, user, "everybody");
    assertMatch(ownershipFault(path)!, WINDOWS ? /"S-1-1-0" may change it/ : /others may write/);
    setWriters(path, user, "owner");
  }
});

behaviour("on a path of over 260 characters, too", (folder) => {
  let long = folder;
  while (long.length < 300) long = join(long, "a folder ü".padEnd(50, "x"));
  Deno.mkdirSync(long, { recursive: true });
  const file = join(long, "file");
  Deno.writeTextFileSync(file, "", { mode: 0o600 });
  for (const path of [long, file]) assertEquals(ownershipFault(path), null);
  assertThrows(() => ownershipFault(join(long, "none")), Deno.errors.NotFound);
});

if (!WINDOWS) {
  // (Under Wine all files are the one user's, and links need a right that users rarely have.)
  behaviour("another user's file, and a link, do not pass", (folder) => {
    const file = join(folder, "file");
    const link = join(folder, "link");
    Deno.writeTextFileSync(file, "", { mode: 0o600 });
    Deno.symlinkSync(file, link);
    assertEquals(ownershipFault(link), "it is a link");
    const root = Deno.uid() === 0;
    if (root) Deno.chownSync(file, 4_711, null);
    assertEquals(ownershipFault(root ? file : "/"), `it belongs to user ${root ? 4_711 : 0}`);
  });
}

behaviour("a home that others may write is refused, by name and with a way out", async (folder) => {
  setWriters(folder, user, "everybody");
  const error = await assertRejects(() => openHome(folder), Error, folder);
  assertStringIncludes(error.message, "NEVERLIIE_HOME");
  assertMatch(error.message, WINDOWS ? /S-1-1-0/ : /others may write/);
  setWriters(folder, user, "owner");
  await Deno.remove((await openHome(folder)).runtime, { recursive: true });
});

if (!WINDOWS) {
  behaviour("what the mesh makes is closed to others", async (folder) => {
    const home = await openHome(join(folder, "home"));
    const registry = new Registry(home);
    await registry.set("app", { type: "binary", cmd: [Deno.execPath()], cwd: folder });
    const mode = (path: string) => (Deno.lstatSync(path).mode ?? 0) & 0o777;
    for (const path of [home.path, join(home.path, "logs"), home.runtime]) {
      assertEquals(mode(path), 0o700, path);
    }
    assertEquals(mode(join(home.runtime, "..")), 0o700);
    assertEquals(mode(registry.path), 0o600);
    await Deno.remove(home.runtime, { recursive: true });
  });

  behaviour("a folder of sockets that another user could have made is refused", (folder) => {
    const key = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
    const path = platform().runtimeDirectory(folder, key);
    const refused = (why: string) => {
      const error = assertThrows(() => platform().runtimeDirectory(folder, key), Error, path);
      assertStringIncludes(error.message, why);
      assertStringIncludes(error.message, "make it yours alone");
    };
    try {
      Deno.chmodSync(path, 0o755);
      refused("others may enter it");
      Deno.chmodSync(path, 0o700);
      if (Deno.uid() === 0) {
        Deno.chownSync(path, 4_711, null);
        refused("it belongs to user 4711");
      }
      Deno.removeSync(path);
      Deno.symlinkSync(folder, path);
      refused("it is not a directory");
    } finally {
      Deno.removeSync(path);
    }
  });
}

behaviour("a registry that others may write is not read and not written", async (folder) => {
  const home = await openHome(folder);
  const reports: string[] = [];
  const registry = new Registry(home, (problem) => reports.push(problem));
  const entry = { type: "binary", cmd: [Deno.execPath()], cwd: folder } as const;
  await registry.set("app", { ...entry, cmd: [...entry.cmd] });
  const text = await Deno.readTextFile(registry.path);
  setWriters(registry.path, user, "everybody");
  const uses = [
    () => registry.read(),
    () => registry.set("other", { ...entry, cmd: [...entry.cmd] }),
    () => registry.prune(),
  ];
  for (const use of uses) {
    const error = await assertRejects(use, RegistryRefusedError, registry.path);
    assertStringIncludes(error.message, "Nothing is started from it");
  }
  setWriters(registry.path, user, "owner");
  assertEquals(await Deno.readTextFile(registry.path), text);
  assert((await registry.read()).apps.has("app"));
  assertEquals(reports, []);
  if (!WINDOWS) await Deno.remove(home.runtime, { recursive: true });
});
