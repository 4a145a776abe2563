/**
 * All sections, in the order in which they are checked: those that end the host come last.
 *
 * @module
 */

import type { Check } from "./check.ts";
import { bytes } from "./sections/bytes.ts";
import { cancel } from "./sections/cancel.ts";
import { deadlines } from "./sections/deadlines.ts";
import { describe } from "./sections/describe.ts";
import { errors } from "./sections/errors.ts";
import { flowControl } from "./sections/flow_control.ts";
import { frames } from "./sections/frames.ts";
import { leaving } from "./sections/leaving.ts";
import { limits } from "./sections/limits.ts";
import { lines } from "./sections/lines.ts";
import { locks } from "./sections/locks.ts";
import { messages } from "./sections/messages.ts";
import { params } from "./sections/params.ts";
import { partialResults } from "./sections/partial_results.ts";
import { ping } from "./sections/ping.ts";
import { registry } from "./sections/registry.ts";
import { secondInstance } from "./sections/second_instance.ts";
import { shutdown } from "./sections/shutdown.ts";
import { streams } from "./sections/streams.ts";
import { topics } from "./sections/topics.ts";
import { waking } from "./sections/waking.ts";
import { watching } from "./sections/watching.ts";

/** Every check. */
export const CHECKS: readonly Check[] = [
  ...[frames, lines, messages, errors, params, streams, flowControl, partialResults, cancel],
  ...[bytes, limits, ping, describe, topics, watching, deadlines],
  ...[secondInstance, locks, registry, waking, leaving, shutdown],
].flat();
