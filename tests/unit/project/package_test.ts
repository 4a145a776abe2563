/**
 * lib/ipc as a package: what JSR would check before it publishes, and every example of its
 * documentation and of the page on testing, run on a mesh of its own.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import config from "../../../deno.json" with { type: "json" };
import jsr from "../../../lib/ipc/jsr.json" with { type: "json" };
import { openHome } from "../../../lib/ipc/registry/home.ts";
import { ownModuleFlags } from "../../../lib/packages/module_flags.ts";
import { copyFolder } from "../../support/run/copy_folder.ts";

const checkout = fromFileUrl(new URL("../../..", import.meta.url));
const importFlags = ownModuleFlags();

/** Runs a subcommand of Deno to its end. */
async function deno(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ success: boolean; said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: options.cwd ?? checkout,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { success, said: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("package: its version and its imports are those of the project", () => {
  const imports: Record<string, string> = config.imports;
  assertEquals(jsr.version, config.version);
  for (const [name, target] of Object.entries(jsr.imports)) assertEquals(target, imports[name]);
  assert(Object.keys(jsr.imports).every((name) => name.startsWith("@std/")));
});

Deno.test("package: publishing has no fault but the licence that is the owner's to choose", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-package-" });
  try {
    copyFolder(join(checkout, "lib", "ipc"), folder);
    copyFolder(join(checkout, "lib", "std"), join(folder, "std"));
    // The stand-ins, so that this runs where JSR is out of reach.
    const imports = Object.fromEntries(
      Object.keys(jsr.imports).map((name) => [name, `./std/${name.slice("@std/".length)}.ts`]),
    );
    const exclude = ["std/import_flags.ts"];
    const manifest = { ...jsr, imports, publish: { exclude } };
    await Deno.writeTextFile(join(folder, "jsr.json"), JSON.stringify(manifest));
    await Deno.writeTextFile(join(folder, "LICENSE"), "Not chosen yet.\n");
    const { success, said } = await deno(["publish", "--dry-run", "--allow-dirty"], {
      cwd: folder,
    });
    assert(success, said);
    assert(!/^(error|warning)/m.test(said), said);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("package: every export is documented", async () => {
  const { success, said } = await deno([
    "doc",
    "--lint",
    ...importFlags,
    "lib/ipc/mod.ts",
    "lib/ipc/testing/mod.ts",
  ]);
  assert(success, said);
});

Deno.test("package: every example runs", async () => {
  const home = await Deno.makeTempDir({ prefix: "neverliie-examples-" });
  const { runtime } = await openHome(home);
  try {
    const { success, said } = await deno(
      ["test", "--doc", "-A", ...importFlags, "lib/ipc", "docs/testing.md"],
      { env: { NEVERLIIE_HOME: home } },
    );
    assert(success, said);
    const passed = Number(/(\d+) passed/.exec(said)?.[1]);
    assert(passed >= 10, said);
  } finally {
    await Deno.remove(runtime, { recursive: true });
    await Deno.remove(home, { recursive: true });
  }
});
