/** What other programs may ask of the status bar. */
import type { HostStats } from "../../lib/system/host.ts";

export type { BatteryStats } from "../../lib/system/battery.ts";
export type { HostStats } from "../../lib/system/host.ts";
export type { MemoryStats } from "../../lib/system/memory.ts";

/** Params of `watch_stats`. */
export interface WatchStatsParams {
  /** Milliseconds between two readings, 250..60000; 1000 by default. */
  interval?: number;
}

/** The methods of the app "statusbar". */
export interface StatusBar {
  /** This machine's figures now. */
  get_stats(): Promise<HostStats>;
  /** The figures now and then again and again, until the caller ends it. */
  watch_stats(params: WatchStatsParams): AsyncIterable<HostStats>;
}
