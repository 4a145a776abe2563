/**
 * A clock that all processes of a machine share: `performance.now()` begins anew in each. On Linux
 * and macOS CLOCK_MONOTONIC, on Windows the performance counter.
 *
 * https://man7.org/linux/man-pages/man3/clock_gettime.3.html
 * https://learn.microsoft.com/windows/win32/api/profileapi/nf-profileapi-queryperformancecounter
 *
 * @module
 */

const CLOCK_MONOTONIC = Deno.build.os === "darwin" ? 6 : 1;

/** Opens the clock; it tells microseconds since some moment before. */
export function openClock(): () => number {
  const ticks = new BigInt64Array(2);
  if (Deno.build.os === "windows") {
    const { symbols } = Deno.dlopen("kernel32.dll", {
      QueryPerformanceCounter: { parameters: ["buffer"], result: "i32" },
      QueryPerformanceFrequency: { parameters: ["buffer"], result: "i32" },
    });
    symbols.QueryPerformanceFrequency(ticks);
    const perMicrosecond = Number(ticks[0]) / 1e6;
    return () => {
      symbols.QueryPerformanceCounter(ticks);
      return Number(ticks[0]) / perMicrosecond;
    };
  }
  const { symbols } = Deno.dlopen(
    Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6",
    { clock_gettime: { parameters: ["i32", "buffer"], result: "i32" } },
  );
  return () => {
    symbols.clock_gettime(CLOCK_MONOTONIC, ticks);
    return Number(ticks[0]) * 1e6 + Number(ticks[1]) / 1e3;
  };
}
