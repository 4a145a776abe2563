/** What the launcher reads, where it cannot be read: told by name, and the rest goes on. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Launcher } from "../../apps/launcher/contract.ts";
import { find, programsFolder, serveLauncher, titles } from "../support/mesh/launcher.ts";
import { meshTest, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { holdFile, withoutPrivilege } from "../support/mesh/rights.ts";

/** Whether the system refuses to let the launcher read what it has no right to. */
const REFUSED = withoutPrivilege([]) !== null;

/** A launcher that its system can refuse a file, and what it told in the end. */
async function told(
  mesh: TestMesh,
  body: (launch: ReturnType<typeof connected>) => Promise<void>,
): Promise<string[]> {
  const { pid, ended } = await serveLauncher(mesh, {
    command: (usual) => withoutPrivilege(usual) ?? usual,
  });
  await body(connected(mesh));
  await mesh.stop("launcher", pid);
  return (await ended).stderr.split(/\r?\n/).filter((line) => line !== "");
}

const connected = (mesh: TestMesh) => mesh.ipc.connect<Launcher>("launcher");

/** One way in which a file cannot be read, and the reason that is told. */
interface Fault {
  reason: string;
  /** Puts it in the file's place, which is empty; what it returns is undone before the next. */
  make(path: string): Promise<Disposable | void>;
}

const FAULTS: Fault[] = [
  { reason: "it is a folder, not a file", make: (path) => Deno.mkdir(path) },
  ...(WINDOWS
    ? [{
      reason: "another program has it open and lets nobody read it",
      async make(path: string) {
        await Deno.writeTextFile(path, "{}");
        return holdFile(path);
      },
    }]
    : [
      {
        reason: "it is a link in a circle of links",
        make: (path: string) => Deno.symlink(path, path),
      },
      {
        reason: "it is a link to something that is not there",
        make: (path: string) => Deno.symlink("nowhere", path),
      },
    ]),
  ...(REFUSED
    ? [{
      reason: "you have no right to read it",
      async make(path: string) {
        await Deno.writeTextFile(path, "{}");
        await Deno.chmod(path, 0);
      },
    }]
    : []),
];

meshTest(
  "launcher: a configuration that cannot be read is told, and all stays as it was",
  async (mesh) => {
    const config = join(mesh.home, "launcher.jsonc");
    const write = async () =>
      await Deno.writeTextFile(
        config,
        '{ "hide": ["paint*"], "commands": [{ "title": "Greet", "command": "echo hi" }] }',
      );
    await write();
    const lines = await told(mesh, async (launch) => {
      const stays = async () => {
        const all = await titles(launch);
        assert(all.includes("Greet") && !all.includes("Paint ü"), all.join(", "));
      };
      await stays();
      for (const { make } of FAULTS) {
        await Deno.remove(config);
        using _undone = await make(config) ?? null;
        await stays();
        await stays();
      }
      await Deno.remove(config);
      assert((await titles(launch)).includes("Paint ü"));
    });
    assertEquals(
      lines,
      FAULTS.map(({ reason }) => `launcher.jsonc: cannot be read: ${reason}`),
    );
  },
);

meshTest(
  "launcher: what was used is not forgotten by a file that cannot be read, nor overwritten",
  async (mesh) => {
    const file = join(mesh.home, "launcher.json");
    const lines = await told(mesh, async (launch) => {
      const use = () => Array.fromAsync(launch.launch({ id: "app:statusbar" }));
      await launch.search({ query: "" });
      await use();
      for (const { make, reason } of FAULTS) {
        await Deno.rename(file, `${file}.kept`);
        {
          using _undone = await make(file) ?? null;
          const events = await use();
          assertEquals(events.at(-1), { type: "result", value: "statusbar runs" }, reason);
          assertEquals((await launch.search({ query: "", limit: 1 }))[0]!.id, "app:statusbar");
        }
        // What was in its place is there still.
        await Deno.remove(file);
        await Deno.rename(`${file}.kept`, file);
        await launch.search({ query: "" });
      }
      await use();
      const { uses } = JSON.parse(await Deno.readTextFile(file));
      assertEquals(Object.keys(uses), ["app:statusbar"]);
    });
    assertEquals(lines, FAULTS.map(({ reason }) => `Cannot read "${file}": ${reason}`));
  },
);

