/**
 * Programs whose output goes to a file: node.exe cannot write to a pipe under Wine.
 *
 * @module
 */

/** A command that runs another one with what that writes in a file. */
export function writingTo(file: string, command: readonly string[]): string[] {
  return Deno.build.os === "windows"
    ? ["cmd", "/c", ...command, ">", file, "2>&1"]
    : ["sh", "-c", 'exec "$@" >"$0" 2>&1', file, ...command];
}
