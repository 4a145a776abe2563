/** Hostile peers of a live server: it answers or drops them, and everybody else goes on. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { EXECUTABLES, meshTest, until, WINDOWS } from "../support/mesh/mesh.ts";
import { fuzzCodec } from "../support/chaos/fuzz_codec.ts";
import { honestSessions, sessions } from "../support/chaos/fuzz_frames.ts";
import { attackAll } from "../support/chaos/fuzz_server.ts";
import type { Called } from "../support/programs/load_app.ts";
import type { ProcessUsage } from "../support/mesh/process_usage.ts";
import { RawClient } from "../support/mesh/raw_client.ts";
import { record } from "../support/run/record.ts";

const SEED = 20_260_103;
/** Frames that the suite gives to the codec. */
const CODEC_FRAMES = 200_000;
/** Connections of about 50 frames each. */
const SESSIONS = WINDOWS ? 120 : 400;
const WIDTH = 8;
/** Connections that never send anything, and that never send a whole header. */
const IDLE = 16;
const SLOW = 16;
/** What memory may differ by after a collection, in bytes: caches of the runtime. */
const SLACK = 8 << 20;

// The codec has no system in it: once is enough.
if (!WINDOWS && EXECUTABLES === null) {
  Deno.test(`fuzz: ${CODEC_FRAMES} frames through the codec`, () => {
    const frames = fuzzCodec(SEED, CODEC_FRAMES);
    assert(frames >= CODEC_FRAMES);
    record("fuzz, codec", { frames, seed: SEED });
  });
}

meshTest("fuzz: a live server answers or drops, and the calls of others go on", async (mesh) => {
  const frameTime = 400;
  await mesh.register({ args: ["--limits", JSON.stringify({ frameTime })] });
  const address = mesh.ipc.home.address("fixture");
  const usage = () => mesh.ipc.call<ProcessUsage>("fixture", "usage");

  // Code is compiled and caches fill in a first round, which is not measured.
  await mesh.ipc.wake("fixture");
  await attackAll(address, sessions(SEED, SESSIONS >> 2), WIDTH);
  // A second after its start it supervises, by a lock that it holds open.
  await until(() => ProcessLock.isHeld(join(mesh.ipc.home.runtime, ".supervisor.lock")));
  const before = await usage();
  // A bystander in a process of its own, so that it waits for the server alone.
  await mesh.registerLoad("bystander");
  const wait = { timeout: 120_000 };
  const call = (most: number) =>
    mesh.ipc.call<Called>("bystander", "load", { target: "fixture", callers: 1, most }, wait);
  await mesh.ipc.call("bystander", "connect", { target: "fixture", count: 1 });
  const quiet = await call(2_000);
  const during = async (attack: () => Promise<unknown>) => {
    const calling = call(1e9);
    await attack();
    await mesh.ipc.call("bystander", "stop_calling");
    return await calling;
  };
  const fair = honestSessions(SEED, SESSIONS);
  const honest = await during(() => attackAll(address, fair, WIDTH));

  await using cleanup = new AsyncDisposableStack();
  const idle = await Promise.all(
    Array.from({ length: IDLE }, async () => cleanup.use(await RawClient.dial(address))),
  );
  let over = false;
  const slow = Array.from({ length: SLOW }, (_, i) => sendSlowly(address, i, () => over));
  const drawn = sessions(SEED + 1, SESSIONS);
  let frames = 0;
  const meanwhile = await during(async () => frames = await attackAll(address, drawn, WIDTH));
  assertEquals([quiet.failed, honest.failed, meanwhile.failed], [0, 0, 0]);
  assert(meanwhile.calls > 0);
  over = true;
  const drops = (await Promise.all(slow)).reduce((sum, count) => sum + count, 0);

  // An idle connection is no hostile one.
  for (const client of idle) {
    await client.send({ jsonrpc: "2.0", id: 1, method: "add", params: [3, 4] });
    assertEquals((await client.receive())?.result, 7);
  }
  await cleanup.disposeAsync();
  let after = await usage();
  await until(async () => {
    after = await usage();
    return after.live <= before.live + SLACK && after.handles <= before.handles + 2;
  });
  record("fuzz, live server", {
    frames,
    connections: SESSIONS,
    "calls of a bystander meanwhile": meanwhile.calls,
    "of which failed": meanwhile.failed,
    "slow headers dropped": drops,
    "median ms of a call, alone": quiet.median,
    "median ms beside as many honest requests": honest.median,
    "median ms beside hostile frames": meanwhile.median,
    "p99 ms beside as many honest requests": honest.p99,
    "p99 ms beside hostile frames": meanwhile.p99,
    "live KiB before": before.live >> 10,
    "live KiB after": after.live >> 10,
    "resident MiB before": before.rss >> 20,
    "resident MiB after": after.rss >> 20,
    "handles before": before.handles,
    "handles after": after.handles,
    seed: SEED,
  });
});

/** Sends a header a byte at a time, over and over; returns how often it was dropped for that. */
async function sendSlowly(address: string, nth: number, over: () => boolean): Promise<number> {
  const header = new TextEncoder().encode(`X-Slow: ${"x".repeat(2_000)}\r\n`);
  let drops = 0;
  do {
    await using client = await RawClient.dial(address);
    const answer = client.receive();
    let dropped = false;
    answer.then(() => dropped = true);
    for (let at = 0; at < header.length && !dropped; at++) {
      try {
        await client.sendBytes(header.subarray(at, at + 1));
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 10 + nth));
    }
    assertEquals((await answer)?.error?.data, { limit: "frameTime" });
    drops++;
  } while (!over());
  return drops;
}
