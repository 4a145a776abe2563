/** The scanner's figures of a disk, on every system; tests/unit/apps has those that `du` judges. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { ScanStep } from "../../apps/scanner/contract.ts";
import { meshTest, suiteCommand } from "../support/mesh/mesh.ts";

meshTest(
  "scanner: a file of two names counts once, and both its figures are told",
  async (mesh) => {
    await mesh.seed();
    const folder = join(mesh.home, "a tree ü");
    Deno.mkdirSync(join(folder, "sub"), { recursive: true });
    const file = join(folder, "file");
    Deno.writeFileSync(file, crypto.getRandomValues(new Uint8Array(60_000)));
    Deno.linkSync(file, join(folder, "sub", "again"));
    // Windows makes no holes by itself; Wine does, on a disk of Linux.
    const long = join(folder, "sub", "long");
    Deno.createSync(long).close();
    Deno.truncateSync(long, 64 << 20);
    const onDisk = (path: string) => Deno.lstatSync(path).blocks! * 512;
    const taken = [folder, join(folder, "sub"), file, long].map(onDisk).reduce((a, b) => a + b);
    const lengths = 60_000 + (64 << 20);

    const command = [...suiteCommand("scanner"), folder];
    const { code, stdout } = await mesh.run([...command, "--json"]);
    const last: ScanStep = JSON.parse(stdout);
    assertEquals([code, last.done, last.bytes, last.taken], [0, 3, lengths, taken]);
    const files = last.summary!.largestFiles;
    assertEquals(files.map(({ path }) => path).sort(), ["file", join("sub", "long")]);
    for (const { path, bytes, taken } of files) {
      const { size } = Deno.lstatSync(join(folder, path));
      assertEquals([bytes, taken], [size, onDisk(join(folder, path))]);
    }
    assert(files[0]!.taken >= files[1]!.taken, "what takes most comes first");

    const report = (await mesh.run(command)).stdout;
    assertMatch(report, /^3 files, 64\.1 MiB \(\d+(\.\d)? [KM]iB on disk\) in 2 folders/);
    assertStringIncludes(report, "   ON DISK      LENGTH");
  },
);
