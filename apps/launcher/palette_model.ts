/** What the palette shows beside its matches. */
import { Model } from "../../lib/ui/components.tsx";
import type { HostStats } from "../statusbar/contract.ts";

/** Readings in the sparklines. */
const HISTORY = 60;

/** What the palette shows of the machine and the mesh; whoever follows them calls `changed`. */
export class PaletteModel extends Model {
  stats: HostStats | null = null;
  cpu: number[] = [];
  memory: number[] = [];
  /** A line for what is going on, a failure for example. */
  message: string | null = null;
  /** What cannot be read, or was not as it should be. */
  problems: string[] = [];

  /** Takes a reading. */
  show(stats: HostStats): void {
    this.stats = stats;
    this.message = null;
    if (stats.cpu.percent !== null) this.cpu = [...this.cpu, stats.cpu.percent].slice(-HISTORY);
    const used = stats.memory.total > 0 ? stats.memory.used / stats.memory.total * 100 : 0;
    this.memory = [...this.memory, used].slice(-HISTORY);
    this.changed();
  }
}
