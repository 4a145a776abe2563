/**
 * `neverliie inspect`, started for a test or a picture.
 *
 * @module
 */

import { assert } from "@std/assert";
import { suiteCommand, type TestMesh } from "./mesh.ts";

/** A page that is being served. */
export interface InspectCommand {
  /** The link that works once. */
  link: string;
  port: number;
  child: Deno.ChildProcess;
  /** Its exit code and what it printed after the link. */
  ended: Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Starts the command without a browser, and reads the link that it prints. */
export async function startInspect(mesh: TestMesh, ...args: string[]): Promise<InspectCommand> {
  const child = mesh.spawn([
    ...suiteCommand("neverliie"),
    "inspect",
    "--no-open",
    "--json",
    ...args,
  ]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const stderr = new Response(child.stderr).text();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    assert(!done, `inspect ended: ${text}${done ? await stderr : ""}`);
    text += value;
  }
  const { url, port } = JSON.parse(text);
  const rest = (async () => {
    let all = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return all;
      all += value;
    }
  })();
  return {
    link: url,
    port,
    child,
    ended: (async () => ({
      code: (await child.status).code,
      stdout: await rest,
      stderr: await stderr,
    }))(),
  };
}
