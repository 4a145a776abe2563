/**
 * Snapshots for the page as they change, as server-sent events.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @module
 */

import { pause } from "../../../lib/system/waiting.ts";
import type { InspectSource } from "../watching/snapshot.ts";

/** Milliseconds between two snapshots at least: more often nobody can read them. */
const PAUSE = 250;
/** Milliseconds after which one is sent though nothing changed: rates fall, plots move. */
const IDLE = 1_000;

/**
 * A snapshot at once, and then one whenever something changed; "ended" with the signal. The next is
 * made when the last has left, so a page that does not read costs nothing.
 */
export function eventStream(
  source: InspectSource,
  ended: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = new AbortController();
  const over = AbortSignal.any([ended, left.signal]);
  const encoder = new TextEncoder();
  let first = true;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const send = (event: string, data: unknown) =>
        controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      if (!first) await next(source, over);
      first = false;
      if (left.signal.aborted) return;
      if (!ended.aborted) return send("snapshot", source.snapshot());
      send("ended", null);
      controller.close();
    },
    cancel() {
      left.abort();
    },
  }, { highWaterMark: 0 });
}

async function next(source: InspectSource, over: AbortSignal): Promise<void> {
  const idle = new AbortController();
  const signal = AbortSignal.any([over, idle.signal]);
  try {
    await pause(PAUSE, signal);
    await Promise.race([source.changed(signal), pause(IDLE - PAUSE, signal)]);
  } catch (error) {
    if (!over.aborted) throw error;
  } finally {
    idle.abort();
  }
}
