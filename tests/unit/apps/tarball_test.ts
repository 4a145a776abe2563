/** Packages that `neverliie new` unpacks: their files are read, and lead nowhere else. */
import { assertEquals, assertRejects } from "@std/assert";
import { readTarball } from "../../../apps/neverliie/new/tarball.ts";
import { packTar, type TarEntry } from "modern-tar";

/** Packs files, and does `work` with the path of the archive. */
async function withTarball(entries: TarEntry[], work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".tgz" });
  try {
    const tar = new Blob([(await packTar(entries)) as Uint8Array<ArrayBuffer>]);
    await Deno.writeFile(path, tar.stream().pipeThrough(new CompressionStream("gzip")));
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

const file = (name: string, body: string): TarEntry => ({
  header: { name, size: new TextEncoder().encode(body).length, type: "file" },
  body,
});

Deno.test("tarball: files have their names and bytes, empty and long ones too", async () => {
  const deep = `package/${"folder/".repeat(20)}file.js`;
  const files = [
    file("package/package.json", "{}"),
    file("package/empty.js", ""),
    file("package/exactly.js", "x".repeat(512)),
    file(deep, "Grüße"),
  ];
  await withTarball(files, async (path) => {
    const read = await readTarball(path);
    const text = new TextDecoder();
    assertEquals([...read].map(([name, bytes]) => [name, text.decode(bytes)]), [
      ["package.json", "{}"],
      ["empty.js", ""],
      ["exactly.js", "x".repeat(512)],
      [deep.slice("package/".length), "Grüße"],
    ]);
  });
});

for (
  const name of ["outside.js", "package/../../outside.js", "/package/a.js", "package/c:/a.js"]
) {
  Deno.test(`tarball: a file called "${name}" is refused`, async () => {
    await withTarball([file(name, "x")], async (path) => {
      await assertRejects(() => readTarball(path), Error, "it has a file outside of");
    });
  });
}
