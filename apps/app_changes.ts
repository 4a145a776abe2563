/**
 * When to look again at which apps there are and which of them run.
 *
 * @module
 */

import type { NeverLiieIPC } from "../lib/ipc/mod.ts";
import { pause } from "../lib/system/waiting.ts";

/**
 * Yields at once, then whenever an app has come, gone, been registered or removed, and every
 * `interval` milliseconds besides: what else is shown of an app, such as that it was given up, is
 * told by nobody. Rejects with the signal's reason once that fires.
 */
export async function* appChanges(
  ipc: NeverLiieIPC,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<void> {
  const presence = ipc.presence({ signal });
  // The first event is what was so before.
  const next = async () => {
    while ((await presence.next()).value?.event === "present");
    return true;
  };
  // Begun before each look: what comes while somebody looks is a reason to look again.
  let change = next();
  try {
    for (;;) {
      yield;
      const over = new AbortController();
      const time = pause(interval, AbortSignal.any([signal, over.signal])).then(() => false);
      try {
        if (await Promise.race([change, time])) change = next();
      } finally {
        over.abort();
        time.catch(() => {
          // It is no longer waited for.
        });
      }
    }
  } finally {
    change.catch(() => {
      // Its reason is thrown by the other one.
    });
    await presence.return();
  }
}
