/** What docs/security.md says that programs in Python keep to. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { printable } from "../../lib/ipc/mod.ts";
import { meshTest } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

meshTest("what Python makes is closed to others", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  await mesh.ipc.call("pyfixture", "about");
  const { home } = mesh.ipc;
  const socket = home.address("pyfixture");
  const modes = (...paths: string[]) =>
    paths.map((path) => (Deno.lstatSync(path).mode! & 0o777).toString(8));
  assertEquals(modes(dirname(dirname(socket)), dirname(socket)), ["700", "700"]);
  const files = [socket, home.runtimeFile("pyfixture", "lock"), home.registryFile];
  assertEquals(modes(...files), ["600", "600", "600"]);
});

meshTest("Python hangs up on another user's process, and does not call one", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  // The folder keeps others out. Where it does not, the system tells whose process it is.
  const { stdout, stderr } = await programs.runText(`
import os, socket, sys, tempfile, threading, time
import neverliie_ipc as mesh

folder = tempfile.mkdtemp(dir="/tmp")
os.chmod(folder, 0o755)
path = folder + "/x.sock"
listener = mesh._Listener(path, "")
os.chmod(path, 0o777)
accepted = []
thread = threading.Thread(target=lambda: accepted.append(listener.accept()))
thread.start()

def other(work):
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def call():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.settimeout(10)
    return 0 if connection.recv(1) == b"" else 1

def dial():
    try:
        return 0 if mesh._dial(path, time.monotonic() + 5) is None else 1
    except PermissionError as error:
        return 2 if "another user listens there" in str(error) else 3

if os.getuid() == 0:
    print(other(call), other(dial))
else:
    print(0, 2)
own = mesh._dial(path, time.monotonic() + 5)
thread.join()
print(type(own).__name__, len(accepted))
listener.close(True)
listener.release()
os.rmdir(folder)
`);
  assertEquals([stdout, stderr], ["0 2\n_SocketTransport 1\n", ""]);
});

meshTest("Python starts nothing from a registry that others may write", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await mesh.register();
  await Deno.chmod(mesh.ipc.home.registryFile, 0o666);
  const text = `
from neverliie_ipc import *
try:
    NeverLiieIPC.client().request("fixture", "pid")
except MeshError as error:
    print(error)
`;
  const { stdout } = await programs.runText(text);
  assertStringIncludes(stdout, "others may write it (chmod go-w mends that). Nothing is started");
  await Deno.chmod(mesh.ipc.home.registryFile, 0o600);
  await Deno.chmod(mesh.home, 0o777);
  const refused = await programs.runText(text);
  assertStringIncludes(refused.stderr, "as the home of the mesh: others may write it");
  await Deno.chmod(mesh.home, 0o700);
});

meshTest("texts of others do not steer the terminal of a program in Python", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  const hostile = [
    "plain Grüße ☃ 𝄞",
    "a\x1b[2Jb\x1b]0;title\x07c\x1bPx\x1b\\d",
    "\x9b31mred\x90q\x9cend\x1b(B",
    "line\nbreak\ttab\r\x00\x7f\x85",
    "over\u202eride\u2066isolated\u2069",
  ];
  for (const text of hostile) {
    assertEquals(await mesh.ipc.call("pyfixture", "shown", { text }), printable(text));
  }
  // What goes wrong at a peer is told on its own lines.
  const { stderr } = await programs.runText(
    `
import sys
from neverliie_ipc import _report
_report(sys.argv[1])
`,
    "\x1b[2Jfirst\nsecond\x07",
  );
  assertEquals(stderr, "first\nsecond \n");
  assert(!stderr.includes("\x1b"));
});
