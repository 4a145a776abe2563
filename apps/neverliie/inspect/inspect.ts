/**
 * `neverliie inspect`: the mesh as a page in the browser.
 *
 * @module
 */

import type { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { UsageError } from "../exit.ts";
import { openInBrowser } from "./browser.ts";
import { MeshModel } from "../watching/mesh_model.ts";
import { InspectServer } from "./server.ts";
import { print, tell, writeLine, writeText } from "../../output.ts";

/** What `neverliie inspect` is told. */
export interface InspectOptions {
  json?: boolean;
  /** Fires on Ctrl-C. */
  signal: AbortSignal;
  /** 0 for one that is free. */
  port: number;
  /** Whether to open a browser. */
  open: boolean;
}

/** Serves the page until its button ends it, or rejects with the signal's reason after Ctrl-C. */
export async function inspect(
  ipc: NeverLiieIPC,
  { json, signal, port, open }: InspectOptions,
): Promise<void> {
  await using model = new MeshModel(ipc);
  await using server = serve(model, port);
  await model.begin();
  const interrupted = Promise.withResolvers<void>();
  const onAbort = () => interrupted.resolve();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const { link } = server;
    if (json) print({ url: link, port: server.port, pid: Deno.pid }, true);
    else {
      // (At once: who reads the link alone gets a page that goes on.)
      writeText(
        `The mesh as a page: ${link}\nThe link works once, in one browser. Ctrl-C ends the page.`,
      );
    }
    const problem = open ? await openInBrowser(link) : null;
    if (problem !== null) {
      tell(`No browser was opened: ${problem}. Open the link by hand.`);
    }
    await Promise.race([server.closed, interrupted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  await server.close();
  signal.throwIfAborted();
  if (!json) writeLine("The page was ended by its button.");
}

function serve(model: MeshModel, port: number): InspectServer {
  try {
    return new InspectServer(model, port);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new UsageError(
        `Cannot listen on 127.0.0.1:${port}: another program does. ` +
          "Give another --port, or none for one that is free",
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UsageError(
        `Cannot listen on 127.0.0.1:${port}: ${error.message}. ` +
          "Give a --port above 1023, or none for one that is free",
      );
    }
    throw error;
  }
}
