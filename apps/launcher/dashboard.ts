/** The launcher's picture of the machine and its mesh. */
import type { HostStats } from "../statusbar/contract.ts";
import { type Paint, painter, type Style } from "../../lib/ui/colour.ts";
import {
  bar,
  displayWidth,
  formatBytes,
  formatDuration,
  largest,
  pad,
  plain,
  sparkline,
  truncate,
} from "../../lib/ui/text.ts";

/** One line of the table of apps. */
export interface DashboardApp {
  name: string;
  /** "script" or "binary". */
  /** What its entry starts; `null` for one that runs without an entry. */
  type: string | null;
  running: boolean;
  pid: number | null;
  address: string;
}

/** All that the dashboard shows. */
export interface DashboardModel {
  /** The host's figures, or null while there are none. */
  stats: HostStats | null;
  /** Processor use in percent, the oldest first. */
  history: number[];
  apps: DashboardApp[];
  /** A line for what is going on, a failure for example. */
  message?: string;
}

/** How to draw it. */
export interface DashboardOptions {
  columns: number;
  colour: boolean;
  /** Apps that do not fit into so many lines are counted instead of shown; no limit by default. */
  rows?: number;
}

const LABEL = 9;
const NARROWEST = 20;
const WIDEST = 120;

/** Draws the dashboard: lines of at most `columns` columns. Pure. */
export function renderDashboard(model: DashboardModel, options: DashboardOptions): string[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, options.columns)) - 2;
  const paint = painter(options.colour);
  const lines = [
    title(model.stats, width, paint),
    paint("dim", "─".repeat(width)),
    ...host(model, width, paint),
    "",
  ];
  if (model.message !== undefined) {
    lines.push(paint("yellow", truncate(model.message, width)), "");
  }
  const rows = options.rows === undefined ? Infinity : options.rows - lines.length;
  for (const line of table(model.apps, width, rows, paint)) lines.push(line);
  return lines.map((line) => line === "" ? "" : ` ${line}`);
}

function title(stats: HostStats | null, width: number, paint: Paint): string {
  const name = "NeverLiie";
  if (stats === null) return paint(["bold", "cyan"], name);
  const space = width - name.length - 2;
  const up = ` · up ${formatDuration(stats.uptime)}`;
  const hostname = truncate(stats.hostname, Math.max(4, space - up.length));
  const about = truncate(hostname + up, space);
  const gap = " ".repeat(Math.max(2, width - name.length - displayWidth(about)));
  return paint(["bold", "cyan"], name) + gap + paint("dim", about);
}

function host({ stats, history }: DashboardModel, width: number, paint: Paint): string[] {
  if (stats === null) return [paint("dim", truncate("Waiting for the status bar…", width))];
  const { cpu, memory, battery } = stats;
  const memoryPercent = memory.total > 0 ? (memory.used / memory.total) * 100 : 0;
  const lines = [
    gauge("CPU", cpu.percent, load(cpu.percent), cpuDetail(stats, history), width, paint),
    gauge(
      "Memory",
      memoryPercent,
      load(memoryPercent),
      memoryDetail(memory.used, memory.total),
      width,
      paint,
    ),
  ];
  if (battery === null) {
    lines.push(paint("dim", truncate(pad("Battery", LABEL) + "no battery", width)));
  } else {
    const colour = battery.charging || battery.percent > 20 ? "green" : "red";
    const { percent } = battery;
    lines.push(gauge("Battery", percent, colour, batteryDetail(battery), width, paint));
  }
  return lines;
}

/** What stands to the right of a bar, made for the columns that are left there. */
type Detail = (space: number, paint: Paint) => string;

function gauge(
  label: string,
  percent: number | null,
  colour: Style,
  detail: Detail,
  width: number,
  paint: Paint,
): string {
  const figure = percent === null ? "   ?" : `${Math.round(percent)}%`.padStart(4);
  const columns = Math.max(4, Math.min(30, Math.floor((width - LABEL - 6) * 0.45)));
  const line = pad(label, LABEL) + paint(colour, bar(percent, columns)) + " " +
    paint("bold", figure);
  const space = width - LABEL - columns - 1 - 4 - 2;
  return space < 4 ? line : `${line}  ${detail(space, paint)}`.trimEnd();
}

function cpuDetail({ cpu }: HostStats, history: number[]): Detail {
  return (space, paint) => {
    const cores = `${cpu.cores} ${cpu.cores === 1 ? "core" : "cores"}`;
    const wide = space >= cores.length + 10;
    const columns = wide ? space - cores.length - 2 : space;
    const line = sparkline(history.slice(-Math.min(columns, 60)), 100);
    return wide ? `${paint("cyan", line)}  ${paint("dim", cores)}` : paint("cyan", line);
  };
}

function memoryDetail(used: number, total: number): Detail {
  return (space, paint) => {
    const long = `${formatBytes(used)} of ${formatBytes(total)}`;
    return paint("dim", truncate(long.length <= space ? long : formatBytes(used), space));
  };
}

function batteryDetail({ charging, secondsLeft }: NonNullable<HostStats["battery"]>): Detail {
  const left = secondsLeft === null ? "" : `${formatDuration(secondsLeft)} left`;
  return (space, paint) => paint("dim", truncate(charging ? "charging" : left, space));
}

function load(percent: number | null): Style {
  if (percent === null) return "dim";
  return percent >= 90 ? "red" : percent >= 70 ? "yellow" : "green";
}

function table(apps: DashboardApp[], width: number, rows: number, paint: Paint): string[] {
  const running = apps.filter((app) => app.running).length;
  const count = truncate(`${running} of ${apps.length} running`, width - 6);
  const heading = `${paint("bold", "Apps")}  ${paint("dim", count)}`;
  if (apps.length === 0) {
    return [heading, paint("dim", truncate("No app has registered yet.", width))];
  }
  const nameWidth = Math.max(4, largest(apps.map((app) => displayWidth(plain(app.name)))));
  const name = Math.min(nameWidth, width < 50 ? 14 : 24, Math.max(4, width - 10));
  // Name and state always; the others while there is room for them.
  const pid = width >= name + 2 + 9 + 9;
  const type = width >= name + 2 + 9 + 9 + 8;
  const address = width - (name + 2 + 9 + 9 + 8) - 2;

  const line = (mark: string, cells: DashboardCells, style: Style | null) => {
    let text = mark + " " + pad(cells.name, name);
    if (type) text += "  " + pad(cells.type, 6);
    text += "  " + paint(style ?? "dim", pad(cells.state, 7));
    if (pid) text += "  " + pad(cells.pid, 7, "right");
    if (address >= 8) text += "  " + paint("dim", truncate(cells.address, address));
    return text.trimEnd();
  };
  const head = paint(
    "dim",
    line(" ", { name: "NAME", type: "TYPE", state: "STATE", pid: "PID", address: "ADDRESS" }, null),
  );
  const room = rows - 2;
  if (room < 1) return [heading];
  const shown = apps.length <= room ? apps : apps.slice(0, room - 1);
  const lines = shown.map((app) =>
    line(app.running ? paint("green", "●") : paint("dim", "○"), {
      name: app.name,
      type: app.type ?? "-",
      state: app.running ? "running" : "asleep",
      pid: app.pid === null ? "-" : String(app.pid),
      address: app.address,
    }, app.running ? "green" : "dim")
  );
  const hidden = apps.length - shown.length;
  if (hidden > 0) lines.push(paint("dim", `… ${hidden} more`));
  return [heading, head, ...lines];
}

interface DashboardCells {
  name: string;
  type: string;
  state: string;
  pid: string;
  address: string;
}
