import { assertEquals } from "@std/assert";
import { restartsInRow } from "../../../lib/ipc/activation/kept_record.ts";

const noon = Date.UTC(2026, 0, 1, 12);

Deno.test("restartsInRow begins anew after a minute, and a jump miscounts one restart at most", () => {
  const record = { started: noon, restarts: 3, gaveUp: null };
  assertEquals(restartsInRow(record, noon + 59_999, 60_000), 3);
  assertEquals(restartsInRow(record, noon + 60_000, 60_000), 0);
  assertEquals(
    restartsInRow(record, noon - 3_600_000, 60_000),
    3,
    "set back: as if it died at once",
  );
  assertEquals(restartsInRow(record, noon + 3_600_000, 60_000), 0, "set ahead: as if it ran long");
  // What the next restart notes is by the clock as it is then.
  assertEquals(
    restartsInRow({ ...record, started: noon - 3_600_000 }, noon - 3_599_000, 60_000),
    3,
  );
});
