/** The workflow for GitHub: what can be held of it where it does not run. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "yaml";
import { CHECKLIST_RUN } from "../../../apps/build/checklist.ts";
import config from "../../../deno.json" with { type: "json" };

const PATH = ".github/workflows/release.yml";

interface Step {
  if?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string>;
}

interface Job {
  "runs-on": string;
  needs?: string;
  permissions?: Record<string, string>;
  strategy?: { matrix: Record<string, string[]> };
  steps: Step[];
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const text = await Deno.readTextFile(PATH);
const workflow = parse(text, { strict: true, uniqueKeys: true }) as Workflow;
const jobs = Object.entries(workflow.jobs);

Deno.test("workflow: actions are pinned to commits, and say of which version", () => {
  const lines = text.split("\n").filter((line) => /^\s*-? uses:/.test(line));
  assertEquals(
    lines.length,
    jobs.flatMap(([, { steps }]) => steps.filter((one) => one.uses)).length,
  );
  for (const line of lines) {
    assertMatch(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

Deno.test("workflow: only the job that makes the release may write", () => {
  assertEquals(workflow.permissions, { contents: "read" });
  for (const [name, { permissions }] of jobs) {
    assertEquals(permissions, name === "publish" ? { contents: "write" } : undefined);
  }
  assert(!text.includes("secrets."), "it needs none");
});

Deno.test("workflow: native tests on each system come before the archives", () => {
  const { test, archives, publish } = workflow.jobs;
  assertEquals(test!.strategy!.matrix["os"], ["windows-latest", "ubuntu-latest", "macos-latest"]);
  assertEquals([archives!.needs, publish!.needs], ["test", "archives"]);
});

Deno.test("workflow: Windows goes through its checklist, and the release gets what came of it", () => {
  const { test, archives } = workflow.jobs;
  const named = (steps: readonly Step[]) =>
    steps.filter((step) => step.with?.["name"] === "windows-checklist");
  const run = test!.steps.find((step) => step.run === "deno task windows-checklist");
  assertEquals(run?.if, "matrix.os == 'windows-latest'");
  const [up] = named(test!.steps);
  const [down] = named(archives!.steps);
  // What failed is told, too: the upload does not wait for success.
  assertEquals(up?.if, "matrix.os == 'windows-latest' && !cancelled()");
  assertEquals([up?.with?.["path"], `${down?.with?.["path"]}/windows-checklist.json`], [
    CHECKLIST_RUN,
    CHECKLIST_RUN,
  ]);
  const steps = archives!.steps;
  assert(steps.indexOf(down!) < steps.findIndex((step) => step.run === "deno task release"));
});

Deno.test("workflow: it runs this project's tasks, with the Deno that CI has", async () => {
  const commands = jobs.flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));
  const tasks = commands.flatMap((command) => [...command.matchAll(/deno task (\S+)/g)]);
  assertEquals(tasks.map(([, name]) => name), ["check", "test", "windows-checklist", "release"]);
  for (const [, name] of tasks) assert(Object.hasOwn(config.tasks, name!), name);
  const [, version] = /npx -y deno@([\d.]+)/.exec(await Deno.readTextFile(".ci/run"))!;
  for (const [, used] of text.matchAll(/deno-version: (\S+)/g)) assertEquals(used, version);
});
