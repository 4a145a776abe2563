import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { lockHoldersIn, lockUsers, parseLsof } from "../../../lib/system/lock_holders.ts";
import { program } from "../../support/unit/command.ts";

/** Locks two files and removes the second, opens a third; says so, and waits for the end of its input. */
const HOLDER = `
  const open = (path) => Deno.openSync(path, { create: true, read: true, write: true });
  const [a, b, c] = Deno.args.map(open);
  a.lockSync(true);
  b.lockSync(true);
  c.lockSync(false);
  Deno.removeSync(Deno.args[1]);
  console.log("locked");
  for await (const _ of Deno.stdin.readable);
`;

async function withHolder(
  body: (folder: string, paths: string[], pid: number) => Promise<void>,
): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "neverliie unit ü " }));
  const paths = ["a.lock", "b.lock", "c.lock"].map((name) => join(folder, name));
  const [deno, ...args] = program(HOLDER, ...paths);
  const child = new Deno.Command(deno!, { args, stdin: "piped", stdout: "piped" }).spawn();
  const output = child.stdout[Symbol.asyncIterator]();
  try {
    await output.next();
    await body(folder, paths, child.pid);
  } finally {
    await child.stdin.close();
    await child.status;
    await output.return?.();
    Deno.removeSync(folder, { recursive: true });
  }
}

if (Deno.build.os === "linux") {
  Deno.test("lockHoldersIn tells who holds locks, on files that were removed as well", async () => {
    await withHolder(async (folder, paths, pid) => {
      const holders = await lockHoldersIn(folder);
      const found = holders!.toSorted((x, y) => x.path < y.path ? -1 : 1);
      // Who shares a lock only asks for it.
      assertEquals(found, [{ pid, path: paths[0]! }, { pid, path: paths[1]! }]);
      assertEquals(await lockHoldersIn(join(folder, "other")), []);
    });
  });

  Deno.test("parseLsof reads what lsof prints of a process", async () => {
    await withHolder(async (folder, paths, pid) => {
      const command = new Deno.Command("lsof", {
        args: ["-w", "-n", "-P", "-F", "pn", "-p", String(pid)],
        stderr: "null",
      });
      let output: string;
      try {
        output = new TextDecoder().decode((await command.output()).stdout);
      } catch (error) {
        // Every macOS has it; a Linux without it is asked by /proc alone.
        if (error instanceof Deno.errors.NotFound) return;
        throw error;
      }
      // (lsof writes letters beyond ASCII in its own way.)
      const names = parseLsof(output.replaceAll("\\xc3\\xbc", "ü"), `${folder}/`);
      assertEquals(names.map(({ path }) => path), [paths[0]!, paths[2]!]);
      assertEquals(names.map((holder) => holder.pid), [pid, pid]);
    });
  });
}

Deno.test("parseLsof takes the locks below a folder, whoever has them", () => {
  const output = [
    "p12",
    "n/",
    "n/tmp/x/a.lock",
    "n/tmp/x/a.sock",
    "p7",
    "n/tmp/x/a.lock",
    "n/tmp/y/a.lock",
    "",
  ];
  assertEquals(parseLsof(output.join("\n"), "/tmp/x/"), [
    { pid: 12, path: "/tmp/x/a.lock" },
    { pid: 7, path: "/tmp/x/a.lock" },
  ]);
});

if (Deno.build.os !== "windows") {
  Deno.test("lockUsers leaves it to lockHoldersIn where that tells", () => {
    assertEquals(lockUsers("/tmp/x/a.lock"), []);
  });
}
