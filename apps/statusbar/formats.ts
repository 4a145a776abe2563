/** How the bar writes rates and times. */
import { formatBytes } from "../../lib/ui/text.ts";

/** Bytes a second in five columns: "  12B", "1.5K", " 230M"; "?" where nobody knows. */
export function formatRate(bytes: number | null): string {
  if (bytes === null) return "?".padStart(5);
  const [figure, unit] = formatBytes(bytes).split(" ") as [string, string];
  const short = figure.length > 4 ? String(Math.round(Number(figure))) : figure;
  return (short + unit[0]).padStart(5);
}

/** A time by its format: yyyy MM dd HH hh mm ss a EEE, and everything else as it is. */
export function formatClock(now: Date, format: string): string {
  const two = (figure: number) => String(figure).padStart(2, "0");
  const parts: Record<string, () => string> = {
    yyyy: () => String(now.getFullYear()),
    EEE: () => now.toLocaleDateString(undefined, { weekday: "short" }),
    MM: () => two(now.getMonth() + 1),
    dd: () => two(now.getDate()),
    HH: () => two(now.getHours()),
    hh: () => two(now.getHours() % 12 || 12),
    mm: () => two(now.getMinutes()),
    ss: () => two(now.getSeconds()),
    a: () => now.getHours() < 12 ? "am" : "pm",
  };
  return format.replaceAll(/yyyy|EEE|MM|dd|HH|hh|mm|ss|\ba\b/g, (part) => parts[part]!());
}
