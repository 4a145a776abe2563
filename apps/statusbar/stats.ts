/** When the status bar gives out figures: at once, and then at an interval. lib/system reads them. */
import { HostReader, type HostStats } from "../../lib/system/host.ts";
import { pause } from "../../lib/system/waiting.ts";
import type { WatchStatsParams } from "./contract.ts";

const DEFAULT_INTERVAL = 1_000;
const SHORTEST_INTERVAL = 250;
const LONGEST_INTERVAL = 60_000;

/**
 * Yields the machine's figures, the first ones at once and the next every `interval` milliseconds
 * after them. Readings that a slow caller missed are left out, not made up for.
 *
 * @param reader Where the figures come from: a reader of its own for each watcher.
 * @throws {RangeError} When the interval is not 250..60000; the signal's reason when it is aborted.
 */
export async function* watchStats(
  params: WatchStatsParams,
  signal: AbortSignal,
  reader: Pick<HostReader, "read"> = new HostReader(),
): AsyncGenerator<HostStats, void, void> {
  const interval = checkInterval(params.interval);
  let due = performance.now();
  for (;;) {
    yield await reader.read(signal);
    const late = performance.now() - due;
    due += interval * Math.max(1, Math.ceil(late / interval));
    await pause(Math.max(0, due - performance.now()), signal);
  }
}

function checkInterval(interval: unknown): number {
  if (interval === undefined) return DEFAULT_INTERVAL;
  if (
    typeof interval !== "number" || !(interval >= SHORTEST_INTERVAL) || interval > LONGEST_INTERVAL
  ) {
    throw new RangeError(
      `Cannot watch at interval "${interval}": give ${SHORTEST_INTERVAL} to ${LONGEST_INTERVAL} milliseconds`,
    );
  }
  return interval;
}
