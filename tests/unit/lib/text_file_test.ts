/** Files of text that are not as they should be: each is told by name, and why. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { decodeText, readTextFile, UnreadableError } from "../../../lib/system/text_file.ts";
import { configSchema } from "../../../apps/launcher/config.ts";
import {
  describeProblem,
  installSchema,
  readConfig,
  watchConfig,
} from "../../../lib/config/config_file.ts";
import { withoutPrivilege } from "../../support/mesh/rights.ts";
import { scriptCommand } from "../../support/mesh/mesh.ts";

const UNIX = Deno.build.os !== "windows";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-text-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Text as Windows' programs write it. */
function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length + 2));
  for (const [i, unit] of ["\uFEFF", ...text.split("")].entries()) {
    bytes.setUint16(2 * i, unit.charCodeAt(0), littleEndian);
  }
  return new Uint8Array(bytes.buffer);
}

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("decodeText reads UTF-8 and UTF-16, and takes the byte order mark away", () => {
  const text = '{"title": "日本 ü 😀"}\r\n';
  const written = [utf8(text), utf8("\uFEFF" + text), utf16(text, true), utf16(text, false)];
  assertEquals(written.map((bytes) => decodeText(bytes)), [text, text, text, text]);
  assertEquals(decodeText(new Uint8Array()), "");
});

Deno.test("decodeText says what is no text, and where", () => {
  const why = (bytes: Uint8Array) => {
    try {
      return decodeText(bytes);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const latin1 = new Uint8Array([...utf8("one\ntwo\r\n"), 0xfc, 0x0a, 0xfc]);
  assertEquals(why(latin1), "it is not UTF-8 in line 3; save it as UTF-8");
  assertEquals(why(utf16("ab", true).subarray(0, 5)), "it is not UTF-16; save it as UTF-8");
  assertEquals(
    why(utf16("ab", true).subarray(2)),
    "it holds zero bytes, as UTF-16 without its mark does; save it as UTF-8",
  );
  assertEquals(decodeText(latin1, { lenient: true }), "one\ntwo\r\n\uFFFD\n\uFFFD");
});

Deno.test("readTextFile: none is null; a folder, a loop, a dead link, a pipe are told", async () => {
  await inFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    const reason = async (name: string) => {
      const error = await assertRejects(() => readTextFile(path(name)), UnreadableError);
      assertEquals(error.message, `Cannot read "${path(name)}": ${error.reason}`);
      return error.reason;
    };
    assertEquals(await readTextFile(path("none")), null);
    assertEquals(await readTextFile(path(join("none", "below"))), null);
    await Deno.mkdir(path("folder"));
    assertEquals(await reason("folder"), "it is a folder, not a file");
    await Deno.writeTextFile(path("file"), "text");
    if (!UNIX) return;
    await Deno.symlink("b", path("a"));
    await Deno.symlink("a", path("b"));
    await Deno.symlink("none", path("dead"));
    await Deno.symlink("file", path("link"));
    assertEquals(await new Deno.Command("mkfifo", { args: [path("pipe")] }).spawn().status, {
      success: true,
      code: 0,
      signal: null,
    });
    assertEquals(await reason("a"), "it is a link in a circle of links");
    assertEquals(await reason("dead"), "it is a link to something that is not there");
    assertEquals(await reason("pipe"), "it is a pipe or a device, not a file");
    assertEquals(await reason(join("file", "below")), "a part of its path is a file, not a folder");
    assertEquals(await readTextFile(path("link")), "text");
  });
});

Deno.test({
  name: "readTextFile says that somebody has no right",
  ignore: withoutPrivilege([]) === null,
  async fn() {
    await inFolder(async (folder) => {
      const path = join(folder, "secret");
      await Deno.writeTextFile(path, "text");
      await Deno.chmod(path, 0);
      const [program, ...args] = withoutPrivilege(
        scriptCommand("tests/support/unit/read_program.ts"),
      ) as [string, ...string[]];
      const { stdout, stderr } = await new Deno.Command(program, { args: [...args, path] })
        .output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
      assertEquals(
        [text(stdout), text(stderr)],
        [`Cannot read "${path}": you have no right to read it`, ""],
      );
    });
  },
});

Deno.test("a configuration with a byte order mark, or in UTF-16, is read", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "launcher.jsonc");
    const text = '{ // mine\n "hide": ["日本"] }';
    for (const bytes of [utf8("\uFEFF" + text), utf16(text, true), utf16(text, false)]) {
      await Deno.writeFile(path, bytes);
      const { value, problems } = await readConfig(path, configSchema);
      assertEquals([value.hide, problems], [["日本"], []]);
    }
  });
});

Deno.test("installSchema says what it could not write, and throws nothing", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "schemas", "launcher.schema.json");
    await Deno.mkdir(path, { recursive: true });
    const why = await installSchema(folder, "launcher", {});
    assertEquals(why?.startsWith(`Cannot write "${path}": `), true, why ?? "it was written");
    await Deno.remove(path);
    assertEquals(await installSchema(folder, "launcher", {}), null);
    assertEquals(await Deno.readTextFile(path), "{}\n");
  });
});

Deno.test("watchConfig tells that a file can no longer be read, and goes on", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "launcher.jsonc");
    const end = new AbortController();
    const configs = watchConfig(path, configSchema, end.signal);
    const next = async () => {
      const { value, problems } = (await configs.next()).value!;
      return [value.hide, problems.map((problem) => describeProblem("launcher.jsonc", problem))];
    };
    // In one step: a file that is half written is told, too.
    const save = async (bytes: Uint8Array) => {
      await Deno.writeFile(`${path}.new`, bytes);
      await Deno.rename(`${path}.new`, path);
    };
    assertEquals(await next(), [[], []]);
    await Deno.mkdir(path);
    const told = "launcher.jsonc: cannot be read: it is a folder, not a file";
    assertEquals(await next(), [[], [told]]);
    await Deno.remove(path);
    await save(utf8('{"hide": ["a"]}'));
    const [hide, problems] = await next();
    // (It may be looked at while it is gone.)
    assertEquals(hide!.length > 0 ? [hide, problems] : await next(), [["a"], []]);
    await save(new Uint8Array([0x22, 0xfc, 0x22]));
    const notText = "launcher.jsonc: cannot be read: it is not UTF-8 in line 1; save it as UTF-8";
    assertEquals(await next(), [[], [notText]]);
    end.abort();
    assertEquals((await configs.next()).done, true);
  });
});
