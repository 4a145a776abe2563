/** The pages, held against what they speak of: their links, files, tests and exit codes. */
import { assert, assertEquals } from "@std/assert";
import { EXIT_CODES } from "../../../apps/neverliie/exit.ts";

const checkout = new URL("../../../", import.meta.url);
const read = (path: string) =>
  Deno.readTextFileSync(new URL(path, checkout)).replaceAll("\r\n", "\n");

/** The pages below a folder. */
function pagesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, checkout))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? pagesIn(path) : path.endsWith(".md") ? [path] : [];
  });
}

/** Every page by its path, without what stands in fenced blocks. */
const pages = new Map(
  ["README.md", ...pagesIn("docs"), ...pagesIn("examples")].map((path) =>
    [path, read(path).replaceAll(/^ *```[^]*?^ *```$/gm, "")] as const
  ),
);

function isThere(path: string): boolean {
  try {
    Deno.statSync(new URL(path, checkout));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.replaceAll(/[`*_]/g, ""));

/** What GitHub makes of a heading. */
const anchorOf = (heading: string) =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");

Deno.test("docs: no page has two sections of one name", () => {
  const twice = [...pages].flatMap(([path, text]) => {
    const anchors = headingsOf(text).map(anchorOf);
    return anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at)
      .map((anchor) => `${path}#${anchor}`);
  });
  assertEquals(twice, []);
});

Deno.test("docs: every link within the checkout leads to a file, and to a section of it", () => {
  const dead: string[] = [];
  let count = 0;
  for (const [path, text] of pages) {
    for (const [, target] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      count++;
      const { href } = new URL(target!, new URL(path, checkout));
      const [file, anchor] = href.slice(checkout.href.length).split("#") as [string, string?];
      const sections = anchor === undefined
        ? null
        : headingsOf(pages.get(file) ?? "").map(anchorOf);
      if (!isThere(file) || sections?.includes(anchor!) === false) dead.push(`${path}: ${target}`);
    }
  }
  assert(count > 200, `${count} links`);
  assertEquals(dead, []);
});

Deno.test("docs: files that a page names by their path are there", () => {
  // (Decisions speak of their time.)
  const present = [...pages].filter(([path]) => !path.startsWith("docs/decisions/"));
  const missing = present.flatMap(([path, text]) =>
    [...text.replaceAll(/\s+/g, " ").matchAll(/(?<![\w./-])(?:apps|lib|tests)\/[\w./-]+\.\w+/g)]
      .map(([file]) => file!.replace(/\._?$/, "")).filter((file) => !isThere(file))
      .map((file) => `${path}: ${file}`)
  );
  assertEquals(missing, []);
});

Deno.test("docs: the tests that security.md quotes are there", () => {
  const tests = new Map<string, string>();
  const named = pages.get("docs/security.md")!.replaceAll(/\s+/g, " ");
  const missing: string[] = [];
  let count = 0;
  for (const [, note] of named.matchAll(/_Tests?: (.*?\.)_(?=[ .)]|$)/g)) {
    for (const [, title, path] of note!.matchAll(/"([^"]+)"[^"]*? in (tests\/[\w./]+\.ts)/g)) {
      const text = tests.get(path!) ?? read(path!).replaceAll(/\s+/g, " ");
      tests.set(path!, text);
      count++;
      if (!text.includes(title!.replace(/…$/, ""))) missing.push(`${path}: ${title}`);
    }
  }
  assert(count >= 8, `${count} quoted`);
  assertEquals(missing, []);
});

Deno.test("docs: command.md has every exit code of the command", () => {
  const [, section = ""] = pages.get("docs/command.md")!.split(/^## Exit codes$/m);
  const told = [...section.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  assertEquals(told, Object.values(EXIT_CODES));
});
