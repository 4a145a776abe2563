/**
 * How often something happens and how long it takes: the shapes alone, so that the page of
 * `neverliie inspect` is checked against them.
 *
 * @module
 */

/** Figures of the last ten seconds; times in milliseconds, `null` where there are none. */
export interface Figures {
  count: number;
  failed: number;
  perSecond: number;
  p50: number | null;
  p99: number | null;
}

/** The middle and the slow end of two seconds, in milliseconds; `null` where nothing was timed. */
export type Point = [p50: number, p99: number] | null;

/** One method's calls. */
export interface MethodFigures extends Figures {
  app: string;
  method: string;
  /** One point for each two seconds of the last two minutes, the oldest first. */
  points: Point[];
}

/** Calls from one to another. */
export interface Edge {
  /** An app; "" for callers that have no name or tell none. */
  from: string;
  to: string;
  /** In the last ten seconds. */
  perSecond: number;
}
