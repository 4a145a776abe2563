/**
 * What stands before the arguments that a function takes in variable number (fcntl, ioctl). Apple's
 * ARM processors pass those on the stack, behind the eight registers for the others: six that nobody
 * reads fill up the registers behind the two that are always given.
 *
 * https://developer.apple.com/documentation/xcode/writing-arm64-code-for-apple-platforms
 */
export const FILL: readonly 0n[] = Array<0n>(
  Deno.build.os === "darwin" && Deno.build.arch === "aarch64" ? 6 : 0,
).fill(0n);

/** The types of {@link FILL}. */
export const FILL_TYPES: readonly "u64"[] = FILL.map(() => "u64");

/**
 * The file name of this system's C library, as the system's loader finds it.
 *
 * Linux and macOS number and lay out things differently, so no other Unix is taken for either.
 *
 * @throws {Deno.errors.NotSupported} On a system whose numbers nobody wrote down.
 */
export function cLibrary(system: string = Deno.build.os): string {
  switch (system) {
    case "linux":
      return "libc.so.6";
    case "darwin":
      return "/usr/lib/libSystem.B.dylib";
    default:
      throw new Deno.errors.NotSupported(
        `Cannot call the C library of "${system}": those of linux and darwin are known`,
      );
  }
}
