/** The battery, where there is one. */
import { readLinuxBattery } from "./battery_linux.ts";
import { readMacosBattery } from "./battery_macos.ts";
import { readWindowsBattery } from "./battery_windows.ts";

/** The state of all of the machine's own batteries together. */
export interface BatteryStats {
  /** Charge, 0..100. */
  percent: number;
  /** Whether it is being charged now; false when full, or held below full by the system. */
  charging: boolean;
  /** Seconds until empty while it discharges; null while it does not, or where nobody knows. */
  secondsLeft: number | null;
}

/** Reads the battery; null on a machine without one, or whose charge the system does not know. */
export function readBattery(): Promise<BatteryStats | null> {
  switch (Deno.build.os) {
    case "windows":
      return Promise.resolve(readWindowsBattery());
    case "linux":
      return Promise.resolve(readLinuxBattery());
    case "darwin":
      return readMacosBattery();
    default:
      return Promise.resolve(null);
  }
}
