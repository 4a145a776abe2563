/** The battery on macOS, from `pmset`, which every installation has. */
import type { BatteryStats } from "./battery.ts";

/** Runs `pmset -g batt`. Needs `--allow-run=pmset`. */
export async function readMacosBattery(): Promise<BatteryStats | null> {
  const { success, stdout } = await new Deno.Command("pmset", {
    args: ["-g", "batt"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return success ? parsePmset(new TextDecoder().decode(stdout)) : null;
}

/** Reads what `pmset -g batt` prints; null when it lists no battery of the machine's own. */
export function parsePmset(output: string): BatteryStats | null {
  // A line such as: -InternalBattery-0 (id=4522083)  85%; discharging; 5:12 remaining present: true
  // A battery-backed power supply (UPS) has lines of its own and another name.
  const line = output.split("\n").find((line) => line.includes("InternalBattery"));
  const percent = line?.match(/(\d+)%/)?.[1];
  if (line === undefined || percent === undefined) return null;
  // The state is a field of its own: "not charging" must not pass for "charging".
  const states = line.split(";").slice(1).map((state) => state.trim());
  const charging = states.includes("charging") || states.includes("finishing charge");
  const time = states.includes("discharging") ? line.match(/(\d+):(\d\d) remaining/) : null;
  return {
    percent: Math.min(100, Number(percent)),
    charging,
    secondsLeft: time ? Number(time[1]) * 3600 + Number(time[2]) * 60 : null,
  };
}
