/**
 * Opening a page in the user's browser.
 *
 * @module
 */

import { openByShell } from "../../../lib/system/shell_windows.ts";

/**
 * Opens `link` as the system does it, without a shell that would read it. Does not wait for the
 * browser.
 *
 * @returns why no browser could be opened; `null` where one is asked to
 */
export async function openInBrowser(link: string): Promise<string | null> {
  try {
    if (Deno.build.os === "windows") await openByShell(link);
    else if (Deno.build.os === "darwin") return await run("open", link);
    // Without a display xdg-open falls back to a browser in this terminal, and takes it over.
    else if (!["DISPLAY", "WAYLAND_DISPLAY"].some((name) => Deno.env.get(name))) {
      return "there is no display here";
    } else return await run("xdg-open", link);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Milliseconds in which an opener says whether it could: some stay for as long as the browser. */
const DECIDED = 3_000;

async function run(program: string, link: string): Promise<string | null> {
  let child;
  try {
    child = new Deno.Command(program, {
      args: [link],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no "${program}" here`;
    throw error;
  }
  let late: ReturnType<typeof setTimeout> | undefined;
  const waited = new Promise<null>((resolve) => late = setTimeout(() => resolve(null), DECIDED));
  const status = await Promise.race([child.status, waited]);
  clearTimeout(late);
  // It may outlive this command.
  child.unref();
  return status === null || status.success
    ? null
    : `"${program}" ended with exit code ${status.code}`;
}
