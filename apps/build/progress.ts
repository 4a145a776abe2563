/**
 * Progress of a build: a bar at the foot of the terminal, under the lines that are there to stay.
 * Without a terminal, the lines alone.
 *
 * @module
 */
import { bar } from "../../lib/ui/text.ts";

const CLEAR_LINE = "\r\x1b[2K";

/** One bar, on standard error. */
export class Progress implements Disposable {
  #total: number;
  readonly #shown: boolean;
  readonly #write: (text: string) => void;
  readonly #running = new Set<string>();
  #done = 0;

  /** @param total how many steps there are */
  constructor(
    total: number,
    shown: boolean = Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
    write: (text: string) => void = (text) =>
      void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  ) {
    this.#total = total;
    this.#shown = shown;
    this.#write = write;
    this.#draw();
  }

  /** A step began; the bar names it until it is done. */
  begin(step: string): void {
    this.#running.add(step);
    this.#draw();
  }

  /** A step is over, well or not; `line` stays on the screen. */
  end(step: string, line: string): void {
    this.#running.delete(step);
    this.#done++;
    if (this.#shown) this.#write(CLEAR_LINE);
    this.#write(`${line}\n`);
    this.#draw();
  }

  /** Steps that will not be done. */
  skip(count: number): void {
    this.#total -= count;
    this.#draw();
  }

  /** Removes the bar. */
  [Symbol.dispose](): void {
    if (this.#shown) this.#write(CLEAR_LINE);
  }

  #draw(): void {
    if (!this.#shown || this.#total === 0) return;
    const now = [...this.#running].join(", ");
    const columns = Deno.stderr.isTerminal() ? Deno.consoleSize().columns : 80;
    const text = `${bar(100 * this.#done / this.#total, 24)} ${this.#done}/${this.#total} ${now}`;
    this.#write(CLEAR_LINE + text.slice(0, columns - 1));
  }
}
