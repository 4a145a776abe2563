/** The status bar in a terminal: one line that is drawn over. */
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { formatBytes, sparkline, truncate } from "../../lib/ui/text.ts";
import type { HostStats, StatusBar } from "./contract.ts";

/** Readings in the sparkline. */
const HISTORY = 20;

/** Shows the host's figures until the signal fires. */
export async function showLine(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const history: number[] = [];
  const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
  try {
    const bar = client.connect<StatusBar>("statusbar");
    for await (const stats of bar.watch_stats({}, { signal })) {
      if (stats.cpu.percent !== null) history.push(stats.cpu.percent);
      if (history.length > HISTORY) history.shift();
      const line = statusLine(stats, history);
      write(`\r\x1b[2K${truncate(line, (Deno.consoleSize().columns || 80) - 1)}`);
    }
  } finally {
    write("\n");
  }
}

/** Time, processor, memory and battery in one line. */
export function statusLine(stats: HostStats, history: readonly number[]): string {
  const { cpu, memory, battery } = stats;
  const percent = cpu.percent === null ? "?" : `${Math.round(cpu.percent)}%`;
  const power = battery === null
    ? "no battery"
    : `battery ${Math.round(battery.percent)}%${battery.charging ? ", charging" : ""}`;
  return [
    new Date(stats.time).toLocaleTimeString(),
    `cpu ${percent.padStart(4)} ${sparkline(history, 100)}`,
    `memory ${formatBytes(memory.used)} of ${formatBytes(memory.total)}`,
    power,
  ].join("  ");
}
