/**
 * What `neverliie top` shows, at one moment.
 *
 * @module
 */

import type { PeerIdentity } from "../../../lib/ipc/mod.ts";
import type { Figures } from "../figures.ts";
import type { Running } from "../watching/activity.ts";
import type { MeshModel } from "../watching/mesh_model.ts";
import type { AppView, Progress } from "../watching/snapshot.ts";
import { progressOf } from "../watching/task.ts";

/** One app. Its figures are of the last ten seconds, or since the first look. */
export interface AppSample extends Figures {
  name: string;
  state: AppView["state"];
  /** Its process; `null` while it does not run, or has not told. */
  pid: number | null;
  /** Seconds since its process began; `null` where it did not tell. */
  uptime: number | null;
  /** Why nothing is told of its calls, or why it is not kept alive any more. */
  problem: string | null;
  /** Calls and streams that are under way. */
  inFlight: number;
}

/** A call or stream that is under way. */
export interface CallSample {
  app: string;
  pid: number;
  /** Its number in that process, by which it is cancelled. */
  call: number;
  method: string;
  from: PeerIdentity | null;
  /** When it began, in milliseconds since the epoch. */
  since: number;
  /** It began before that, nobody knows when. */
  atLeast: boolean;
  /** Items that a stream has made; `null` of what has made none. */
  items: number | null;
  /** What its last item says of how far it is. */
  progress: Progress | null;
}

/** A method that was called in the last two minutes. */
export interface MethodSample extends Figures {
  app: string;
  method: string;
}

/** The mesh at one moment. */
export interface Sample {
  /** In milliseconds since the epoch. */
  at: number;
  /** In the order of names. */
  apps: AppSample[];
  /** The oldest first. */
  calls: CallSample[];
  /** The busiest first. */
  methods: MethodSample[];
  /** What is wrong with the registry, or with entries of it. */
  problems: string[];
}

/**
 * The mesh as it is known now.
 *
 * @param names of the apps that are asked for; none for all
 */
export function sampleOf(mesh: MeshModel, names: readonly string[]): Sample {
  const wanted = ({ app }: { app: string }) => names.length === 0 || names.includes(app);
  const { at, apps, methods, problems } = mesh.snapshot();
  return {
    at,
    apps: apps.filter(({ name }) => wanted({ app: name })).map((app) => appSample(mesh, app, at)),
    calls: mesh.running().filter(wanted).map(callSample),
    methods: methods.filter(wanted).map(({ points: _, ...method }) => method),
    problems: problems.map(({ about, problem }) => `${about}: ${problem}`),
  };
}

function appSample(mesh: MeshModel, app: AppView, at: number): AppSample {
  const { name, state, pid, silent, reason } = app;
  const started = state === "running" ? mesh.started(name) : null;
  return {
    name,
    state,
    pid,
    uptime: started === null ? null : Math.max(0, Math.round((at - started) / 1_000)),
    problem: silent ?? reason,
    inFlight: mesh.running(name).length,
    ...mesh.figures(name),
  };
}

function callSample({ value, names: _, ...call }: Running): CallSample {
  return { ...call, progress: value === undefined ? null : progressOf(value) };
}
