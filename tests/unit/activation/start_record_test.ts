import { assertEquals } from "@std/assert";
import {
  readStarts,
  sharedFailure,
  START_LIMIT,
  START_WINDOW,
  StartRecord,
  writeStarts,
} from "../../../lib/ipc/activation/start_record.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

const noon = Date.UTC(2026, 0, 1, 12);

/** Starts as often as allowed at one instant; returns the refusal's length in milliseconds. */
function exhaust(record: StartRecord, now: number): number {
  for (let i = 0; i <= START_LIMIT; i++) {
    const until = record.admit(now);
    if (until !== null) return until.getTime() - now;
  }
  throw new Error("never refused");
}

Deno.test("StartRecord.admit allows 5 starts in 10 s and refuses the sixth for 10 s", () => {
  const record = new StartRecord();
  for (let i = 0; i < START_LIMIT; i++) assertEquals(record.admit(noon + i * 1_000), null);
  const refused = noon + 5_000;
  const until = new Date(refused + 10_000);
  assertEquals(record.admit(refused), until);
  assertEquals(record.admit(refused + 1), until, "asking again makes it no longer");
  assertEquals(record.admit(refused + 9_999), until);
  assertEquals(record.admit(refused + 10_000), null);
  assertEquals(record.refusals, 1);
});

Deno.test("StartRecord.admit looks at the last 10 s alone", () => {
  const record = new StartRecord();
  const step = START_WINDOW / START_LIMIT;
  for (let i = 0; i < 100; i++) assertEquals(record.admit(noon + i * step), null, `start ${i}`);
  const quick = new StartRecord();
  for (let i = 0; i < START_LIMIT; i++) quick.admit(noon + i);
  assertEquals(quick.admit(noon + START_WINDOW), null, "the first one has left the window");
  assertEquals(quick.admit(noon + START_WINDOW)?.getTime(), noon + START_WINDOW + 10_000);
});

Deno.test("StartRecord.admit doubles the refusal each time, up to 5 minutes", () => {
  const record = new StartRecord();
  let now = noon;
  const lengths = Array.from({ length: 8 }, () => {
    const length = exhaust(record, now);
    now += length;
    return length / 1_000;
  });
  assertEquals(lengths, [10, 20, 40, 80, 160, 300, 300, 300]);
  record.refusals = 5_000;
  assertEquals(exhaust(record, now + START_WINDOW), 300_000);
});

Deno.test("StartRecord.admit forgets old refusals after 5 quiet minutes", () => {
  for (const [quiet, expected] of [[299_000, 20_000], [300_001, 10_000]] as const) {
    const record = new StartRecord();
    const end = noon + exhaust(record, noon);
    assertEquals(exhaust(record, end + quiet), expected, `${quiet} ms later`);
  }
});

Deno.test("StartRecord.admit locks nobody out when the clock was set back", () => {
  const record = new StartRecord();
  exhaust(record, noon);
  assertEquals(record.admit(noon - 3_600_000), null, "a refusal an hour ahead is not believed");
  const starts = new StartRecord();
  for (let i = 0; i < START_LIMIT; i++) starts.admit(noon);
  assertEquals(starts.admit(noon - 3_600_000), null, "starts to come do not count");
  assertEquals(starts.starts, [noon - 3_600_000]);
});

Deno.test("readStarts gives back what writeStarts kept", async () => {
  await using temporary = await temporaryHome();
  const record = new StartRecord();
  exhaust(record, noon);
  record.failure = { at: noon, message: "m", exitCode: null, log: "ż\n" };
  writeStarts(temporary.home, "app", record);
  assertEquals(readStarts(temporary.home, "app"), record);
  assertEquals(readStarts(temporary.home, "other"), new StartRecord());
});

Deno.test("readStarts begins anew where its file is torn or holds something else", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const texts = [
    "",
    "{",
    "[]",
    "null",
    "5",
    '{"starts":5,"until":"x","refusals":null,"failure":1}',
  ];
  for (const text of texts) {
    Deno.writeTextFileSync(home.runtimeFile("app", "starts.json"), text);
    assertEquals(readStarts(home, "app"), new StartRecord(), text);
  }
  const mixed = '{"starts":[1,"x",null,2],"until":1e999,"refusals":1}';
  Deno.writeTextFileSync(home.runtimeFile("app", "starts.json"), mixed);
  const record = readStarts(home, "app");
  assertEquals(record.starts, [1, 2]);
  assertEquals(record.admit(noon), null, "a refusal without an end is not believed");
});

Deno.test("sharedFailure is one since the caller asked, and none that lies ahead of the clock", () => {
  const record = new StartRecord();
  assertEquals(sharedFailure(record, noon, noon), null);
  const failure = { at: noon, message: "m", exitCode: 1, log: "" };
  record.failure = failure;
  assertEquals(sharedFailure(record, noon - 5, noon + 5), failure);
  assertEquals(sharedFailure(record, noon, noon + 5), null, "it was there when this caller asked");
  const back = noon - 3_600_000;
  assertEquals(sharedFailure(record, back, back + 5), null, "the clock was set back an hour");
});

Deno.test("StartRecord.admit refuses no longer, and no more often, when the clock jumps ahead", () => {
  const record = new StartRecord();
  exhaust(record, noon);
  const later = noon + 24 * 3_600_000;
  assertEquals(record.admit(later), null);
  assertEquals(record.refusals, 0, "a day ahead is a quiet day");
  for (let i = 1; i < START_LIMIT; i++) assertEquals(record.admit(later), null);
  assertEquals(record.admit(later), new Date(later + 10_000));
});
