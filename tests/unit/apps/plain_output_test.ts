/**
 * What others named never steers a terminal: each function that makes lines or frames is given
 * random names, with control characters, escape sequences and overrides of the direction in them.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { renderDashboard } from "../../../apps/launcher/dashboard.ts";
import { layout } from "../../../apps/neverliie/top/layout.ts";
import { TopState } from "../../../apps/neverliie/top/state.ts";
import { jsonText, tableLines } from "../../../apps/output.ts";
import { report } from "../../../apps/scanner/report.ts";
import { segmentsOf, type StatusBarConfig } from "../../../apps/statusbar/config.ts";
import { barLine } from "../../../apps/statusbar/line.ts";
import { titleSequence } from "../../../apps/terminal/attach.ts";
import { table as sessionLines } from "../../../apps/terminal/front_end.ts";
import { printable, printableLines } from "../../../lib/ipc/mod.ts";
import { sessionInfo } from "../../support/mesh/session_info.ts";
import { paletteText } from "../../support/programs/palette_frame.tsx";
import { plainTextFrame } from "../../support/programs/plain_text_frame.tsx";

/** C0, DEL, C1, and what turns the direction of text. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/** Texts of what a terminal obeys, whole or in pieces, among ordinary ones. */
const name = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...[
        "\x1b",
        "[",
        "]",
        "0;",
        "?25l",
        "8;;",
        "\x07",
        "\x1b\\",
        "\x9b",
        "\x9d",
        "\x9c",
        "P",
        "m",
      ],
      ...[
        "\n",
        "\r\n",
        "\t",
        "\x00",
        "\x7f",
        "\x85",
        "\u202e",
        "\u2066",
        "\u2069",
        "日本",
        "e\u0301",
      ],
      ...["\x1b[31m", "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x1b(0", "\x1bc"],
    ),
    fc.integer({ min: 0, max: 0xa0 }).map((code) => String.fromCharCode(code)),
    fc.string({ maxLength: 6 }),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

/** Runs a property; the names that break it are shown escaped. */
function holds(check: (one: string, another: string) => void, numRuns = 300): void {
  fc.assert(fc.property(name, name, check), { numRuns });
}

function assertPlain(lines: readonly string[]): void {
  const unsafe = lines.filter((line) => UNSAFE.test(line));
  assertEquals(unsafe.map((line) => jsonText(line)), []);
}

Deno.test("plain output: printable and printableLines", () => {
  holds((text) => {
    assertPlain([printable(text)]);
    assertPlain(printableLines(text).split(/[\n\t]/));
  }, 3_000);
  holds((text) => assertEquals(printable(printable(text)), printable(text)));
});

Deno.test("plain output: JSON has the same value, and nothing that steers", () => {
  holds((one, another) => {
    const value = { [one]: [another, { another }] };
    for (const indent of [undefined, 2]) {
      const text = jsonText(value, indent);
      assertPlain(text.split("\n"));
      assertEquals(JSON.parse(text), value);
    }
  });
});

Deno.test("plain output: tables of the command, each row on a line of its own", () => {
  holds((one, another) => {
    const lines = tableLines(["NAME", "WHAT"], [[one, another], [another, one]]);
    assertPlain(lines);
    assertEquals(lines.length, 3);
  });
});

Deno.test("plain output: the scanner's report", () => {
  const step = {
    phase: "scanning",
    file: "",
    done: 2,
    total: 2,
    bytes: 3,
    taken: 3,
    errors: 0,
  } as const;
  holds((one, another) => {
    const sized = [one, another].map((path) => ({ path, bytes: 1, taken: 1 }));
    const summary = {
      ...{ folders: 1, seconds: 1, rate: 2, largestFiles: sized, largestFolders: sized },
      duplicates: [{ bytes: 1, hash: "", count: 2, files: [one, another] }],
      duplicateBytes: 1,
    };
    const options = { duplicates: true, columns: 80, colour: false };
    assertPlain(report({ ...step, error: null, finished: true, summary }, options));
  });
});

Deno.test("plain output: the launcher's dashboard", () => {
  holds((one, another) => {
    const apps = [{ name: one, type: another, running: true, pid: 1, address: another }];
    const model = { stats: null, history: [], apps, message: one };
    for (const columns of [20, 120]) {
      assertPlain(renderDashboard(model, { columns, colour: false }));
    }
  });
});

Deno.test("plain output: the launcher's palette, and every piece that views are made of", () => {
  holds((one, another) => {
    const match = { id: "1", kind: "program", title: one, detail: another, score: 1 } as const;
    assertPlain(paletteText([{ ...match, matched: [0, 3] }], another).split("\n"));
    assertPlain(plainTextFrame(one).split("\n"));
  }, 60);
});

Deno.test("plain output: the status bar's line", () => {
  holds((one, another) => {
    const config = {
      separator: one,
      segments: [
        { type: "mesh", label: another },
        { type: "clock", label: one, format: one },
        "notices",
      ],
    } as unknown as StatusBarConfig;
    const notice = {
      id: "1",
      text: another,
      level: "info",
      progress: null,
      cancel: null,
      time: "",
    };
    const figures = {
      ...{ now: new Date(0), readings: [], disks: new Map() },
      apps: [{ name: another, running: false, gaveUp: true }],
      notices: [{ ...notice, level: "info" as const }],
    };
    const pieces = barLine(figures, segmentsOf(config), config.separator, 100);
    assertPlain(pieces.map(({ text }) => text));
  });
});

Deno.test("plain output: the lines of top", () => {
  const figures = { count: 1, failed: 0, perSecond: 1, p50: 1, p99: 1 };
  holds((one, another) => {
    const from = { name: another, pid: 1 };
    const call = { app: one, pid: 1, call: 1, method: another, from, since: 0, atLeast: false };
    const progress = { share: 0.5, text: one };
    const state = new TopState();
    const calls = [{ ...call, items: 1, progress }];
    state.asking = calls[0]!;
    state.message = one;
    const app = { ...figures, name: one, pid: 1, uptime: 1, inFlight: 1 };
    const sample = {
      at: 1_000,
      apps: [
        { ...app, state: "running" as const, problem: null },
        { ...app, state: "gave up" as const, problem: another },
      ],
      calls,
      methods: [{ ...figures, app: one, method: another }],
      problems: [another],
    };
    const lines = layout(sample, state, { columns: 100, rows: 30 });
    assertPlain(lines.flatMap((line) => line.map(({ text }) => text)));
  });
});

Deno.test("plain output: the terminal's list of sessions, and the window's title", () => {
  holds((one, another) => {
    const session = sessionInfo({ title: one, command: another, cwd: one });
    assertPlain(sessionLines([session], 0, 200));
    const title = titleSequence(one);
    assertEquals([title.slice(0, 4), title.slice(-1)], ["\x1b]2;", "\x07"]);
    assertPlain([title.slice(4, -1)]);
  });
});
