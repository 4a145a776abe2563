/**
 * What calls leave to the garbage collector, in bytes. V8 collects what is young cheaply where
 * nothing of it lives on. A structure that keeps the remains of one call reachable from those of the
 * next makes all of them live until the next full collection: a `Map` that calls pass through does,
 * and cost half of all throughput. docs/decisions/0042-calls-in-a-table.md
 */

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";

const CALLS = 100_000;
/** Bytes of each call that live through a collection of the young: 30 now, and 184 with a `Map` of those that are answered, 345 with one
 * of those that wait. */
const KEPT_MAX = 100;

Deno.test("calls leave nothing that outlives the next collection", async () => {
  const load = fromFileUrl(import.meta.resolve("../support/session/call_load.ts"));
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--trace-gc,--expose-gc",
      ...ownModuleFlags(),
      load,
      String(CALLS),
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  // Such as "Scavenge 18.2 (34.6) -> 5.7 (34.6) MB": what was in use before, and is after.
  const lines = new TextDecoder().decode(stdout).matchAll(/Scavenge ([\d.]+) .*? -> ([\d.]+) /g);
  const collections = [...lines].map(([, before, after]) => [Number(before), Number(after)]);
  assert(collections.length > 3, `${collections.length} collections of the young`);
  let kept = 0;
  collections.reduce(([, last], now) => {
    kept += Math.max(0, now[1]! - last!);
    return now;
  });
  const each = kept * (1 << 20) / CALLS;
  assert(each < KEPT_MAX, `${each} bytes of each call outlived a collection`);
});
