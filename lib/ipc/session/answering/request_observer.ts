/**
 * How a request tells those who watch it of its course.
 *
 * @module
 */

/** Told of the course of one request: for `$/watch`. */
export interface RequestObserver {
  /** Tells the request from others of this process, for as long as it runs. */
  readonly call: number;
  /** Its stream has made an item. */
  advanced(): void;
  /** It is over; only the first time counts. */
  ended(outcome: "answered" | "failed" | "cancelled", thrown?: unknown): void;
}

/** A request, as far as its stream knows it. */
export interface ObservedRequest {
  /** Told of each item and of the end; `null` while nobody watches. */
  readonly observer: RequestObserver | null;
}
