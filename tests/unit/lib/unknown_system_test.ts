/** A system that nothing was written for is refused by name, not taken for one that is known. */
import { assertEquals, assertThrows } from "@std/assert";
import { defaultRoot } from "../../../apps/neverliie/install/places.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { openPty } from "../../../lib/pty/open.ts";
import { cLibrary } from "../../../lib/system/c_library.ts";
import { sessionMembers } from "../../../lib/system/libc.ts";

const terminal = {
  program: Deno.execPath(),
  args: ["--version"],
  cwd: Deno.cwd(),
  env: {},
  columns: 80,
  rows: 24,
};
const CHOICES: Readonly<Record<string, (system: string) => unknown>> = {
  "Cannot run on": platform,
  "Cannot open a terminal on": (system) => openPty(terminal, system),
  "Cannot call the C library of": cLibrary,
  "Cannot list a session's processes on": (system) => sessionMembers(Deno.pid, system),
  "Cannot install on": defaultRoot,
};

for (const [words, choose] of Object.entries(CHOICES)) {
  Deno.test(`another system: "${words}" it`, () => {
    for (const system of ["freebsd", "android", ""]) {
      const error = assertThrows(() => choose(system), Deno.errors.NotSupported);
      assertEquals(error.message.split(": ")[0], `${words} "${system}"`);
      assertEquals(/linux and darwin/.test(error.message), true, error.message);
    }
  });
}

Deno.test("another system: the three that are known have a part each", () => {
  const parts = ["windows", "linux", "darwin"].map((system) => platform(system));
  assertEquals(new Set(parts).size, 3);
  assertEquals(new Set(parts.map(({ commandLine }) => commandLine)).size, 3);
  assertEquals(platform(), platform(Deno.build.os));
});
