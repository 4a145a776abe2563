/** docs/windows-checklist.md: what stands there, and what a release says of it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  CHECKLIST,
  type ChecklistLine,
  checklistLines,
  checklistNote,
  type ChecklistRun,
  NOT_RUN,
  withResult,
} from "../../../apps/build/checklist.ts";
import { LINES } from "../../checklist/lines.ts";

const page = (await Deno.readTextFile(CHECKLIST)).replaceAll("\r\n", "\n");
const [program, hand] = page.split(/^## By hand$/m).map(checklistLines) as [
  ChecklistLine[],
  ChecklistLine[],
];

Deno.test("windows checklist: the page has the lines of the task, with what they must print", () => {
  const rows = program.map(({ id, run, prints }) => ({ id, run, prints }));
  const wanted = LINES.map(({ id, prints }) => ({
    id,
    run: `\`deno task windows-checklist ${id}\``,
    prints: `\`${prints}\``,
  }));
  assertEquals(rows, wanted);
});

Deno.test("windows checklist: every row is read, and says what came of it last", () => {
  const rows = page.split("\n").filter((line) => /^\| `/.test(line));
  assertEquals(program.length + hand.length, rows.length);
  assert(hand.length >= 15);
  const lines = [...program, ...hand];
  assertEquals(new Set(lines.map(({ id }) => id)).size, lines.length, "an id stands twice");
  for (const { id, run, prints, last } of lines) {
    assert(run !== "" && prints !== "", id);
    if (last !== NOT_RUN) assertMatch(last, /^\d{4}-\d\d-\d\d, Windows \d[\w. ]*, \S.*: \S/, id);
  }
});

Deno.test("windows checklist: a result is written into its row, and into no other", () => {
  const last = "2026-01-31, Windows 10.0.26100, Ann: ok";
  const written = checklistLines(withResult(page, "remote", `${last}\n|`));
  for (const [index, line] of checklistLines(page).entries()) {
    const expected = line.id === "remote" ? { ...line, last: `${last} \\|` } : line;
    assertEquals(written[index], expected);
  }
});

Deno.test("windows checklist: a release says what came of it last", () => {
  const note = (markdown: string, run: ChecklistRun | null = null) => checklistNote(markdown, run);
  assertStringIncludes(
    note("| `a` | x | y | not run yet |\n| `b` | x | y | not run yet |"),
    "nobody has gone through docs/windows-checklist.md yet (2 lines)",
  );
  const some = note(
    "| `a` | x | y | 2026-01-31, Windows 11, Ann: ok |\n| `b` | x | y | not run yet |\n" +
      "| `c` | x | y | 2026-02-01, Windows 11, Bob: it printed z |",
  );
  assertStringIncludes(some, "2 of the 3 lines of docs/windows-checklist.md");
  assertStringIncludes(some, "last: 2026-02-01, Windows 11, Bob: it printed z. ");
  assertStringIncludes(some, "Not as it must be: c.");
  assertStringIncludes(some, "By a program, on a machine with Windows: not run.");

  const line = (id: string, result: ChecklistRun["lines"][number]["result"]) => ({
    id,
    result,
    printed: "",
  });
  const run: ChecklistRun = {
    date: "2026-02-02",
    system: "Windows 10.0.26100",
    wine: false,
    lines: [line("a", "ok"), line("b", "FAILED"), line("c", "cannot tell"), line("d", "ok")],
  };
  assertStringIncludes(
    note(page, run),
    "By a program, on 2026-02-02 with Windows 10.0.26100: 2 of 4 lines as they must be. " +
      "Not so: b. Could not be told: c.",
  );
  assertStringIncludes(note(page, { ...run, wine: true }), "on a machine with Windows: not run.");
});

Deno.test("windows checklist: README and security.md lead to it", async () => {
  for (const path of ["README.md", "docs/security.md", "docs/terminal.md"]) {
    assertMatch(await Deno.readTextFile(path), /\]\((docs\/)?windows-checklist\.md\)/, path);
  }
});
