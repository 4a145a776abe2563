/**
 * What an app of the suite writes to its records, by LogTape.
 *
 * @module
 */

// Types alone: loading the library is what a start must not wait for (docs/decisions/0033).
import type { LogRecord, Sink } from "@logtape/logtape";
import { OLD_RECORD_FILES_MAX } from "./app_record.ts";

/** Bytes after which a file is set aside. */
const FILE_SIZE_MAX = 1 << 20;
/** Milliseconds after the start at which records are written; those who woke the app go first. */
const DELAY = 1_000;
/** Records that wait for that; with more, they are written at once. */
const WAITING_MAX = 100;

/** The records of one app, from its start to its end. */
export class AppLog {
  readonly #app: string;
  #path: string | null = null;
  #waiting: LogRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | null = null;
  #sink: (Sink & Disposable) | null = null;
  #failed = false;

  constructor(app: string) {
    this.#app = app;
  }

  /** Records come to nothing before this: only the app that holds the name writes to the file. */
  begin(path: string): void {
    this.#path = path;
    this.#timer = setTimeout(() => void this.#load(), DELAY);
  }

  /** Writes a record, at the latest a moment after the start; with the time of this call. */
  write(level: "info" | "warning", message: string, properties: Record<string, unknown> = {}) {
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
  }

  #load(): Promise<void> {
    return this.#loading ??= this.#open();
  }

  async #open(): Promise<void> {
    if (this.#path === null) return;
    try {
      const [{ getRotatingFileSink }, { getJsonLinesFormatter }] = await Promise.all([
        import("@logtape/file"),
        import("@logtape/logtape"),
      ]);
      this.#sink = getRotatingFileSink(this.#path, {
        formatter: getJsonLinesFormatter(),
        maxSize: FILE_SIZE_MAX,
        maxFiles: OLD_RECORD_FILES_MAX,
        // A record is in the file when it is written: there are few, and a crash may be next.
        bufferSize: 0,
      });
      this.#flush();
    } catch (error) {
      this.#tell(error);
    }
  }

  #flush(): void {
    try {
      for (const record of this.#waiting.splice(0)) this.#sink?.(record);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** A log that cannot be written stops no app: it is told once, and the app goes on. */
  #tell(error: unknown): void {
    if (!this.#failed) console.error(`Cannot write "${this.#path}": ${error}`);
    this.#failed = true;
  }
}
