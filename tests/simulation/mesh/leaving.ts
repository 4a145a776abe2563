/**
 * What must be so once a process has left the mesh.
 *
 * @module
 */

import type { Process } from "../world/process.ts";
import type { Mesh } from "./mesh.ts";

/** Milliseconds in which what a process held must be given back. */
const GRACE = 500;

/** Called by a program when the product says that it has left. */
export async function leave(mesh: Mesh, process: Process): Promise<void> {
  const { machine, records } = mesh;
  process.left = machine.scheduler.now;
  machine.story.tell(process, "has left the mesh");
  records.met("leftInOrder");
  for (const run of records.runs.values()) {
    if (run.by !== process || run.ended || run.signal.aborted) continue;
    machine.fail(`${process.name} has left, and the handler of call ${run.call} was not told`);
  }
  await machine.pause(process, GRACE);
  for (const call of records.calls) {
    if (call.by !== process || call.settled !== null) continue;
    machine.fail(`${process.name} has left, and call ${call.id} of it waits on`);
  }
  const held = [...process.resources].map(({ what }) => what);
  if (process.timers.size > 0) held.push(`${process.timers.size} timers`);
  if (process.alarms.size > 0) held.push(`${process.alarms.size} signals that go by time`);
  const heard = [...process.listeners].filter(([, all]) => all.size > 0);
  held.push(...heard.map(([signal]) => `a listener for ${signal}`));
  if (held.length > 0) {
    machine.fail(`${process.name} has left, and still holds ${held.join(", ")}`);
  }
}
