/** How programs in Python enter themselves in the registry: scripts, modules, frozen executables. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { meshTest } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

const about = (mesh: { ipc: { call<T>(app: string, method: string): Promise<T> } }) =>
  mesh.ipc.call<{ pid: number; argv: string[] }>("pyfixture", "about");

meshTest(
  "an app in Python registers its interpreter, with its flags, and the script",
  async (mesh) => {
    const programs = new PythonPrograms(mesh, "examples/python");
    const child = mesh.spawn(["python3", "-B", "-X", "utf8", "provider.py"], {
      cwd: programs.folder,
    });
    const pid = await mesh.answering("provider");
    assertEquals(pid, child.pid);
    const { apps } = await mesh.ipc.registry.read();
    const { cmd, cwd, type, source } = apps.get("provider")!;
    assertEquals(cmd.slice(1), ["-B", "-X", "utf8", join(cwd, "provider.py")]);
    assertEquals([type, source], ["binary", "self"]);
    await mesh.stop("provider", pid);
    assertEquals(await mesh.ipc.call("provider", "shout", ["again"]), "AGAIN");
  },
);

meshTest(
  "a module, a frozen program and a comment in the registry are registered rightly",
  async (mesh) => {
    const programs = new PythonPrograms(mesh);
    const { registryFile } = mesh.ipc.home;
    // What a person wrote stays, and a copy of the file with its comments.
    Deno.writeTextFileSync(
      registryFile,
      '{\n  // mine\n  "pyfixture": {"type": "binary", "cmd": ["/gone"], "cwd": "/", "args": ["pyfixture"],\n' +
        '    "own": 1e400,},\n}\n',
    );
    const module = mesh.spawn(["python3", "-B", "-m", "fixture"], { cwd: programs.folder });
    assertEquals(await mesh.answering("pyfixture"), module.pid);
    const cwd = await Deno.realPath(programs.folder);
    const { apps } = await mesh.ipc.registry.read();
    const entry = apps.get("pyfixture")!;
    assertEquals([entry.cmd.slice(1), entry.cwd, entry.args], [["-B", "-m", "fixture"], cwd, [
      "pyfixture",
    ]]);
    assert(Deno.readTextFileSync(registryFile).includes('"own": 1e400'));
    assert(Deno.readTextFileSync(`${registryFile}.bak`).includes("// mine"));
    await mesh.stop("pyfixture", module.pid);
    assertEquals((await about(mesh)).argv.slice(1), ["pyfixture"]);
    await mesh.stop("pyfixture", (await about(mesh)).pid);
    // What PyInstaller and its like set: an executable that is its own interpreter.
    const frozen = join(programs.folder, "frozen program");
    const python = (await programs.runText("import sys; print(sys.executable)")).stdout.trim();
    Deno.writeTextFileSync(
      frozen,
      `#!${python}\nimport sys\nsys.frozen, sys.executable = True, __file__\n` +
        `sys.path.insert(0, ${JSON.stringify(programs.folder)})\n` +
        `exec(open(${JSON.stringify(join(programs.folder, "fixture.py"))}).read())\n`,
      { mode: 0o755 },
    );
    const started = mesh.spawn([frozen, "frozen"], { cwd: mesh.home });
    assertEquals(await mesh.answering("frozen"), started.pid);
    assertEquals((await mesh.ipc.registry.read()).apps.get("frozen")!.cmd, [frozen]);
    await mesh.stop("frozen", started.pid);
  },
);
