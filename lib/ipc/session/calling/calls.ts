/**
 * How the process at the other end is asked.
 *
 * @module
 */

import type { Params } from "../../wire/message.ts";
import type { Reply, WaitOptions } from "./pending_calls.ts";
import type { StreamRemote } from "./stream.ts";

/** The calling half of a session. */
export interface Calls extends StreamRemote {
  /** Calls a method of the peer; see `Connection`. */
  call(method: string, params?: Params, options?: WaitOptions): Promise<Reply>;
}
