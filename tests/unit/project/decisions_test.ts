/** The list of decisions, held against their files: it names each once, as its first line does. */
import { assert, assertEquals } from "@std/assert";

const folder = new URL("../../../docs/decisions/", import.meta.url);
const read = (name: string) =>
  Deno.readTextFileSync(new URL(name, folder)).replaceAll("\r\n", "\n");

const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name !== "README.md").sort();

/** A decision as the list names it, by its file. */
function listed(file: string): string {
  const [, digits] = /^(\d{4})-[a-z0-9-]+\.md$/.exec(file) ?? [];
  assert(digits !== undefined, `${file}: a decision's file is named NNNN-words.md`);
  const number = Number(digits);
  const [, title] = new RegExp(`^# ${number}\\. (.+)\\n`).exec(read(file)) ?? [];
  assert(title !== undefined, `${file}: its first line is "# ${number}. Title"`);
  return `[${number}: ${title}](${file})`;
}

Deno.test("the list of decisions has each file once, by its number and title", () => {
  const entries = [...read("README.md").matchAll(/^- (\[.*\]\(.*\))$/gm)].map(([, entry]) =>
    entry!
  );
  assert(files.length > 40, `${files.length} decisions`);
  assertEquals(entries.toSorted(), files.map(listed).toSorted());
});

Deno.test("no two decisions have one number, and under each subject they go up", () => {
  const numbers = files.map((file) => file.slice(0, 4));
  assertEquals(numbers, [...new Set(numbers)]);
  const subjects = read("README.md").split(/^\*\*.*\*\*$/m).slice(1);
  for (const subject of subjects) {
    const order = [...subject.matchAll(/^- \[(\d+):/gm)].map(([, number]) => Number(number));
    assertEquals(order, order.toSorted((a, b) => a - b));
  }
});
