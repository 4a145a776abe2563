import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { startOf } from "../../../apps/own_name.ts";
import { PROGRAMS, SUITE } from "../../../apps/programs.ts";
import { linkFile } from "../../../apps/program_file.ts";

for (
  const [file, args, name, given] of [
    ["statusbar", ["--host"], "statusbar", ["--host"]],
    // Windows tells a path as it was typed.
    ["STATUSBAR.EXE", [], "statusbar", []],
    ["neverliie", ["list"], "neverliie", ["list"]],
    ["nl (1).exe", ["list"], "neverliie", ["list"]],
    ["constructor", [], "neverliie", []],
    ["neverliie", ["--as", "scanner", ".", "--as"], "scanner", [".", "--as"]],
    ["terminal", ["--as", "launcher"], "launcher", []],
    // It is an argument of the program's own behind others.
    ["terminal", ["run", "--as", "scanner"], "terminal", ["run", "--as", "scanner"]],
  ] as const
) {
  Deno.test(`startOf: ${[file, ...args].join(" ")} is ${name}`, () => {
    assertEquals(startOf(join("folder", file), args), { name, args: [...given] });
  });
}

for (const args of [["--as"], ["--as", "amiga"], ["--as", "toString"]]) {
  Deno.test(`startOf: ${args.join(" ")} is no program`, () => {
    assertThrows(() => startOf("neverliie", args), TypeError, "give launcher, terminal");
  });
}

Deno.test("one executable for all takes that none may do more by it than by itself", () => {
  for (const { permissions, workers, terminal } of Object.values(PROGRAMS)) {
    assertEquals([permissions, terminal], [SUITE.permissions, SUITE.terminal]);
    // They are bundled: a module that is to have its own URL would make all of it modules.
    assertEquals(workers, []);
  }
});

Deno.test("linkFile: one file by two names, in the place of what had the name", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-" });
  try {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    await Deno.writeTextFile(from, "one");
    await Deno.writeTextFile(to, "another");
    await linkFile(from, to);
    await Deno.writeTextFile(from, "one, changed");
    assertEquals(await Deno.readTextFile(to), "one, changed");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const MEMORY = "/dev/shm";

Deno.test({
  name: "linkFile: a copy that can be run, where there can be no link",
  // Between two file systems there are no links; elsewhere no test knows of a second one.
  ignore: Deno.build.os !== "linux" || deviceOf(MEMORY) === deviceOf(tempFolder()),
  async fn() {
    const from = await Deno.makeTempFile({ prefix: "neverliie-" });
    const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "neverliie-" });
    try {
      await Deno.writeTextFile(from, "#!/bin/sh\necho copied\n");
      const to = join(folder, "to");
      await linkFile(from, to);
      const { stdout } = await new Deno.Command(to).output();
      assertEquals(new TextDecoder().decode(stdout), "copied\n");
    } finally {
      await Deno.remove(from);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

function tempFolder(): string {
  return Deno.env.get("TMPDIR") ?? "/tmp";
}

function deviceOf(path: string): number | null {
  try {
    return Deno.statSync(path).dev;
  } catch {
    return null;
  }
}
