/**
 * What an app of the suite writes to its records, by LogTape.
 *
 * @module
 */

// Types alone: loading the library is what a start must not wait for (docs/decisions/0033).
import type { LogRecord, Sink } from "@logtape/logtape";
import { tell } from "./output.ts";

/** Milliseconds after the start at which records are written; those who woke the app go first. */
const DELAY = 1_000;
/** Records that wait for that; with more, they are written at once. */
const WAITING_MAX = 100;
/** Records that wait while the library is being loaded; what comes after them is lost. */
const KEPT_MAX = 1_000;

/** The records of one app, from its start to its end. */
export class AppLog {
  readonly #app: string;
  readonly #report: (problem: string) => void;
  #path: string | null = null;
  /** Records that are not in the file yet; `null` once there will be no file any more. */
  #waiting: LogRecord[] | null = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | null = null;
  #sink: (Sink & Disposable) | null = null;
  #failed = false;

  /** @param report is told where records cannot be written */
  constructor(app: string, report: (problem: string) => void = tell) {
    this.#app = app;
    this.#report = report;
  }

  /** Records come to nothing before this: only the app that holds the name writes to the file. */
  begin(path: string): void {
    this.#path = path;
    this.#timer = setTimeout(() => void this.#load(), DELAY);
  }

  /** Writes a record, at the latest a moment after the start; with the time of this call. */
  write(level: "info" | "warning", message: string, properties: Record<string, unknown> = {}) {
    if (this.#waiting === null || this.#waiting.length >= KEPT_MAX) return;
    this.#waiting.push({
      category: [this.#app],
      level,
      message: [message],
      rawMessage: message,
      timestamp: Date.now(),
      properties,
    });
    if (this.#sink !== null) this.#flush();
    else if (this.#waiting.length > WAITING_MAX && this.#path !== null) void this.#load();
  }

  /** Writes what waits, and closes the file. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#load();
    this.#sink?.[Symbol.dispose]();
    this.#sink = null;
    this.#path = null;
    this.#waiting = null;
  }

  #load(): Promise<void> {
    return this.#loading ??= this.#open();
  }

  async #open(): Promise<void> {
    if (this.#path === null) return;
    try {
      const { openRecords } = await import("./record_sink.ts");
      this.#sink = openRecords(this.#path);
      this.#flush();
    } catch (error) {
      this.#waiting = null;
      this.#tell(error);
    }
  }

  #flush(): void {
    try {
      for (const record of this.#waiting?.splice(0) ?? []) this.#sink?.(record);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** A log that cannot be written stops no app: it is told once, and the app goes on. */
  #tell(error: unknown): void {
    if (!this.#failed) this.#report(`Cannot write "${this.#path}": ${(error as Error).message}`);
    this.#failed = true;
  }
}
