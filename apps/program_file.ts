/**
 * Files of executables: how one gets to another folder, and to another name.
 *
 * @module
 */

/**
 * Copies a file's content, and nothing that the system notes beside it. Windows marks what came from
 * the web in a hidden part of the file, and asks before it starts such a program, at each logon
 * again; the system's own way of copying takes the mark along.
 *
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-copyfileexw
 */
export async function copyContent(from: string, to: string): Promise<void> {
  using source = await Deno.open(from);
  using target = await Deno.open(to, { write: true, create: true, truncate: true });
  await source.readable.pipeTo(target.writable);
}

/**
 * Gives a file one more name: a hard link, or a copy where the file system has none. What has the
 * name by now makes way.
 */
export async function linkFile(from: string, to: string): Promise<void> {
  try {
    await Deno.remove(to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    await copyContent(from, to);
    if (Deno.build.os !== "windows") await Deno.chmod(to, 0o755);
  }
}
