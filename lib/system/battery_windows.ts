/** The battery on Windows. */
import type { BatteryStats } from "./battery.ts";
import { kernel32 } from "./kernel32.ts";

// SYSTEM_POWER_STATUS:
// https://learn.microsoft.com/en-us/windows/win32/api/winbase/ns-winbase-system_power_status
const SYSTEM_POWER_STATUS = {
  sizeof: 12,
  ACLineStatus: 0,
  BatteryFlag: 1,
  BatteryLifePercent: 2,
  BatteryLifeTime: 4,
} as const;

const BATTERY_FLAG_CHARGING = 8;
const BATTERY_FLAG_NO_BATTERY = 128;
const BATTERY_PERCENTAGE_UNKNOWN = 255;
const BATTERY_LIFE_UNKNOWN = 0xffffffff;
const AC_LINE_ONLINE = 1;

/** Asks Windows. */
export function readWindowsBattery(): BatteryStats | null {
  const status = new Uint8Array(SYSTEM_POWER_STATUS.sizeof);
  if (kernel32().GetSystemPowerStatus(status) === 0) return null;
  return parsePowerStatus(status);
}

/** Reads a SYSTEM_POWER_STATUS; null when it tells of no battery or of an unknown charge. */
export function parsePowerStatus(status: Uint8Array): BatteryStats | null {
  const view = new DataView(status.buffer, status.byteOffset, SYSTEM_POWER_STATUS.sizeof);
  const flag = view.getUint8(SYSTEM_POWER_STATUS.BatteryFlag);
  const percent = view.getUint8(SYSTEM_POWER_STATUS.BatteryLifePercent);
  // 255 has the "no battery" bit set as well, and means that Windows could not find out.
  if ((flag & BATTERY_FLAG_NO_BATTERY) !== 0 || percent === BATTERY_PERCENTAGE_UNKNOWN) return null;
  const seconds = view.getUint32(SYSTEM_POWER_STATUS.BatteryLifeTime, true);
  const onMains = view.getUint8(SYSTEM_POWER_STATUS.ACLineStatus) === AC_LINE_ONLINE;
  return {
    percent: Math.min(100, percent),
    charging: (flag & BATTERY_FLAG_CHARGING) !== 0,
    secondsLeft: onMains || seconds === BATTERY_LIFE_UNKNOWN ? null : seconds,
  };
}
