/** What apps have to say to the person at the screen. */
import { onceATurn } from "../once_a_turn.ts";
import type { Notice, NoticeLevel, NotifyParams } from "./contract.ts";

const LEVELS: readonly NoticeLevel[] = ["info", "success", "warning", "error"];
const TTL = 10_000;
const TASK_TTL = 60_000;
const LONGEST_TTL = 24 * 60 * 60_000;
const LONGEST_TEXT = 500;
/** Notices kept; the oldest goes first. */
const KEPT = 100;

/** Calls a method of an app; a started app is woken for it. */
type Call = (app: string, method: string, params: Record<string, unknown>) => Promise<unknown>;

/** The notices of one status bar. */
export class Notices {
  readonly #call: Call;
  readonly #shown = new Map<string, Notice>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #changed: () => void;

  /**
   * @param call reaches the app that a cancel key means
   * @param tell is told of the notices after each change
   */
  constructor(call: Call, tell: (notices: Notice[]) => void) {
    this.#call = call;
    this.#changed = onceATurn(() => tell(this.list()));
  }

  /** All of them, the newest first. */
  list(): Notice[] {
    return [...this.#shown.values()].reverse();
  }

  /**
   * Shows a notice or changes the one that `params.id` names.
   *
   * @throws {TypeError} and {@link RangeError} that name what is wrong with the params.
   */
  notify(params: NotifyParams): { id: string } {
    const { text, level = "info", progress, cancel } = params;
    const ttl = params.ttl ?? (progress === undefined ? TTL : TASK_TTL);
    check(params, ttl, level);
    const id = params.id ?? crypto.randomUUID();
    this.#shown.set(id, {
      id,
      text: text.slice(0, LONGEST_TEXT),
      level,
      progress: progress ?? null,
      cancel: cancel ?? null,
      time: this.#shown.get(id)?.time ?? new Date().toISOString(),
    });
    clearTimeout(this.#timers.get(id));
    if (ttl > 0) this.#timers.set(id, setTimeout(() => this.dismiss(id), ttl));
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > KEPT && oldest !== undefined) this.dismiss(oldest);
    this.#changed();
    return { id };
  }

  /** Takes a notice away; says whether there was one. */
  dismiss(id: string): boolean {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const there = this.#shown.delete(id);
    if (there) this.#changed();
    return there;
  }

  /**
   * Ends the task that a notice tells of, by its poster's own method. `false` where there is no such
   * notice or its poster gave no method.
   */
  async cancel(id: string): Promise<boolean> {
    const cancel = this.#shown.get(id)?.cancel;
    if (!cancel) return false;
    await this.#call(cancel.app, cancel.method, cancel.params ?? {});
    this.dismiss(id);
    return true;
  }

  /** Forgets everything; nothing is waited for any more. */
  clear(): void {
    for (const id of [...this.#shown.keys()]) this.dismiss(id);
  }
}

function check({ text, progress, id, cancel }: NotifyParams, ttl: number, level: string): void {
  if (typeof text !== "string" || text.trim() === "") {
    throw new TypeError("Cannot notify: text must be a line of text");
  }
  if (!LEVELS.includes(level as NoticeLevel)) {
    throw new TypeError(`Cannot notify: level must be ${LEVELS.join(", ")}, got "${level}"`);
  }
  if (typeof ttl !== "number" || !(ttl >= 0) || ttl > LONGEST_TTL) {
    throw new RangeError(`Cannot notify: ttl must be 0 to ${LONGEST_TTL} milliseconds, got ${ttl}`);
  }
  if (progress !== undefined && !(typeof progress === "number" && progress >= 0 && progress <= 1)) {
    throw new RangeError(`Cannot notify: progress must be 0 to 1, got ${progress}`);
  }
  if (id !== undefined && (typeof id !== "string" || id === "" || id.length > 100)) {
    throw new TypeError("Cannot notify: id must be a text of at most 100 characters");
  }
  if (cancel === undefined) return;
  if (typeof cancel?.app !== "string" || typeof cancel?.method !== "string") {
    throw new TypeError("Cannot notify: cancel must have an app and a method");
  }
}
