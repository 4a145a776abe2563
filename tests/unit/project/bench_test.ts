/** What the bench computes and writes, on made-up figures. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { svg } from "../../bench/chart.ts";
import { chartsOf } from "../../bench/charts.ts";
import { ownTimes } from "../../bench/profile.ts";
import { withBlock, writeReport } from "../../bench/report.ts";
import { add, type EnvironmentResults, median, miss, type Results } from "../../bench/results.ts";
import { interleave, repetitions } from "../../bench/rounds.ts";
import { number, rowsOf, textTable } from "../../bench/table.ts";

function results(): EnvironmentResults {
  return { title: "Somewhere", versions: { deno: "0.0.0" }, series: {}, notes: {} };
}

Deno.test("bench: the median of an even number of rounds lies between the middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
});

Deno.test("bench: competitors take turns, and another one begins each round", async () => {
  const order: string[] = [];
  const entrant = (competitor: string) => ({
    competitor,
    run: () => Promise.resolve(order.push(competitor)),
  });
  const entrants = ["a", "b", "c"].map(entrant);
  await interleave(entrants, 3, () => {}, () => {}, () => {});
  assertEquals(order.join(""), "abcbcacab");
});

Deno.test("bench: a competitor that fails is out, the others go on", async () => {
  const failed: string[] = [];
  let ran = 0;
  const entrants = [
    { competitor: "good", run: () => Promise.resolve(++ran) },
    { competitor: "bad", run: () => Promise.reject(new Error("it broke")) },
  ];
  await interleave(entrants, 3, () => {}, () => {}, (who, { message }) => {
    failed.push(`${who}: ${message}`);
  });
  assertEquals([ran, failed], [3, ["bad: it broke"]]);
});

Deno.test("bench: repetitions end where one is longer than a round", async () => {
  const counts: number[] = [];
  const slow = (count: number) => {
    counts.push(count);
    const end = performance.now() + 4;
    while (performance.now() < end);
    return Promise.resolve();
  };
  assertEquals(await repetitions(slow, 1, 1), 1);
  assertEquals(counts, [1]);
});

Deno.test("bench: a row is a ratio of medians, reached or not, and never reached unmeasured", () => {
  const measured = results();
  for (const value of [30, 10, 20]) add(measured, "round trip p50", "mesh", value);
  for (const value of [10, 20, 16]) add(measured, "round trip p50", "floor", value);
  add(measured, "round trip p50", "netDeno", 10);
  miss(measured, "round trip p50", "vscode", "it is not there\nsecond line");
  const rows = rowsOf("linux", measured);
  const row = (what: string) => rows.find((row) => row.what.includes(what))!;
  const floor = row("round trip / bare echo (floor)");
  assertEquals([floor.figure, floor.reached], [1.25, true]);
  assertEquals(row("node:net").reached, false);
  const peer = row("round trip / vscode");
  assertEquals([peer.figure, peer.reached], [null, null]);
  assertEquals(peer.shown, "not measured: it is not there");
  assert(rows.every(({ reached, missing }) => missing === null || reached === null));
  // The reference's way has no target on Windows, and so no row there.
  assert(!rowsOf("wine", measured).some(({ what }) => what.includes("Python")));
});

Deno.test("bench: the table says what was reached", () => {
  const measured = results();
  add(measured, "round trip p50", "mesh", 1000);
  add(measured, "round trip p50", "floor", 500);
  const text = textTable("Somewhere", rowsOf("linux", measured));
  assertStringIncludes(text, "1,000 µs");
  assertStringIncludes(text, "2.00");
  assertStringIncludes(text, "not reached");
  assertEquals(number(0.456), "0.46");
});

Deno.test("bench: a block of the page is replaced, all other text stays", () => {
  const page = withBlock("# Title\n\nText.\n", "run", "first");
  const again = withBlock(page + "\nMore.\n", "run", "second");
  assertStringIncludes(again, "# Title\n\nText.\n");
  assertStringIncludes(again, "second");
  assertStringIncludes(again, "More.");
  assert(!again.includes("first"));
});

Deno.test("bench: the report holds figures, charts and what the page's author wrote", async () => {
  const measured = results();
  add(measured, "round trip p50", "mesh", 60);
  add(measured, "round trip p50", "floor", 40);
  const run: Results = {
    date: "2000-01-01T00:00:00Z",
    mode: "quick",
    commit: "abc",
    machine: { cores: 2, cpu: "a processor", memory: 4, system: "linux" },
    environments: { linux: measured },
  };
  const folder = await Deno.makeTempDir({ prefix: "neverliie-" });
  try {
    await Deno.writeTextFile(`${folder}/README.md`, "# Mine\n");
    await writeReport(folder, run);
    await writeReport(folder, run);
    const page = await Deno.readTextFile(`${folder}/README.md`);
    assert(page.startsWith("# Mine\n"));
    assertEquals(page.split("2000-01-01").length, 2, "the second run took the first one's place");
    assertStringIncludes(page, "| 1.50 |");
    const pictures = [...page.matchAll(/\]\((.*?\.svg)\)/g)].map(([, file]) => file!);
    assertEquals(pictures, ["round-trip-linux.svg"]);
    assertStringIncludes(await Deno.readTextFile(`${folder}/${pictures[0]}`), "60.0 µs");
    assertEquals(JSON.parse(await Deno.readTextFile(`${folder}/results.json`)), run);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bench: a chart is sorted by what is better, to scale, and escapes its words", () => {
  const measured = results();
  add(measured, "calls per second", "mesh", 100);
  add(measured, "calls per second", "floor", 200);
  const [chart] = chartsOf("linux", measured);
  const at = (text: string) => chart!.svg.indexOf(`>${text}<`);
  assert(at("bare echo, floor") < at("mesh"));
  const widths = [...chart!.svg.matchAll(/class="bar.*?width="([\d.]+)"/g)].map(([, w]) =>
    Number(w)
  );
  assertEquals(widths[0]! / widths[1]!, 2);
  assertStringIncludes(svg({ title: "a < b & c", subtitle: "", bars: [] }), "a &lt; b &amp; c");
});

Deno.test("bench: a profile's own times leave waiting out", () => {
  const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 0 });
  const nodes = [
    { id: 1, callFrame: frame("(idle)") },
    { id: 2, callFrame: frame("work", "file:///x/lib/ipc/wire/codec.ts") },
    { id: 3, callFrame: frame("(program)") },
  ];
  const times = ownTimes({ nodes, samples: [1, 2, 3, 2], timeDeltas: [100, 5, 1, 5] });
  assertEquals(times, [["work lib/ipc/wire/codec.ts:1", 10], ["(program)", 1]]);
});
