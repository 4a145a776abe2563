/** One launch as it goes: its output, how far it is, how it ended. */
import { Model } from "../../lib/ui/components.tsx";
import { plain } from "../../lib/ui/text.ts";
import type { LaunchEvent } from "./contract.ts";

/** Lines of output kept. */
const LINES = 2_000;
/** Characters of one line that are kept. */
const LINE_LENGTH = 2_000;

/** How it stands. */
export type RunState = "running" | "done" | "failed" | "cancelled";

/** A launch that is shown. */
export class Running extends Model {
  readonly title: string;
  readonly started: number = performance.now();
  /** The last lines of output. */
  readonly lines: string[] = [];
  state: RunState = "running";
  /** 0..100 where the items tell how far they are. */
  percent: number | null = null;
  /** Items that came. */
  items = 0;
  /** Milliseconds until it ended. */
  took: number | null = null;
  readonly #cancel = new AbortController();
  #open = "";
  #failed = false;

  constructor(title: string) {
    super();
    this.title = title;
  }

  /** Takes what a launch tells, to its end; never throws. */
  async follow(launch: (signal: AbortSignal) => AsyncIterable<LaunchEvent>): Promise<void> {
    try {
      for await (const event of launch(this.#cancel.signal)) this.#take(event);
      this.state = this.#failed ? "failed" : "done";
    } catch (error) {
      this.state = this.#cancel.signal.aborted ? "cancelled" : "failed";
      if (this.state === "failed") this.#line((error as Error).message);
    }
    this.#flush();
    this.took = performance.now() - this.started;
    this.changed();
  }

  /** Cancels what was called. */
  cancel(): void {
    this.#cancel.abort(new DOMException("cancelled", "AbortError"));
  }

  #take(event: LaunchEvent): void {
    if (event.type === "item") {
      this.items += 1;
      this.percent = percentOf(event.value) ?? this.percent;
      this.#show(event.value);
    } else if (event.type === "result") {
      if (isExit(event.value)) {
        this.#flush();
        const { code } = event.value;
        // Until the stream has ended, too, its state is not an end's, which has a time.
        this.#failed = code !== 0;
        this.#line(`exit code ${code}`);
      } else if (event.value !== null) this.#show(event.value);
      else if (this.items === 0) this.#line("done");
    }
    this.changed();
  }

  #show(value: unknown): void {
    const text = textOf(value);
    if (text !== null) {
      // A piece of output: not a line, and perhaps in the middle of one.
      const lines = (this.#open + text).split(/\r?\n/);
      this.#open = lines.pop() ?? "";
      for (const line of lines) this.#line(line);
    } else if (typeof value === "string") {
      for (const line of value.split("\n")) {
        this.#line(line);
      }
    } else if (this.items > 0) this.#line(JSON.stringify(value) ?? "");
    else for (const line of (JSON.stringify(value, null, 2) ?? "").split("\n")) this.#line(line);
  }

  #flush(): void {
    if (this.#open !== "") this.#line(this.#open);
    this.#open = "";
  }

  #line(line: string): void {
    this.lines.push(plain(line.slice(0, LINE_LENGTH)));
    if (this.lines.length > LINES) this.lines.splice(0, this.lines.length - LINES);
  }
}

/** How far an item says that its stream is: `percent`, `progress` (0..1), or `done` of `total`. */
export function percentOf(value: unknown): number | null {
  if (typeof value !== "object" || value === null) return null;
  const { percent, progress, done, total } = value as Record<string, unknown>;
  const within = (figure: number) => Math.min(100, Math.max(0, figure));
  if (typeof percent === "number" && Number.isFinite(percent)) return within(percent);
  if (typeof progress === "number" && Number.isFinite(progress)) return within(progress * 100);
  if (typeof done === "number" && typeof total === "number" && total > 0) {
    return within(done / total * 100);
  }
  return null;
}

function textOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  const { type, text } = value as Record<string, unknown>;
  return (type === "stdout" || type === "stderr") && typeof text === "string" ? text : null;
}

function isExit(value: unknown): value is { code: number } {
  if (typeof value !== "object" || value === null) return false;
  const { type, code } = value as Record<string, unknown>;
  return type === "exit" && typeof code === "number";
}
