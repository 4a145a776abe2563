/**
 * Programs whose output goes to a file: node.exe cannot write to a pipe under Wine.
 *
 * @module
 */

import type { TestMesh } from "./mesh.ts";

/** A command that runs another one with what that writes in a file. */
export function writingTo(file: string, command: readonly string[]): string[] {
  return Deno.build.os === "windows"
    ? ["cmd", "/c", ...command, ">", file, "2>&1"]
    : ["sh", "-c", 'exec "$@" >"$0" 2>&1', file, ...command];
}

/** Runs a program of a mesh to its end. @returns its exit code, and all that it wrote */
export async function writtenBy(
  mesh: TestMesh,
  command: readonly string[],
): Promise<[code: number, text: string]> {
  const file = await Deno.makeTempFile({ dir: mesh.home, suffix: ".txt" });
  const streams = { stdout: "null", stderr: "null" } as const;
  const { code } = await mesh.spawn(writingTo(file, command), streams).status;
  const text = (await Deno.readTextFile(file)).replaceAll("\r", "");
  await Deno.remove(file);
  return [code, text];
}
