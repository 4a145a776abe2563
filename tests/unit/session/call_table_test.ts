import { assertEquals } from "@std/assert";
import { CallTable } from "../../../lib/ipc/session/call_table.ts";

Deno.test("CallTable keeps calls by their ids, late ones beside thousands of later ones", () => {
  const table = new CallTable<{ id: number }>();
  assertEquals([table.size, table.get(1), table.take(1), table.all()], [
    0,
    undefined,
    undefined,
    [],
  ]);
  const kept = new Set([3, 259, 515, 700]);
  for (let id = 1; id <= 5_000; id++) {
    table.add({ id });
    if (!kept.has(id)) assertEquals(table.take(id), { id });
    assertEquals(table.take(id - 1_000_000), undefined);
  }
  assertEquals(table.size, 4);
  assertEquals(table.all().map(({ id }) => id).sort((a, b) => a - b), [...kept]);
  for (const id of kept) {
    assertEquals(table.get(id), { id });
    assertEquals(table.take(id), { id });
    assertEquals([table.get(id), table.take(id)], [undefined, undefined]);
  }
  assertEquals(table.size, 0);
});

Deno.test("CallTable tells calls apart whose ids end alike", () => {
  const table = new CallTable<{ id: number }>();
  const ids = [1, 257, 513];
  for (const id of ids) table.add({ id });
  assertEquals(ids.map((id) => table.get(id)), ids.map((id) => ({ id })));
  assertEquals(table.take(769), undefined);
  assertEquals(table.take(1.5), undefined);
  assertEquals(table.take(257), { id: 257 });
  assertEquals(table.all().length, 2);
  table.clear();
  assertEquals([table.size, table.get(1), table.all()], [0, undefined, []]);
});

Deno.test("CallTable takes ids as peers choose them: texts, fractions, huge and negative numbers", () => {
  const table = new CallTable<{ id: number | string }>();
  const ids = ["1", 1, "", -1, 1.5, 2 ** 53, -0.5, 1e300, "257", 257, 0, 256, 512, 1 + 2 ** 40];
  for (const id of ids) table.add({ id });
  assertEquals(table.size, ids.length);
  for (const id of ids) assertEquals(table.get(id), { id });
  assertEquals([table.get("2"), table.get(2), table.get(1.25)], [undefined, undefined, undefined]);
  for (const id of ids) {
    assertEquals([table.take(id), table.take(id)], [{ id }, undefined]);
  }
  assertEquals([table.size, table.all()], [0, []]);
});
