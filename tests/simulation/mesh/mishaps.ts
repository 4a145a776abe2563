/**
 * Which faults befall a mesh, and when: drawn from its seed.
 *
 * @module
 */

import { type Fault, FAULTS } from "../world/faults.ts";
import type { Machine } from "../world/machine.ts";
import { RUNTIME } from "../world/platform.ts";
import { HOME, type Mesh } from "./mesh.ts";

const KINDS = Object.keys(FAULTS) as Fault[];
/** Those that happen as soon as they are drawn. */
const AT_ONCE: readonly Fault[] = ["killed", "cleaned", "clockJump", "stalled"];

/** Arms a fault of any kind. */
export function arm(mesh: Mesh): void {
  const { random } = mesh.machine;
  armKind(mesh, KINDS[random(KINDS.length)]!);
}

/** Has faults happen until there have been as many as a run is to have. */
export function makeUp(mesh: Mesh, least: number): void {
  const { machine } = mesh;
  while (machine.faults.total < least) {
    armKind(mesh, AT_ONCE[1 + machine.random(AT_ONCE.length - 1)]!);
  }
}

function armKind(mesh: Mesh, kind: Fault): void {
  const { machine } = mesh;
  const { faults, random, scheduler } = machine;
  if (faults.over) return;
  machine.story.trace(null, `armed: ${FAULTS[kind]}`);
  switch (kind) {
    case "killed":
      return killOne(machine);
    case "stalled":
      return stallOne(machine);
    case "cleaned":
      return clean(machine);
    case "clockJump": {
      const hours = random(2) === 0 ? 7_200_000 : 90_000;
      const by = random(2 * hours) - hours;
      machine.story.tell(null, `the clock of the day is set by ${by} ms`);
      machine.clockAhead += by;
      return faults.happened("clockJump");
    }
    case "killedWithLock":
      faults.nextLock = random(12);
      return;
    case "crashBeforeRename":
    case "crashAfterRename":
      faults.nextRename = kind;
      return;
    case "cutWrite":
      faults.nextWrite = true;
      return;
    case "diskFull": {
      const place = random(2) === 0 ? HOME : "/tmp";
      machine.story.tell(null, `the disk under ${place} is full`);
      faults.fullUntil.set(place, scheduler.now + 20 + random(3_000));
      return;
    }
    case "busyDial":
      faults.busyDials = 1 + random(30);
      return;
    case "failedAccept":
      faults.acceptFailsUntil = scheduler.now + random(1_500);
      return;
    case "slowStart":
    case "hangingStart":
    case "failedStart":
      faults.nextStart = kind;
      return;
    case "lateCall":
      faults.lateCalls = 1 + random(4);
  }
}

function killOne(machine: Machine): void {
  const living = machine.living();
  const process = living[machine.random(living.length)];
  if (process === undefined) return;
  machine.faults.happened("killed");
  machine.kill(process, "is killed");
}

function stallOne(machine: Machine): void {
  const living = machine.living();
  const process = living[machine.random(living.length)];
  if (process === undefined) return;
  machine.faults.happened("stalled");
  machine.stall(process, 50 + machine.random(machine.random(3) === 0 ? 7_000 : 500));
}

/** Removes everything in the runtime folder, or some of it. */
function clean(machine: Machine): void {
  const { disk, random } = machine;
  const all = random(3) === 0;
  const removed: string[] = [];
  for (const path of [...disk.below(RUNTIME)]) {
    const { kind, children } = disk.find(path)!;
    if (!all && (kind === "folder" || random(2) === 0)) continue;
    if (children.size > 0) continue;
    disk.remove(path);
    removed.push(path.slice(path.lastIndexOf("/") + 1));
    for (const onlooker of machine.onlookers) onlooker.onCleaned(path);
  }
  if (removed.length === 0) return;
  machine.story.tell(null, `a cleaner removes ${removed.join(", ")}`);
  machine.faults.happened("cleaned");
}