meshTest("launcher: files of Windows' programs are read: a mark, or UTF-16", async (mesh) => {
  const config = join(mesh.home, "launcher.jsonc");
  const bytes = (text: string) => new TextEncoder().encode(text);
  const wide = (text: string) =>
    new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer);
  const of = (title: string) => `{"commands": [{"title": "${title}", "command": "echo ü"}]}\r\n`;
  const lines = await told(mesh, async (launch) => {
    await Deno.writeFile(config, bytes(`\uFEFF${of("Marked ü")}`));
    await find(launch, "marked", "Marked ü");
    await Deno.writeFile(config, wide(of("Wide ü")));
    await find(launch, "wide", "Wide ü");
    await Deno.writeFile(config, wide(of("Nobody")).slice(2));
    await find(launch, "wide", "Wide ü");
    await Deno.writeFile(config, new Uint8Array([0x7b, 0x0a, 0xfc, 0x7d]));
    await find(launch, "wide", "Wide ü");
  });
  assertEquals(lines, [
    "launcher.jsonc: cannot be read: it holds zero bytes, as UTF-16 without its mark does; " +
    "save it as UTF-8",
    "launcher.jsonc: cannot be read: it is not UTF-8 in line 2; save it as UTF-8",
  ]);
});

meshTest(
  "launcher: places of programs that cannot be read hide no other programs",
  async (mesh) => {
    const folder = programsFolder(mesh);
    await Deno.mkdir(folder, { recursive: true });
    const bad: [name: string, reason: string][] = [];
    const put = async (name: string, reason: string, make: (path: string) => Promise<unknown>) => {
      await make(join(folder, name));
      bad.push([name, reason]);
    };
    // On Windows nothing of a shortcut is read but its name.
    if (!WINDOWS) {
      await put(
        "circle.desktop",
        "it is a link in a circle of links",
        (path) => Deno.symlink(path, path),
      );
      await put(
        "dead.desktop",
        "it is a link to something that is not there",
        (path) => Deno.symlink("none", path),
      );
    }
    if (REFUSED) {
      await put(
        "secret.desktop",
        "you have no right to read it",
        (path) => Deno.writeTextFile(path, "", { mode: 0 }),
      );
      await put("vendor", "you have no right to read it", (path) => Deno.mkdir(path, { mode: 0 }));
    }
    // A way in a circle, for whoever follows it.
    // (A junction needs no right. Wine makes none, and links to folders instead.)
    const again = join(folder, "again");
    await Deno.symlink(folder, again, { type: "junction" })
      .catch(() => Deno.symlink(folder, again, { type: "dir" }));
    const lines = await told(mesh, async (launch) => {
      const all = await titles(launch);
      assertEquals(
        all.filter((title) => title === "Paint ü").length,
        1,
      );
      assert(all.includes("statusbar"));
    });
    assertEquals(
      lines.sort(),
      bad.map(([name, reason]) => `Cannot read "${join(folder, name)}": ${reason}`).sort(),
    );
  },
);

meshTest(
  "launcher: a registry that cannot be used is told, and programs are found",
  async (mesh) => {
    await mesh.seed();
    const lines = await told(mesh, async (launch) => {
      await find(launch, "statusbar", "statusbar");
      const { path } = mesh.ipc.registry;
      await Deno.rename(path, `${path}.kept`);
      await Deno.mkdir(path);
      await find(launch, "pnt ü", "Paint ü");
      // What the mesh was, as far as it is known.
      await find(launch, "statusbar", "statusbar");
      await Deno.remove(path);
      await Deno.rename(`${path}.kept`, path);
    });
    assertEquals(lines.length, 1, lines.join("\n"));
    assertStringIncludes(lines[0]!, mesh.ipc.registry.path);
  },
);
