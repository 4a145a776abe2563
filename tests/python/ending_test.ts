/** How programs in Python end, and what becomes of what they were asked. */

import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionLostError } from "../../lib/ipc/mod.ts";
import { gone, meshTest } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

const REASONS: Readonly<Record<string, string>> = {
  "$/shutdown": "it was asked to shut down",
  SIGTERM: "it got SIGTERM",
  SIGHUP: "it got SIGHUP",
};

for (const how of ["loop", "wait"]) {
  meshTest(`a program in Python with a ${how} ends in order when it is asked to`, async (mesh) => {
    const programs = new PythonPrograms(mesh);
    for (const [end, why] of Object.entries(REASONS)) {
      const { child, ended } = await mesh.serve(programs.command("ending.py", how));
      await mesh.answering("pyending");
      const waiting = assertRejects(
        () => mesh.ipc.call("pyending", "wait", {}, { timeout: 50_000 }),
        ConnectionLostError,
        `"pyending" left the mesh: ${why}`,
      );
      // Behind the call on the same connection: that has begun.
      await mesh.ipc.call("pyending", "$/ping");
      if (end === "$/shutdown") await mesh.ipc.call("pyending", end);
      else child.kill(end as Deno.Signal);
      await waiting;
      assertEquals(await ended, {
        code: 0,
        stdout: `ready\nleft: ${why}\nthe end, True\n`,
        stderr: "",
      });
      await gone(child.pid);
    }
  });
}

meshTest("a program in Python leaves by its own end, and its name is free", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  const child = mesh.spawn(programs.command("ending.py", "close"), { stdin: "piped" });
  assertEquals(await mesh.answering("pyending"), child.pid);
  const second = await programs.run("ending.py", "wait");
  assertEquals(
    second.stdout,
    `"pyending" is already running (process ${child.pid}); ` +
      "it was given 1 argument\n",
  );
  await child.stdin.close();
  assertEquals((await child.status).code, 0);
  await assertRejects(() => Deno.lstat(mesh.ipc.home.address("pyending")), Deno.errors.NotFound);
  const { child: next } = await mesh.serve(programs.command("ending.py", "wait"));
  assertEquals(await mesh.answering("pyending"), next.pid);
});
