/**
 * What messages advise is there: subcommands, options and tasks that texts of the sources name are
 * looked for in the programs' own definitions.
 */
import { assert, assertEquals } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };

const checkout = new URL("../../../", import.meta.url);

/** Options of other programs that the sources name. */
const OTHERS =
  /^--(allow-|deny-|no-prompt|import-map|lock|frozen|cached-only|icon|minimized|watch|output)/;

/** The texts of a source file: its string literals, without comments. */
function textsOf(path: string): string[] {
  const code = Deno.readTextFileSync(new URL(path, checkout))
    .replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g)]
    .map(([text]) => text);
}

/** The source files below a folder, but for the page of inspect. */
function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, checkout))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return entry.name === "page" ? [] : sourcesIn(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const read = (path: string) => Deno.readTextFileSync(new URL(path, checkout));
const COMMAND = read("apps/neverliie/main.ts");
const SUBCOMMANDS = [...COMMAND.matchAll(/\b(?:add|command)\("([a-z]+)/g)].map(([, name]) => name!);
const FRONT_END = read("apps/terminal/front_end.ts");
const TERMINAL_WORDS = ["open", "attach", "list", "kill", "run"];

const sources = [...sourcesIn("apps"), ...sourcesIn("lib")]
  .filter((path) => !path.startsWith("apps/build/"));
const texts = sources.flatMap((path) => textsOf(path).map((text) => ({ path, text })));

Deno.test("advice: each subcommand of neverliie that a text names is there", () => {
  assert(SUBCOMMANDS.includes("doctor") && SUBCOMMANDS.includes("terminal"), `${SUBCOMMANDS}`);
  for (const word of TERMINAL_WORDS) assert(FRONT_END.includes(`case "${word}":`), word);
  let found = 0;
  for (const { path, text } of texts) {
    for (const [, name, after] of text.matchAll(/\bneverliie ([a-z]+)(?: ([a-z]+))?/g)) {
      assert(SUBCOMMANDS.includes(name!), `${path}: ${text}`);
      if (name === "terminal" && after !== undefined) {
        assert(TERMINAL_WORDS.includes(after), `${path}: ${text}`);
      }
      found++;
    }
    // Only neverliie is on PATH everywhere.
    const bare = /(?<!(?:neverliie|stream) )\bterminal (open|attach|list|kill|run)\b/.exec(text);
    const usage = text.includes("Usage:") || /^"Cannot \w+: "terminal/.test(text);
    assert(bare === null || usage || / needs a/.test(text), `${path}: ${text}`);
  }
  assert(found >= 15, `${found}`);
});

Deno.test("advice: each option that a text names is one of its own program's", () => {
  let found = 0;
  for (const app of ["launcher", "neverliie", "scanner", "statusbar", "terminal"]) {
    const definition = app === "terminal" ? FRONT_END : read(`apps/${app}/main.ts`);
    const options = (code: string) => [...code.matchAll(/--[a-z][a-z-]*/g)].map(([name]) => name);
    const own = new Set([...options(definition), "--help", "--host"]);
    for (const { path, text } of texts.filter(({ path }) => path.startsWith(`apps/${app}/`))) {
      for (const [option] of text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) {
        const ofCommand = /neverliie|\$\{command\}/.test(text) && COMMAND.includes(`"${option}`);
        assert(own.has(option) || ofCommand || OTHERS.test(option), `${path}: ${text}`);
        found++;
      }
    }
  }
  assert(found >= 30, `${found}`);
});

/** Tasks of the programs that `neverliie new` makes. */
const MADE = ["dev", "test", "compile"];

Deno.test("advice: each task that a text names is in deno.json", () => {
  const named = texts.flatMap(({ path, text }) =>
    [...text.matchAll(/\bdeno task (?:-q )?([a-z]+)/g)].map(([, name]) => ({ path, name: name! }))
  );
  assert(named.length >= 3, `${named.length}`);
  const known = ({ path, name }: { path: string; name: string }) =>
    name in config.tasks || (path.startsWith("apps/neverliie/new/") && MADE.includes(name));
  assertEquals(named.filter((task) => !known(task)), []);
});
