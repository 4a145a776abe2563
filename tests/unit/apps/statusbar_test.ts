/** The status bar's parts that need no mesh: its line, its configuration, its notices. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Ajv } from "ajv";
import {
  describeProblem,
  installSchema,
  parseConfig,
  watchConfig,
} from "../../../lib/config/config_file.ts";
import { displayWidth } from "../../../lib/ui/text.ts";
import { join } from "@std/path";
import { configSchema, segmentsOf } from "../../../apps/statusbar/config.ts";
import type { HostStats, Notice } from "../../../apps/statusbar/contract.ts";
import { formatClock, formatRate } from "../../../apps/statusbar/formats.ts";
import { barLine } from "../../../apps/statusbar/line.ts";
import { Notices } from "../../../apps/statusbar/notices.ts";
import type { BarFigures } from "../../../apps/statusbar/segment_kind.ts";
import { type Segment, SEGMENT_TYPES, segmentPieces } from "../../../apps/statusbar/segments.ts";
import committed from "../../../apps/statusbar/statusbar.schema.json" with { type: "json" };
import { jsonSchemaOf } from "../../support/run/write_schemas.ts";

const GIB = 1024 ** 3;
const stats: HostStats = {
  time: "2026-01-02T03:04:05.000Z",
  hostname: "desk",
  uptime: 100,
  cpu: { percent: 95, cores: 8, model: null },
  memory: { total: 16 * GIB, used: 4 * GIB, available: 12 * GIB },
  battery: { percent: 15, charging: false, secondsLeft: 5400 },
  network: { received: 0, sent: 0, receivedRate: 1_500_000, sentRate: 12 },
  disk: { path: "/", total: 100, used: 75, available: 25 },
};
const figures: BarFigures = {
  now: new Date(2026, 0, 2, 15, 4, 5),
  readings: [0, 50, 95].map((percent) => ({ ...stats, cpu: { ...stats.cpu, percent } })),
  apps: [
    { name: "statusbar", running: true, gaveUp: false },
    { name: "scanner", running: false, gaveUp: true },
  ],
  notices: [],
  disks: new Map([["/home", { path: "/home", total: 10, used: 1, available: 9 }]]),
};
const read = (text: string) => parseConfig(text, configSchema);
const line = (width: number, change: Partial<BarFigures> = {}, text = "") => {
  const { value, problems } = read(text);
  assertEquals(problems, []);
  const pieces = barLine({ ...figures, ...change }, segmentsOf(value), value.separator, width);
  return { text: pieces.map((piece) => piece.text).join(""), pieces };
};
const notice = (text: string, progress: number | null = null): Notice => (
  { id: text, text, level: "warning", progress, cancel: null, time: "" }
);

Deno.test("barLine shows every segment where there is room, coloured by level", () => {
  const { text, pieces } = line(124);
  assertEquals(
    text,
    "15:04:05  CPU        ▁▅█  95%  Mem        ▃▃▃  25%  Net ↓ 1.4M ↑  12B  Disk 75%  " +
      "Bat 15% 1 h 30 min left  ● 1/2 ✗ scanner",
  );
  const colourOf = (part: string) => pieces.find(({ text }) => text.includes(part))?.colour;
  assertEquals(["95%", "25%", "75%", "15%", "✗"].map(colourOf), [
    ...["red", "green", "yellow", "red", "red"],
  ]);
});

Deno.test("barLine fits any width: narrower sparklines first, then fewer segments", () => {
  for (let width = 8; width <= 140; width++) {
    const notices = [notice("日本語 a long notice for the bar", 0.4), notice("b")];
    for (const change of [{}, { notices }]) {
      const { text } = line(width, change);
      assert(displayWidth(text) <= width, `${width}: ${text}`);
      assertStringIncludes(text, "15:04:05");
    }
  }
  assertStringIncludes(line(90).text, "Bat 15%");
  assert(!line(40).text.includes("Bat"));
});

Deno.test("barLine: notices take what is left, with their progress and how many more there are", () => {
  const { text } = line(140, { notices: [notice("Copying", 0.5), notice("other")] });
  assert(/▪ .*50% Copying \+1$/.test(text), text);
  assert(!line(140, { readings: [] }).text.includes("CPU"));
});

Deno.test("barLine: notices have label and colour as every segment has, and are never too wide", () => {
  const notices = [notice("Copying photos of a long summer", 0.5), notice("other")];
  const labelled = '{"segments": ["clock", {"type": "notices", "label": "!", "colour": "blue"}]}';
  const { text, pieces } = line(60, { notices }, labelled);
  assertStringIncludes(text, "15:04:05  ! ▪ ████░░░░ 50% Copying photos of");
  assertEquals(pieces.find(({ text }) => text.startsWith("Copying"))?.colour, "blue");
  const twice = '{"segments": ["notices", "clock", "notices", {"type": "notices", "label": "N"}]}';
  for (let width = 10; width <= 80; width++) {
    for (const config of [labelled, twice, '{"segments": ["notices"]}']) {
      const { text } = line(width, { notices }, config);
      assert(displayWidth(text) <= width, `${width}: ${text}`);
    }
  }
});

Deno.test("a segment's type is one of the table: each is drawn, configured and on its page", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/statusbar.md", import.meta.url));
  const told = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, types]) =>
    types!.split(", ").map((type) => type.slice(1, -1))
  );
  assertEquals(told.sort(), [...SEGMENT_TYPES].sort());
  const all = segmentsOf(read("").value);
  assertEquals(all.map(({ type }) => type), [...SEGMENT_TYPES]);
  const shown = { ...figures, notices: [notice("Copying")] };
  for (const segment of all) {
    assert(segmentPieces(segment, shown, { scale: 1, columns: 40 }).length > 0, segment.type);
  }
  // @ts-expect-error There is no such type in the table.
  const wrong: Segment = { type: "temperature" };
  // @ts-expect-error Nor has a network a sparkline.
  const sparks: Segment = { type: "network", spark: 3 };
  const refused = [wrong, sparks].map((segment) => read(JSON.stringify({ segments: [segment] })));
  assertEquals(
    refused.flatMap(({ problems }) => problems.map(({ message }) => message)),
    [
      ...[`must be ${SEGMENT_TYPES.join(", ")}, or an object with one of them as its type`],
      ...['unknown key "spark"'],
    ].map((message) => `segments.0: ${message}`),
  );
});

Deno.test("barLine follows the configuration's order, labels, colours and separator", () => {
  const { text, pieces } = line(
    80,
    {},
    `{ // mine
      "separator": " | ",
      "segments": ["mesh", { "type": "clock", "format": "yyyy-MM-dd hh:mm a", "colour": "#ff8800" },
        { "type": "cpu", "label": "P", "spark": 0, "alarm": 99 },],
    }`,
  );
  assertEquals(text, "● 1/2 ✗ scanner | 2026-01-02 03:04 pm | P   95%");
  assertEquals(pieces.find(({ text }) => text.startsWith("2026"))?.colour, "#ff8800");
  assertEquals(pieces.at(-1)?.colour, "yellow");
  const disks = '{"segments": [{"type": "disk", "path": "/home", "label": "Home"}, ' +
    '{"type": "disk", "path": "/gone"}]}';
  assertEquals(line(80, {}, disks).text, "Home 10%");
});

Deno.test("formatClock and formatRate", () => {
  assertEquals(
    formatClock(new Date(2026, 0, 2, 0, 4, 5), "dd.MM.yyyy 'at' hh:mm a"),
    "02.01.2026 'at' 12:04 am",
  );
  assertEquals([0, 999, 1536, 230 * 1024 ** 2, 1_072_693_248, null].map(formatRate), [
    ...["   0B", " 999B", " 1.5K", " 230M", "1023M", "    ?"],
  ]);
});

Deno.test("a configuration's problems name line, column and what is wrong", () => {
  const problems = (text: string) =>
    read(text).problems.map((problem) => describeProblem("f", problem));
  assertEquals(problems('{\n  "intervall": 5\n}'), ['f:2:3: unknown key "intervall"']);
  assertEquals(problems('{"interval":\r\n 5}'), ["f:2:2: interval: must be 250 to 60000"]);
  assertEquals(problems('{"position": "left"}'), ['f:1:14: position: must be "top" or "bottom"']);
  assertEquals(problems('{"segments": [\n{"type": "cpu", "x": 1}]}'), [
    'f:2:1: segments.0: unknown key "x"',
  ]);
  assertStringIncludes(problems('{"segments": ["clok"]}')[0]!, "segments.0: must be clock, cpu,");
  assertStringIncludes(
    problems('{"segments": [{"type": "cpu", "colour": "pink"}]}')[0]!,
    "f:1:41: segments.0.colour: must be black",
  );
  assertEquals(problems("{,}")[0], "f:1:2: value expected");
  assertEquals(problems("[]"), ["f:1:1: must be an object, in { }"]);
  assertEquals(problems(""), []);
  assertEquals(problems("// nothing\n"), []);
});

Deno.test("the committed JSON Schema is the programs' own, and takes what they take", () => {
  assertEquals(committed as unknown, JSON.parse(JSON.stringify(jsonSchemaOf("statusbar"))));
  const validate = new Ajv({ strict: false }).compile(committed);
  const takes = (config: unknown) => {
    assertEquals(validate(config), read(JSON.stringify(config)).problems.length === 0);
    return validate(config);
  };
  assert(takes({}));
  assert(takes(read("").value));
  assert(
    takes({ $schema: "./schemas/statusbar.schema.json", segments: segmentsOf(read("").value) }),
  );
  for (
    const wrong of [{ interval: 1 }, { nope: 1 }, { segments: ["x"] }, { position: "left" }, {
      segments: [{ type: "disk", spark: 3 }],
    }]
  ) assert(!takes(wrong), JSON.stringify(wrong));
});

Deno.test("watchConfig tells of every save, also of one that replaces the file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-config-" });
  const path = join(folder, "statusbar.jsonc");
  const end = new AbortController();
  try {
    await installSchema(folder, "statusbar", committed);
    assertEquals(
      JSON.parse(await Deno.readTextFile(join(folder, "schemas", "statusbar.schema.json"))),
      committed,
    );
    const configs = watchConfig(path, configSchema, end.signal);
    const next = async () => (await configs.next()).value!;
    assertEquals((await next()).value.position, "bottom");
    await Deno.writeTextFile(path, '{"position": "top"}');
    assertEquals((await next()).value.position, "top");
    await Deno.writeTextFile(`${path}.new`, '{"position": 5}');
    await Deno.rename(`${path}.new`, path);
    assertEquals((await next()).problems.length, 1);
    const last = configs.next();
    end.abort();
    assertEquals((await last).done, true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const called: unknown[] = [];
const notices = (tell: (notices: Notice[]) => void = () => {}) =>
  new Notices((...call) => {
    called.push(call);
    return Promise.resolve();
  }, tell);

Deno.test("Notices: posted, changed, dismissed, the newest first", () => {
  const all = notices();
  const { id } = all.notify({ text: "one", progress: 0.1 });
  all.notify({ text: "two", level: "error" });
  all.notify({ text: "one, half", progress: 0.5, id });
  assertEquals(all.list().map(({ text, level, progress }) => [text, level, progress]), [
    ["two", "error", null],
    ["one, half", "info", 0.5],
  ]);
  assertEquals([all.dismiss(id), all.dismiss(id), all.list().length], [true, false, 1]);
  all.clear();
  assertEquals(all.list(), []);
});

Deno.test("Notices go after their time, and old ones before there are too many", async () => {
  const told: string[][] = [];
  const empty = Promise.withResolvers<void>();
  const all = notices((notices) => {
    told.push(notices.map(({ text }) => text));
    if (notices.length === 0) empty.resolve();
  });
  // Changes of one turn are told as one.
  all.notify({ text: "long" });
  const { id } = all.notify({ text: "longer" });
  all.dismiss(id);
  await Promise.resolve();
  assertEquals(told, [["long"]]);
  all.clear();
  all.notify({ text: "short", ttl: 1 });
  await empty.promise;
  assertEquals(told.slice(1), [["short"], []]);
  for (let i = 0; i < 150; i++) all.notify({ text: String(i) });
  assertEquals([all.list().length, all.list()[0]!.text, all.list().at(-1)!.text], [
    ...[100, "149", "50"],
  ]);
  all.clear();
});

Deno.test("Notices: cancelling calls the poster's method, once", async () => {
  const all = notices();
  const cancel = { app: "backup", method: "stop", params: { job: 7 } };
  const { id } = all.notify({ text: "long", progress: 0, cancel });
  assertEquals([await all.cancel(id), await all.cancel(id)], [true, false]);
  assertEquals(called, [["backup", "stop", { job: 7 }]]);
  const plain = all.notify({ text: "no method" });
  assertEquals([await all.cancel(plain.id), all.list().length], [false, 1]);
  const failing = new Notices(() => Promise.reject(new Error("gone")), () => {});
  const stays = failing.notify({ text: "stays", cancel });
  await assertRejects(() => failing.cancel(stays.id), Error, "gone");
  assertEquals(failing.list().length, 1);
  all.clear();
  failing.clear();
});

Deno.test("Notices say what is wrong with a notice", () => {
  const wrong = (params: Record<string, unknown>, message: string) =>
    assertThrows(() => notices().notify(params as never), Error, message);
  wrong({}, "text must be");
  wrong({ text: "a", level: "loud" }, 'got "loud"');
  wrong({ text: "a", ttl: -1 }, "ttl must be");
  wrong({ text: "a", progress: 5 }, "progress must be 0 to 1");
  wrong({ text: "a", cancel: {} }, "cancel must have");
  wrong({ text: "a", id: 5 }, "id must be");
});
