/** The battery on Windows. */
import type { BatteryStats } from "./battery.ts";
import { kernel32 } from "./kernel32.ts";

// SYSTEM_POWER_STATUS:
// https://learn.microsoft.com/en-us/windows/win32/api/winbase/ns-winbase-system_power_status
const SIZE = 12;
const AC_LINE_STATUS = 0;
const BATTERY_FLAG = 1;
const BATTERY_LIFE_PERCENT = 2;
const BATTERY_LIFE_TIME = 4;

const FLAG_CHARGING = 8;
const FLAG_NO_BATTERY = 128;
const UNKNOWN = 255;
const UNKNOWN_TIME = 0xffffffff;
const AC_ONLINE = 1;

/** Asks Windows. */
export function readWindowsBattery(): BatteryStats | null {
  const status = new Uint8Array(SIZE);
  if (kernel32().GetSystemPowerStatus(status) === 0) return null;
  return parsePowerStatus(status);
}

/** Reads a SYSTEM_POWER_STATUS; null when it tells of no battery or of an unknown charge. */
export function parsePowerStatus(status: Uint8Array): BatteryStats | null {
  const view = new DataView(status.buffer, status.byteOffset, SIZE);
  const flag = view.getUint8(BATTERY_FLAG);
  const percent = view.getUint8(BATTERY_LIFE_PERCENT);
  // 255 has the "no battery" bit set as well, and means that Windows could not find out.
  if ((flag & FLAG_NO_BATTERY) !== 0 || percent === UNKNOWN) return null;
  const seconds = view.getUint32(BATTERY_LIFE_TIME, true);
  const onMains = view.getUint8(AC_LINE_STATUS) === AC_ONLINE;
  return {
    percent: Math.min(100, percent),
    charging: (flag & FLAG_CHARGING) !== 0,
    secondsLeft: onMains || seconds === UNKNOWN_TIME ? null : seconds,
  };
}
