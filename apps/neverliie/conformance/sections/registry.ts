/** The file that tells how apps are started, where a host writes in it. */
import { type Check, ownSection } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject, type Body } from "../frame.ts";
import type { Trial } from "../trial.ts";

async function read(t: Trial): Promise<Body> {
  const text = await Deno.readTextFile(t.host.home.registryFile);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    expect(false, "JSON in registry.json", text);
  }
  return asObject(value) ?? {};
}

export const registry: Check[] = ownSection("registry", [
  [
    "kept",
    [
      "It is JSON in UTF-8, in which people may write comments; what a program does not know in it, it leaves as it is.",
      "A member `$schema` beside the apps, a string, names the file's JSON Schema for editors, and is no app.",
    ],
    async (t, own) => {
      await own.kill();
      await own.enter();
      const others = {
        $schema: "./schemas/registry.schema.json",
        stranger: { type: "binary", cmd: ["/opt/grüße"], cwd: "/", invented: [1] },
      };
      const before = await read(t);
      const entry = { ...asObject(before[t.host.app]), "x-own": "a person's" };
      const text = JSON.stringify({ ...before, ...others, [t.host.app]: entry }, null, 2);
      await Deno.writeTextFile(t.host.home.registryFile, text);
      await own.up();
      await (await t.peer()).result("$/ping");
      const after = await read(t);
      same(after["$schema"], others.$schema, "$schema");
      same(after["stranger"], others.stranger, "the entry of another app");
      same(asObject(after[t.host.app])?.["x-own"], "a person's", "a member of its own entry");
    },
  ],
  [
    "replaced",
    "writes a new file beside it, and renames that into its place.",
    async (t, own) => {
      if (Deno.build.os === "windows") {
        skip("a file has no number by which it is told from another");
      }
      await own.kill();
      await own.enter();
      const { registryFile } = t.host.home;
      const look = async () =>
        [await Deno.readTextFile(registryFile), (await Deno.stat(registryFile)).ino] as const;
      // (While somebody has it open, no other file gets its number.)
      using _open = await Deno.open(registryFile);
      const [text, file] = await look();
      await own.up();
      await (await t.peer()).result("$/ping");
      const [later, other] = await look();
      if (later === text) skip("it writes nothing into the registry, as it may");
      expect(other !== file, "another file of that name, as its text is another", "the same file");
    },
  ],
  [
    "entry",
    [
      "the program, by its absolute path, and its arguments; no shell sees them",
      "`binary` for everything else",
    ],
    async (t) => {
      const entry = asObject((await read(t))[t.host.app]);
      expect(entry !== null, "an entry, as one was there", entry);
      const { type, cmd, cwd } = entry;
      expect(type === "script" || type === "binary", '"script" or "binary" as its type', entry);
      const program = Array.isArray(cmd) ? String(cmd[0]) : "";
      expect(/^([/\\]|[A-Za-z]:)/.test(program), "an absolute path as its program", entry);
      expect(typeof cwd === "string", "a folder as its cwd", entry);
    },
  ],
]);
