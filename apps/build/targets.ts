/**
 * The systems that programs are built for.
 *
 * @module
 */

/** Every target that `deno compile` knows, by its triple, and what people call it. */
export const TARGETS: Readonly<Record<string, string>> = {
  "x86_64-pc-windows-msvc": "Windows x64",
  "aarch64-pc-windows-msvc": "Windows ARM64",
  "x86_64-unknown-linux-gnu": "Linux x64",
  "aarch64-unknown-linux-gnu": "Linux ARM64",
  "x86_64-apple-darwin": "macOS x64",
  "aarch64-apple-darwin": "macOS ARM64",
};

/** Whether executables of the target are Windows'. */
export function isWindowsTarget(target: string): boolean {
  return target.includes("windows");
}

/** The file name of a program's executable. */
export function executableName(program: string, target: string): string {
  return isWindowsTarget(target) ? `${program}.exe` : program;
}
