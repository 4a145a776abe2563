import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { desktopEntry, launchAgent, systemdUnit } from "../../../apps/neverliie/install/places.ts";
import { UndoList } from "../../../apps/neverliie/install/undo.ts";
import { VERSION } from "../../../apps/version.ts";
import { changesOf, sectionOf } from "../../../apps/build/changes.ts";
import { billOfMaterials } from "../../../apps/build/sbom.ts";

Deno.test("release: the changelog describes the version of deno.json", async () => {
  const changes = await changesOf(VERSION, "docs/CHANGELOG.md");
  assert(changes.trim().length > 0);
});

Deno.test("release: a section ends where the next one begins, and an empty one is none", () => {
  const text =
    "# Changes\n\n## 2.0.0 (later)\n\n## 1.1.0\r\n\r\nTwo.\n### Part\n\n## 1.0.0\nOne.\n";
  assertEquals(sectionOf(text, "1.1.0"), "Two.\n### Part\n");
  assertEquals(sectionOf(text, "1.0.0"), "One.\n");
  assertEquals(sectionOf(text, "2.0.0"), null);
  assertEquals(sectionOf(text, "1.0"), null);
});

Deno.test("release: the bill of materials names Deno and every package in a program", () => {
  const one = { version: "1.0.0", registry: "npm", licenseText: null } as const;
  const bill = JSON.parse(billOfMaterials([
    { ...one, name: "@scope/one", license: "MIT" },
    { ...one, name: "two", license: "MIT OR Apache-2.0" },
    { ...one, name: "@std/three", registry: "jsr", license: null },
  ], "1.2.3"));
  assertEquals([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.6"]);
  const purls: string[] = bill.components.map(({ purl }: { purl: string }) => purl);
  assertEquals(purls, [
    "pkg:github/denoland/deno@v1.2.3",
    "pkg:npm/%40scope/one@1.0.0",
    "pkg:npm/two@1.0.0",
    "pkg:generic/jsr/%40std/three@1.0.0",
  ]);
  assertEquals(bill.dependencies[0].dependsOn, purls);
  assertEquals(bill.components[1].licenses, [{ license: { id: "MIT" } }]);
  assertEquals(bill.components[2].licenses, [{ expression: "MIT OR Apache-2.0" }]);
});

Deno.test("install: a path in a .desktop file is quoted and escaped", () => {
  const entry = desktopEntry('/home/Grüße/50% "a" $b/launcher');
  assertStringIncludes(entry, 'Exec="/home/Grüße/50%% \\\\"a\\\\" \\\\$b/launcher"');
});

Deno.test("install: a path in a systemd unit is quoted, and its signs mean themselves", () => {
  const unit = systemdUnit('/home/a b/50% "x"/statusbar', "/home/a b", "/mesh 1");
  assertStringIncludes(unit, 'ExecStart=:"/home/a b/50%% \\"x\\"/statusbar" --host\n');
  assertStringIncludes(unit, 'Environment="NEVERLIIE_HOME=/mesh 1"\n');
  assert(!systemdUnit("/x", "/", null).includes("Environment"));
});

Deno.test("install: a path in a LaunchAgent is escaped", () => {
  const agent = launchAgent("/Users/a & b/<x>/statusbar", "/Users/a", null);
  assertStringIncludes(agent, "<string>/Users/a &amp; b/&lt;x&gt;/statusbar</string>");
  assert(!agent.includes("NEVERLIIE_HOME"));
});

Deno.test("install: what was done is taken back in reverse, and what cannot be is told", async () => {
  const done: string[] = [];
  const undo = new UndoList();
  undo.add("one", () => void done.push("one"));
  undo.add("two", () => {
    throw new Error("no");
  });
  undo.add("three", () => void done.push("three"));
  assertEquals(await undo.run(), ["two: no"]);
  assertEquals(done, ["three", "one"]);
  assertEquals(await undo.run(), []);
});
