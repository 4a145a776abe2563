/**
 * What each program of the suite does first: a fresh home knows the suite. This one needs no package
 * of npm: started without the lock file, Deno would ask the registry for some.
 */
import { suite } from "../../../apps/suite.ts";
import { NeverLiieIPC } from "../../../lib/ipc/mod.ts";

await using _ipc = await NeverLiieIPC.client({ suite: suite() });
