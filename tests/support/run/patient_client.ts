/** The client of a test, which waits for answers as long as a busy machine takes. */
import type { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

/** Milliseconds for an answer, unless a test says otherwise: a person's program has five seconds. */
const TIMEOUT = 30_000;

/** The same client, whose calls and streams have more time. */
export function patientClient(ipc: NeverLiieIPC): NeverLiieIPC {
  const { call, stream } = ipc;
  const patient: Pick<NeverLiieIPC, "call" | "stream"> = {
    call: (target, method, params, options) =>
      call.call(ipc, target, method, params, { timeout: TIMEOUT, ...options }) as Promise<never>,
    stream: (target, method, params, options) =>
      stream.call(ipc, target, method, params, { timeout: TIMEOUT, ...options }) as never,
  };
  return Object.assign(ipc, patient);
}
