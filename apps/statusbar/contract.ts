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

/** How much a notice matters. */
export type NoticeLevel = "info" | "success" | "warning" | "error";

/** A method that ends what a notice tells of. */
export interface NoticeCancel {
  app: string;
  method: string;
  params?: Record<string, unknown>;
}

/** Params of `notify`. */
export interface NotifyParams {
  /** One line, at most 500 characters. */
  text: string;
  /** "info" unless given. */
  level?: NoticeLevel;
  /**
   * Milliseconds until it goes by itself, counted from its last change; 0 for never. 10 seconds
   * unless given, with `progress` a minute, so that a task that died does not stay for ever.
   */
  ttl?: number;
  /** How far a task is, 0..1; shown as a bar. A notice at 1 goes after its `ttl` like any other. */
  progress?: number;
  /** The id of a notice to change; without one it is a new notice. */
  id?: string;
  /** Called when the user presses the cancel key on the notice. */
  cancel?: NoticeCancel;
}

/** A notice that is shown. */
export interface Notice {
  id: string;
  text: string;
  level: NoticeLevel;
  progress: number | null;
  cancel: NoticeCancel | null;
  /** When it was posted, ISO 8601 in UTC. */
  time: string;
}

/** The methods of the app "statusbar". */
export interface StatusBar {
  /** This machine's figures now. */
  get_stats(): Promise<HostStats>;
  /** The figures now and then again and again, until the caller ends it. */
  watch_stats(params: WatchStatsParams): AsyncIterable<HostStats>;
  /** Shows a notice, or changes one. */
  notify(params: NotifyParams): Promise<{ id: string }>;
  /** Takes a notice away; says whether there was one. */
  dismiss(params: { id: string }): Promise<boolean>;
  /** Calls what the notice's poster gave to end its task, and takes the notice away. */
  cancel_notice(params: { id: string }): Promise<boolean>;
}

/** What the topics of "statusbar" tell. */
export interface StatusBarTopics {
  /** The notices now, and after each change, the newest first. */
  notices: Notice[];
  /** This machine's figures, each second while somebody listens. */
  stats: HostStats;
}
