/**
 * A client whose errors tell why a program did not answer, as far as its log does.
 *
 * @module
 */

import { ConnectionLostError, type NeverLiieIPC } from "../mod.ts";

/**
 * The same client. What a program answers is an answer, errors among it; where it is lost or late,
 * the reason may stand in its log.
 *
 * @param explain adds to the error what is known of the app
 */
export function explaining(
  client: NeverLiieIPC,
  explain: (error: unknown, app: string) => void,
): NeverLiieIPC {
  const explained = (error: unknown, app: string): never => {
    const silent = error instanceof ConnectionLostError || error instanceof Deno.errors.TimedOut;
    if (silent) explain(error, app);
    throw error;
  };
  const { call, stream } = client;
  const own: Pick<NeverLiieIPC, "call" | "stream"> = {
    call: (...given) =>
      call.apply(client, given).catch((error) => explained(error, given[0])) as Promise<never>,
    stream: (...given) => {
      const items = stream.apply(client, given);
      const { next } = items;
      const explainedNext = () =>
        next.call(items).catch((error: unknown) => explained(error, given[0]));
      return Object.assign(items, { next: explainedNext }) as never;
    },
  };
  return Object.assign(client, own);
}
