/** The battery on Linux: https://docs.kernel.org/power/power_supply_class.html */
import type { BatteryStats } from "./battery.ts";
import { listKernelFolder, readKernelFile } from "./libc.ts";

interface Cell {
  percent: number | null;
  status: string;
  /** Charge now and when full, and the rate of its use: all in µWh and µW, or in µAh and µA. */
  unit: "energy" | "charge" | null;
  now: number;
  full: number;
  rate: number;
  secondsLeft: number | null;
}

/**
 * Reads the machine's batteries; null when there are none.
 * @param root The folder of power supplies: the kernel's own, or a made-up one in tests.
 */
export function readLinuxBattery(root = "/sys/class/power_supply"): BatteryStats | null {
  const cells: Cell[] = [];
  for (const name of listKernelFolder(root) ?? []) {
    const cell = readCell(`${root}/${name}`);
    if (cell !== null) cells.push(cell);
  }
  const percent = combinedPercent(cells);
  if (percent === null) return null;
  return {
    percent: Math.round(Math.min(100, Math.max(0, percent))),
    charging: cells.some((cell) => cell.status === "Charging"),
    secondsLeft: combinedSeconds(cells),
  };
}

function readCell(folder: string): Cell | null {
  const text = (name: string) => readKernelFile(`${folder}/${name}`)?.trim() ?? null;
  const figure = (name: string) => {
    const value = text(name);
    return value === null || value === "" || isNaN(Number(value)) ? null : Number(value);
  };
  // Mains and USB ports are listed here too, and so are the batteries of mice and headsets, whose
  // scope is "Device".
  if (text("type") !== "Battery" || text("scope") === "Device" || text("present") === "0") {
    return null;
  }
  const unit = figure("energy_full") !== null
    ? "energy"
    : figure("charge_full") !== null
    ? "charge"
    : null;
  return {
    percent: figure("capacity"),
    status: text("status") ?? "Unknown",
    unit,
    now: figure(`${unit}_now`) ?? 0,
    full: figure(`${unit}_full`) ?? 0,
    // Some drivers report a discharging current as a negative one.
    rate: Math.abs(figure(unit === "charge" ? "current_now" : "power_now") ?? 0),
    secondsLeft: figure("time_to_empty_now"),
  };
}

/** One battery: what its driver says. Several: weighted by size where all use one unit. */
function combinedPercent(cells: Cell[]): number | null {
  const [first] = cells;
  if (first === undefined) return null;
  if (cells.length === 1 && first.percent !== null) return first.percent;
  if (sameUnit(cells)) {
    const full = sum(cells, (cell) => cell.full);
    if (full > 0) return (sum(cells, (cell) => cell.now) / full) * 100;
  }
  const known = cells.map((cell) => cell.percent).filter((percent) => percent !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b) / known.length;
}

function combinedSeconds(cells: Cell[]): number | null {
  // Laptops with two batteries empty one after the other, so the idle one counts as well.
  if (!cells.some((cell) => cell.status === "Discharging")) return null;
  const [first] = cells;
  if (cells.length === 1 && first !== undefined && first.secondsLeft !== null) {
    return first.secondsLeft;
  }
  const rate = sum(cells, (cell) => cell.rate);
  if (!sameUnit(cells) || rate === 0) return null;
  return Math.round((sum(cells, (cell) => cell.now) / rate) * 3600);
}

function sameUnit(cells: Cell[]): boolean {
  const unit = cells[0]?.unit ?? null;
  return unit !== null && cells.every((cell) => cell.unit === unit);
}

function sum(cells: Cell[], figure: (cell: Cell) => number): number {
  return cells.reduce((total, cell) => total + figure(cell), 0);
}
