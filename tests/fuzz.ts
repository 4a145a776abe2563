/**
 * `deno task fuzz`: hostile frames for longer than the suite has time for. See HELP.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { fuzzCodec } from "./support/chaos/fuzz_codec.ts";
import { sessions } from "./support/chaos/fuzz_frames.ts";
import { attackAll } from "./support/chaos/fuzz_server.ts";
import { checkOptions, numberOption, withOwnMesh } from "./support/mesh/own_mesh.ts";
import type { ProcessUsage } from "./support/mesh/process_usage.ts";
import { keepRecords } from "./support/run/records_folder.ts";
import { runTask } from "../apps/build/task.ts";

const checkout = fromFileUrl(new URL("..", import.meta.url));

const HELP = `deno task fuzz [--frames N] [--seed N]

Gives frames, right and wrong, to the codec and to a live server. Stops at the first thing that is
not as it must be, and names the seed that shows it. Ctrl-C ends it early.

  --frames N   how many for each of the two; 2000000 unless given
  --seed N     draws the frames; the time of day unless given
  --help       show this
`;

/** Sessions of one seed. */
const ROUND = 200;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  checkOptions(args, ["--frames", "--seed"]);
  const most = numberOption(args, "--frames", 2_000_000);
  const first = numberOption(args, "--seed", Math.floor(Date.now() / 1_000) % 1e9);
  await withOwnMesh(async (mesh, stop) => {
    const begun = performance.now();
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const address = mesh.ipc.home.address("fixture");
    const usage = () => mesh.ipc.call<ProcessUsage>("fixture", "usage");
    const before = await usage();
    let [codec, live] = [0, 0];
    for (let seed = first; live < most && !stop.aborted; seed++) {
      try {
        codec += fuzzCodec(seed, Math.min(most, ROUND * 100));
        live += await attackAll(address, sessions(seed, ROUND), 8);
      } catch (error) {
        throw new Error(`Seed ${seed} shows it: deno task fuzz --seed ${seed} --frames 1`, {
          cause: error,
        });
      }
      console.log(`seed ${seed}: ${codec} frames to the codec, ${live} to the server`);
    }
    const after = await usage();
    const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20 * 10) / 10;
    const figures = {
      frames: live,
      "live MiB before": mebibytes(before.live),
      "live MiB after": mebibytes(after.live),
      "handles before": before.handles,
      "handles after": after.handles,
      seed: first,
    };
    for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
    if (stop.aborted) return;
    const records = [
      { subject: "fuzz, codec", figures: { frames: codec, seed: first } },
      { subject: "fuzz, live server", figures },
    ];
    const milliseconds = performance.now() - begun;
    await keepRecords(checkout, { name: "fuzz", passed: 1, failed: 0, milliseconds, records });
  });
  return 0;
}

await runTask(main);
