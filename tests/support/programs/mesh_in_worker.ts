/**
 * A client of the mesh in a worker: `{ home, app }` is answered by
 * what the app's ping gives, or by the error's class and message.
 */
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ home: string; app: string }>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data: { home, app } }) => {
  try {
    const ipc = await NeverLiieIPC.client({ home });
    scope.postMessage(await ipc.call(app, "$/ping", {}));
  } catch (error) {
    scope.postMessage([(error as Error).name, (error as Error).message]);
  }
};
