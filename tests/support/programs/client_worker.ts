/**
 * A client of the mesh in a worker of a program's own. `{ home, app, close }` is answered by what the
 * app's ping gives; with `close` the client has left the mesh by then.
 */
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ home: string; app: string; close: boolean }>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data: { home, app, close } }) => {
  const ipc = await NeverLiieIPC.client({ home });
  const answer = await ipc.call(app, "$/ping", {});
  if (close) await ipc.close();
  scope.postMessage(answer);
};
