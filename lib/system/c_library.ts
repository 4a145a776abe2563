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
