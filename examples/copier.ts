/** An app that copies files and tells how far it is. A cancelled copy leaves nothing behind. */
import { NeverLiieIPC } from "@neverliie/ipc";

/** What a caller hears of, in bytes. */
export interface Progress {
  done: number;
  total: number;
}

if (import.meta.main) {
  await using ipc = await NeverLiieIPC.open("copier");
  ipc.expose("copy", copy, { description: "copies a file; an item for each part" });
  console.log("copier serves");
  await ipc.closed;
}

async function* copy(
  { from, to }: { from: string; to: string },
  { signal }: { signal: AbortSignal },
): AsyncGenerator<Progress> {
  using source = await Deno.open(from);
  const { size: total } = await source.stat();
  const part = `${to}.part`;
  let complete = false;
  try {
    using target = await Deno.open(part, { write: true, create: true, truncate: true });
    const buffer = new Uint8Array(64 << 10);
    let done = 0;
    yield { done, total };
    for (let count; (count = await source.read(buffer)) !== null;) {
      signal.throwIfAborted();
      for (let at = 0; at < count;) at += await target.write(buffer.subarray(at, count));
      done += count;
      yield { done, total };
    }
    complete = true;
  } finally {
    // Also when the caller left the loop, pressed Ctrl-C or died.
    if (!complete) await Deno.remove(part).catch(() => {/* it could not even be made */});
  }
  await Deno.rename(part, to);
}
