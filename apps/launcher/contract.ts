/** What other programs may ask of the launcher. */
import type { DashboardModel } from "./dashboard.ts";

export type { DashboardApp, DashboardModel } from "./dashboard.ts";

/** What an entry is: an installed program, an app of the mesh, one of its methods, a command. */
export type EntryKind = "program" | "app" | "method" | "command";

/** One thing that the launcher can run. */
export interface Entry {
  /** Names it to `launch`, today and tomorrow: "program:firefox.desktop", "method:scanner.deep_scan". */
  id: string;
  kind: EntryKind;
  title: string;
  /** A few words about it; "" for none. */
  detail: string;
  /** The parameters of a method, in their order, and whether each one must be given. */
  params?: EntryParam[];
  /** Whether a method streams. */
  streams?: boolean;
}

/** A parameter of a method. */
export interface EntryParam {
  name: string;
  /** The JSON Schema type where the app tells one, such as "string" or "number". */
  type?: string;
  description?: string;
  required?: boolean;
}

/** An entry that was found. */
export interface Match extends Entry {
  /** 0..1 for how well the text fits, and up to 0.5 more for how often and lately it was used. */
  score: number;
  /** Positions in `title`, in UTF-16 units, of what was searched for. */
  matched: number[];
}

/** Params of `search`. */
export interface SearchParams {
  /** What to look for; "" gives what was used most and latest, then everything else. */
  query: string;
  /** How many at most, 1..1000; 20 by default. */
  limit?: number;
}

/** Params of `launch`. */
export interface LaunchParams {
  /** The id of an entry; "command:" and a line for the system's shell is one, too. */
  id: string;
  /** For a method: its params. */
  params?: Record<string, unknown>;
}

/** What comes of a launch: a method's items and its result, a command's output and exit code. */
export type LaunchEvent =
  | { type: "started"; title: string }
  | { type: "item"; value: unknown }
  | { type: "result"; value: unknown };

/** The methods of the app "launcher". */
export interface Launcher {
  /** What the dashboard shows now; wakes the status bar when it sleeps. */
  get_dashboard(): Promise<DashboardModel>;
  /** Looks for programs, apps, methods and commands by their names; the best match first. */
  search(params: SearchParams): Promise<Match[]>;
  /** Runs an entry; ending the stream early cancels what was called. */
  launch(params: LaunchParams): AsyncIterable<LaunchEvent>;
}
