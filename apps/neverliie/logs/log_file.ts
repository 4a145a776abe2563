/**
 * Reading the end of a log.
 *
 * @module
 */

/** Bytes read from the end: enough for any sensible number of lines. */
const TAIL = 1 << 20;

/** The last `count` lines of the file, or `null` when there is no such file. */
export async function lastLines(path: string, count: number): Promise<string[] | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  using log = file;
  const { size } = await log.stat();
  if (size > TAIL) await log.seek(-TAIL, Deno.SeekMode.End);
  const text = await new Response(log.readable).text();
  return text.trimEnd() === "" ? [] : text.trimEnd().split(/\r?\n/).slice(-count);
}
