/** Programs that tests take from npm, the lab's and foreign ones, are those whose hashes are noted. */
import { assert, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { INTEGRITY, VERSIONS } from "../../lab/lab.ts";
import { fetchArchive, VSCODE_JSONRPC, WINDOWS_NODE } from "../../lab/npm_package.ts";

Deno.test("archives: each program that comes from npm has a hash noted", () => {
  const hashes = [...Object.values(INTEGRITY), VSCODE_JSONRPC.integrity, WINDOWS_NODE.integrity];
  for (const hash of hashes) assertMatch(hash, /^sha512-[A-Za-z0-9+/]{86}==$/);
  for (const [name, specifier] of Object.entries(VERSIONS)) {
    assert(!specifier.includes("@") || name in INTEGRITY, name);
  }
});

Deno.test("archives: one with another hash is refused", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-archive-" });
  try {
    // npm packs a folder of this machine as it fetches a package.
    const source = join(folder, "source");
    await Deno.mkdir(source);
    await Deno.writeTextFile(join(source, "package.json"), `{"name":"small","version":"1.0.0"}`);
    const fetched = join(folder, "fetched");
    await Deno.mkdir(fetched);
    const error = await assertRejects(() => fetchArchive(source, "sha512-other", fetched), Error);
    const [, hash] = /its hash is (sha512-\S+), not sha512-other$/.exec(error.message) ?? [];
    assert(hash !== undefined, error.message);
    const path = await fetchArchive(source, hash, fetched);
    assert((await Deno.stat(path)).size > 100);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
