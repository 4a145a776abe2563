/** A release of the suite for two targets, one of which has no runtime: unpacked and run. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { changesOf } from "../../apps/build/changes.ts";
import { checklistNoteOf } from "../../apps/build/checklist.ts";
import { release } from "../../apps/build/release.ts";
import { programsOf, readManifest } from "../../apps/manifest.ts";
import { linkFile } from "../../apps/program_file.ts";
import { VERSION } from "../../apps/version.ts";
import { labCompiler } from "../lab/executables.ts";
import { lab } from "../lab/lab.ts";
import { EXECUTABLES } from "../support/mesh/mesh.ts";

/** Runs a program of the system in a folder, in an environment of nothing but `env`. */
async function run(command: string[], cwd: string, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command[0]!, {
    ...{ args: command.slice(1), cwd, stdin: "null", clearEnv: true },
    env: { PATH: "/usr/bin:/bin", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

// deno.exe under Wine cannot fetch a compiler's runtime; what it makes for Windows is a .zip.
if (Deno.build.os === "linux" && EXECUTABLES !== null) {
  Deno.test("release: archives that run, checksums, licences, and what was left out", async () => {
    const out = await Deno.makeTempDir({ prefix: "neverliie release ü " });
    try {
      const here = Deno.build.target;
      // What this run has built already is not built again.
      await Deno.mkdir(join(out, here));
      const manifest = (await readManifest(EXECUTABLES!))!;
      for (const file of ["manifest.json", ...programsOf(manifest).map(({ file }) => file)]) {
        await linkFile(join(EXECUTABLES!, file), join(out, here, file));
      }

      const found = lab();
      const { denort = new Map<string, string>(), ...tools } = found ? labCompiler(found) : {};
      const missing = "aarch64-apple-darwin";
      const { folder, files, failed } = await release({
        ...{ targets: [here, missing], apps: [], out, force: false, ...tools },
        denort: new Map([...denort, [missing, join(out, "no such runtime")]]),
      });
      assertEquals(failed, [missing]);
      const name = `neverliie-${VERSION}-${here}`;
      assertEquals(files.toSorted(), [
        ...["CHANGES.md", "SHA256SUMS", "THIRD-PARTY.txt"],
        ...[`${name}.tar.gz`, `neverliie-${VERSION}.cdx.json`],
      ]);
      assertEquals([...Deno.readDirSync(folder)].length, files.length);
      const { size } = await Deno.stat(join(folder, `${name}.tar.gz`));
      const whole = manifest.programs[0]!.size;
      assert(size < whole / 2, `${size} bytes of an executable of ${whole}`);
      const sums = await run(["sha256sum", "--check", "--strict", "SHA256SUMS"], folder);
      assertEquals(sums.code, 0, sums.stdout);
      assertEquals(sums.stdout.trim().split("\n").length, files.length - 1);

      const read = (name: string) => Deno.readTextFile(join(folder, name));
      const changes = await changesOf(VERSION, "docs/CHANGELOG.md");
      assertEquals(await read("CHANGES.md"), `${changes}\n${await checklistNoteOf(".")}`);
      const bill = JSON.parse(await read(`neverliie-${VERSION}.cdx.json`));
      const names: string[] = bill.components.map((one: { name: string }) => one.name);
      for (const name of ["deno", "commander", "@modelcontextprotocol/sdk"]) {
        assert(names.includes(name), `${name} is in the bill`);
      }
      // Tools of the build, types, and what a package needs for what is not used.
      for (const name of ["resedit", "@types/react", "express"]) {
        assert(!names.includes(name), name);
      }
      const notices = await read("THIRD-PARTY.txt");
      for (const name of names) assertStringIncludes(notices.toLowerCase(), name);
      assertStringIncludes(notices, "Permission is hereby granted");

      // As its user has it: unpacked into an empty home, and run there.
      const home = join(out, "home ü");
      await Deno.mkdir(home);
      const unpacked = await run(["tar", "-xzf", join(folder, `${name}.tar.gz`)], home);
      assertEquals(unpacked.code, 0, unpacked.stderr);
      const top = join(home, name);
      const content = [...Deno.readDirSync(top)].map(({ name }) => name).sort();
      assertEquals(content, ["README.md", "THIRD-PARTY.txt", "docs", "manifest.json", "neverliie"]);
      assert((await Deno.stat(join(top, "docs", "installation.md"))).isFile);
      const neverliie = join(top, "neverliie");
      const env = { HOME: home, TMPDIR: out };
      assertEquals((await run([neverliie, "--version"], home, env)).stdout, `${VERSION}\n`);
      const help = (...name: string[]) => run([neverliie, ...name, "--help"], home, env);
      assertStringIncludes((await help("--as", "statusbar")).stdout, "Usage: statusbar");
      const plan = await run([neverliie, "install", "--dry-run"], home, env);
      assertEquals([plan.code, plan.stderr], [0, ""]);
      assertMatch(plan.stdout, /^name it ".*\.local\/share\/neverliie\/statusbar", too$/m);
      assertMatch(plan.stdout, /^copy ".*neverliie" to ".*\.local\/share\/neverliie"$/m);
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  });
}
