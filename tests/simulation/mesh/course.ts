/**
 * The course of a run: apps and callers come and go, things go wrong, then nothing does any more,
 * and in the end everybody leaves.
 *
 * @module
 */

import type { Checks } from "./checks.ts";
import { type App, HOME, type Mesh } from "./mesh.ts";
import { arm, makeUp } from "./mishaps.ts";
import type { Random } from "../../support/chaos/random.ts";
import type { Process } from "../world/process.ts";

/** Faults of a run, at least. */
export const FAULTS_MIN = 3;
/** Steps of a run, at least. */
export const STEPS_MIN = 200;
/** Milliseconds for all who are asked to leave. */
const LEAVING = 20_000;
/** Milliseconds for the last caller: an app may be refused for ten seconds and start for thirty. */
const RECOVERY = 80_000;

const decoder = new TextDecoder();

/** The apps of a mesh. */
export function appsOf(random: Random): App[] {
  const kept = random(4) === 0;
  const apps: App[] = [
    { name: "files", kept: false, crashes: false },
    { name: "notes", kept, crashes: false },
  ];
  // One that keeps dying takes a minute until it is given up.
  if (random(16) === 0) apps.push({ name: "clock", kept: true, crashes: true });
  return apps;
}

/** Runs a mesh to its end. */
export async function takeCourse(mesh: Mesh, checks: Checks): Promise<void> {
  const { machine } = mesh;
  const { random } = machine;
  const crashing = mesh.apps.some(({ crashes }) => crashes);
  const horizon = crashing ? 60_000 : 2_000 + random(5_000);
  if (random(3) > 0 || crashing) mesh.enter(mesh.apps);
  if (crashing) oweStarts(mesh);
  mesh.startByHand("files");
  if (random(3) === 0) mesh.startByHand("notes");
  const later = (work: () => void) => void machine.scheduler.after(random(4_000), null, work);
  for (let i = random(4) > 0 ? 2 : 3; i > 0; i--) later(() => void mesh.startCaller());
  if (random(3) === 0) later(() => void mesh.startByHand("files", ["again"]));
  for (let i = FAULTS_MIN + random(4); i > 0; i--) later(() => arm(mesh));
  await machine.pause(null, horizon);
  while (machine.steps < STEPS_MIN) {
    mesh.startCaller();
    await machine.pause(null, 1_000);
  }
  makeUp(mesh, FAULTS_MIN);
  noteGivenUp(mesh);
  machine.faults.end();
  for (const process of machine.processes) process.callsLeft = null;
  for (const process of machine.living()) {
    if (process.hangs) machine.kill(process, "is ended by a person, as it hangs");
  }
  const stopped = machine.living().map(({ stalledUntil }) => stalledUntil - machine.scheduler.now);
  await machine.pause(null, Math.max(0, ...stopped) + 500);
  machine.story.tell(null, "nothing goes wrong any more");
  await ends(mesh, mesh.startByHand("client", ["last"]), RECOVERY);
  for (let wait; (wait = checks.settling()) > 0;) await machine.pause(null, wait);
  checks.checkNames();
  await everybodyLeaves(mesh);
}

/** The file by which an app that is kept alive is known to be owed a start. */
function oweStarts(mesh: Mesh): void {
  const { disk } = mesh.machine;
  for (const { name, crashes } of mesh.apps) {
    if (!crashes) continue;
    const folder = `${HOME}/run`;
    disk.makeFolder(folder, true, 0o700);
    const path = `${folder}/${name}.kept.json`;
    const text = JSON.stringify({ started: mesh.machine.wall, restarts: 0, gaveUp: null });
    disk.write(path, disk.open(path, { create: true }), 0, new TextEncoder().encode(text));
  }
}

/** Counts the apps that are not started any more, as they kept dying. */
function noteGivenUp({ machine, records, apps }: Mesh): void {
  for (const { name } of apps) {
    const file = machine.disk.find(`${HOME}/run/${name}.kept.json`);
    if (file === null || !decoder.decode(file.data).includes('"gaveUp":"')) continue;
    machine.story.tell(null, `"${name}" is given up`);
    records.met("gaveUp");
  }
}

async function everybodyLeaves(mesh: Mesh): Promise<void> {
  const { machine } = mesh;
  machine.story.tell(null, "everybody is asked to leave");
  for (let round = 0; round < 3; round++) {
    for (const process of machine.living()) {
      const [listener] = process.listeners.get("SIGTERM") ?? [];
      if (listener === undefined && process.stalledUntil <= machine.scheduler.now) {
        // One that hangs, or has only begun: the signal ends it.
        machine.kill(process, "is ended by SIGTERM", 143);
      } else if (listener !== undefined) {
        machine.story.tell(process, "gets SIGTERM");
        machine.scheduler.after(0, process, listener);
      }
    }
    await Promise.race([
      Promise.all(machine.living().map((process) => ends(mesh, process, LEAVING))),
      machine.pause(null, LEAVING),
    ]);
    if (machine.living().length === 0) break;
  }
  for (const process of machine.living()) {
    machine.fail(`${process.name} was asked to leave and runs on`);
  }
  const { calls } = mesh.records;
  const waiting = calls.find(({ settled, by }) => settled === null && by.exitCode === 0);
  if (waiting !== undefined) {
    machine.fail(`${waiting.by.name} has ended, and call ${waiting.id} of it was never settled`);
  }
  for (const path of machine.disk.below("/tmp")) {
    const { locks } = machine.disk.find(path)!;
    if (locks.size > 0) machine.fail(`${path} is locked, and nobody runs any more`);
  }
}

/** Resolves when a process has ended; at the latest after so many milliseconds. */
function ends({ machine }: Mesh, process: Process, limit: number): Promise<void> {
  if (!process.alive) return Promise.resolve();
  const ended = new Promise<void>((resolve) => process.onEnd.push(resolve));
  return Promise.race([ended, machine.pause(null, limit)]);
}
