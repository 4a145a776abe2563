/**
 * `$/describe` tells which permissions an app needs; here apps run with exactly these. Scripts
 * only: an executable's permissions are compiled into it.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import type { AppDescription } from "../../lib/ipc/mod.ts";
import { meshTest, MODE, scriptCommand, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";

/** The command of an app with these permissions alone. */
const narrow = (flags: readonly string[]) =>
  scriptCommand("tests/support/programs/narrow_program.ts", ["--no-prompt", ...flags]);

/** What an app that may do everything says that it needs. */
async function told(mesh: TestMesh, ...args: string[]): Promise<string[]> {
  const { pid } = await mesh.serve([...narrow(["-A"]), ...args]);
  const { permissions } = await mesh.ipc.call<AppDescription>("narrow", "$/describe");
  await mesh.stop("narrow", pid);
  return permissions;
}

if (MODE === "script") {
  meshTest("permissions: an app serves and is woken with what $/describe tells", async (mesh) => {
    const flags = await told(mesh);
    const { pid } = await mesh.serve(narrow(flags));
    const greeting = () => mesh.ipc.call("narrow", "greet", { name: "Ada" });
    assertEquals(await greeting(), "Hello, Ada!");
    await mesh.stop("narrow", pid);
    // The registry has these flags now, and no others.
    assertEquals(await greeting(), "Hello, Ada!");
    const { launch } = await mesh.ipc.call<AppDescription>("narrow", "$/describe");
    assertEquals(launch!.cmd.filter((arg) => arg.startsWith("--allow")), flags);
  });

  meshTest(
    "permissions: a caller wakes an app with what docs/permissions.md tells",
    async (mesh) => {
      await mesh.register();
      const { path, runtime } = mesh.ipc.home;
      const { apps } = await mesh.ipc.registry.read();
      const { cmd, cwd } = apps.get("fixture")!;
      const files = [path, dirname(runtime), cwd, cmd[0]!, cmd.at(-1)!].join(",");
      const flags = WINDOWS ? ["--allow-ffi"] : [
        "--allow-sys=uid",
        `--allow-net=unix:${mesh.ipc.home.address("fixture")}`,
        `--allow-run=${cmd[0]}`,
      ];
      const caller = [`--allow-read=${files}`, `--allow-write=${path},${dirname(runtime)}`];
      const { code, stdout, stderr } = await mesh.run([
        ...narrow([...caller, "--allow-env", ...flags]),
        "call",
      ]);
      assertEquals([code, stdout], [0, "5\n"], stderr);
    },
  );

  meshTest("permissions: none that $/describe tells is one too many", async (mesh) => {
    const flags = await told(mesh, "--not-wakeable");
    const { pid } = await mesh.serve([...narrow(flags), "--not-wakeable"]);
    await mesh.stop("narrow", pid);
    const without = await Promise.all(flags.map(async (flag) => {
      const fewer = flags.filter((other) => other !== flag);
      const { code, stderr } = await mesh.run([...narrow(fewer), "--not-wakeable"]);
      return { flag, code, why: stderr };
    }));
    for (const { flag, code, why } of without) {
      assertEquals(code, 1, `without ${flag}: ${why}`);
      const [, kind] = /^--allow-(\w+)/.exec(flag)!;
      assert(why.includes(`--allow-${kind}`), `without ${flag}: ${why}`);
    }
  });
}
