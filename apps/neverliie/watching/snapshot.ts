/**
 * What the page is sent: all that it shows, as JSON.
 *
 * @module
 */

import type { Edge, MethodFigures } from "../figures.ts";

/** The mesh at one moment. Instants are in milliseconds since the epoch. */
export interface Snapshot {
  at: number;
  /** The home's folder. */
  home: string;
  /** In the order of names. */
  apps: AppView[];
  /** What is wrong with the registry, or with entries of it. */
  problems: { about: string; problem: string }[];
  /** Who called whom in the last two minutes. */
  edges: Edge[];
  /** What has been under way for a second or more, the oldest first. */
  tasks: Task[];
  /** How many there are of them, those that are not sent included. */
  tasksInAll: number;
  /** The busiest first. */
  methods: MethodFigures[];
}

/** One app, registered or running. */
export interface AppView {
  name: string;
  state: "running" | "asleep" | "gave up";
  /** Why it was given up. */
  reason: string | null;
  pid: number | null;
  version: string | null;
  /** Why its calls are not shown, while it runs. */
  silent: string | null;
  registered: boolean;
  type: "script" | "binary" | null;
  command: string[];
  cwd: string | null;
  address: string;
  methods: Offer[];
  topics: Offer[];
}

/** Something that an app has for others. */
export interface Offer {
  name: string;
  /** Of a method "call" or "stream", of a topic "topic" or "topic, retained". */
  kind: string;
  description: string;
}

/** A call or stream under way. */
export interface Task {
  app: string;
  pid: number;
  /** Its number in that process, by which it is cancelled. */
  call: number;
  method: string;
  /** An app, or a client by its process. */
  from: string;
  /** The names of its params, or how many positions. */
  params: string;
  since: number;
  /** Items so far; `null` of what is no stream, or has made none. */
  items: number | null;
  /** What its last item says of how far it is. */
  progress: Progress | null;
}

/** How far a stream is, as far as its items tell. */
export interface Progress {
  /** 0 to 1; `null` where it cannot be told. */
  share: number | null;
  text: string;
}

/** What the page shows, and what it can ask for. */
export interface InspectSource {
  snapshot(): Snapshot;
  /** Resolves when there may be something new to show. */
  changed(signal: AbortSignal): Promise<void>;
  /** Ends a call of another's; whether it was still there. */
  cancel(app: string, pid: number, call: number): Promise<boolean>;
}
