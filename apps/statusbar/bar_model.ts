/** What the status bar's view shows, and who keeps it up to date. */
import { join } from "@std/path";
import { listApps, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { readStarts } from "../../lib/ipc/tools.ts";
import {
  describeProblem,
  installSchema,
  parseConfig,
  watchConfig,
} from "../../lib/config/config_file.ts";
import { type DiskStats, readDisk } from "../../lib/system/disk.ts";
import { pause } from "../../lib/system/waiting.ts";
import { Model } from "../../lib/ui/components.tsx";
import { appChanges } from "../app_changes.ts";
import { configSchema, segmentsOf, type StatusBarConfig } from "./config.ts";
import type { HostStats, Notice, StatusBar, StatusBarTopics } from "./contract.ts";
import type { BarFigures } from "./segment_kind.ts";
import { type Segment, SPARK_MAX, volumeOf } from "./segments.ts";
import schema from "./statusbar.schema.json" with { type: "json" };

/** Milliseconds between two looks at who was given up; who comes and goes is told. */
const APPS_INTERVAL = 2_000;
const RETRY = 1_000;

/** The name of the configuration in the home. */
const CONFIG_FILE = "statusbar.jsonc";

/** The figures, the notices and the configuration. */
export class BarModel extends Model {
  config: StatusBarConfig = parseConfig("", configSchema).value;
  segments: Segment[] = segmentsOf(this.config);
  /** What is wrong with the configuration, with line and column, or with the mesh. */
  problems: string[] = [];
  failure: string | null = null;
  readings: HostStats[] = [];
  apps: BarFigures["apps"] = [];
  notices: Notice[] = [];
  disks: Map<string, DiskStats | null> = new Map();
  /** The notice that keys are for. */
  selected = 0;

  readonly #client: NeverLiieIPC;
  /** Ends the watching of figures, to begin it anew with another interval. */
  #restart = new AbortController();

  constructor(client: NeverLiieIPC) {
    super();
    this.#client = client;
  }

  /** The figures of the line. */
  figures(): BarFigures {
    const { readings, apps, notices, disks } = this;
    return { now: new Date(), readings, apps, notices, disks };
  }

  /** Keeps everything up to date until the signal is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#again(signal, () => this.#followConfig(signal)),
      this.#again(signal, () => this.#followStats(signal)),
      this.#again(signal, () => this.#followNotices(signal)),
      this.#again(signal, () => this.#followApps(signal)),
    ]);
  }

  /** Cancels the task that the selected notice tells of, or takes the notice away. */
  async act(key: "cancel" | "dismiss"): Promise<void> {
    const notice = this.notices[this.selected];
    if (notice === undefined) return;
    const bar = this.#client.connect<StatusBar>("statusbar");
    try {
      const method = key === "cancel" && notice.cancel !== null ? "cancel_notice" : "dismiss";
      await bar[method]({ id: notice.id });
    } catch (error) {
      this.failure = (error as Error).message;
      this.changed();
    }
  }

  async #followConfig(signal: AbortSignal): Promise<void> {
    const home = this.#client.home.path;
    const unwritten = await installSchema(home, "statusbar", schema);
    const path = join(home, CONFIG_FILE);
    for await (const { value, problems } of watchConfig(path, configSchema, signal)) {
      this.problems = problems.map((problem) => describeProblem(CONFIG_FILE, problem));
      if (unwritten !== null) this.problems.push(unwritten);
      // A file that is being edited does not change the bar until it is right again.
      if (problems.length === 0) {
        this.config = value;
        this.segments = segmentsOf(value);
        this.#restart.abort();
      }
      this.changed();
    }
  }

  async #followStats(signal: AbortSignal): Promise<void> {
    this.#restart = new AbortController();
    const restart = this.#restart.signal;
    const bar = this.#client.connect<StatusBar>("statusbar");
    const { interval } = this.config;
    const either = AbortSignal.any([signal, restart]);
    try {
      for await (const stats of bar.watch_stats({ interval }, { signal: either })) {
        this.#take(stats);
      }
    } catch (error) {
      if (!restart.aborted || signal.aborted) throw error;
    }
  }

  #take(stats: HostStats): void {
    this.failure = null;
    this.readings = [...this.readings, stats].slice(-SPARK_MAX);
    // A view runs on the machine that it shows, so it can look for itself.
    const paths = this.segments.map(volumeOf).filter((path) => path !== null);
    this.disks = new Map(paths.map((path) => [path, readDisk(path)]));
    this.changed();
  }

  async #followNotices(signal: AbortSignal): Promise<void> {
    // Also after the bar was stopped, and came again.
    const options = { signal, overflow: "latest" } as const;
    const topic = this.#client.subscribe<StatusBarTopics["notices"]>(
      "statusbar",
      "notices",
      options,
    );
    for await (const notices of topic) {
      this.notices = notices;
      this.selected = Math.min(this.selected, Math.max(0, notices.length - 1));
      this.changed();
    }
  }

  async #followApps(signal: AbortSignal): Promise<void> {
    for await (const _ of appChanges(this.#client, APPS_INTERVAL, signal)) {
      const apps = await listApps(this.#client, signal);
      this.apps = apps.map(({ name, running }) => ({
        name,
        running,
        gaveUp: !running && readStarts(this.#client.home, name).until > Date.now(),
      }));
      this.changed();
    }
  }

  /** Does something over and over; what fails is told, and tried again a second later. */
  async #again(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.failure = (error as Error).message;
        this.changed();
        await pause(RETRY, signal).catch(() => {
          // Ended meanwhile; the loop sees it.
        });
      }
    }
  }
}
