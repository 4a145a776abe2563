/** What the palette is doing, and what each key makes of it. */
import type { Key } from "ink";
import { Model } from "../../lib/ui/components.tsx";
import { edit, type TextField, textField } from "../../lib/ui/text_field.tsx";
import type { Entry, LaunchEvent, Match } from "./contract.ts";
import { paramsFrom } from "./form.ts";
import { Running } from "./running.ts";

/** How many matches can be scrolled through. */
const MATCHES = 200;
/** Lines that Page up and Page down move. */
const PAGE = 10;

/** What the palette works with. */
export interface PaletteActions {
  search(query: string, limit: number): Match[];
  launch(
    id: string,
    params: Record<string, unknown> | undefined,
    signal: AbortSignal,
  ): AsyncIterable<LaunchEvent>;
  leave(): void;
}

/** The fields of a method's parameters. */
export interface FormMode {
  name: "form";
  entry: Entry;
  fields: TextField[];
  at: number;
  /** What is wrong with the texts, or null. */
  problem: string | null;
}

/** A launch on the screen, scrolled back by so many lines. */
export interface RunMode {
  name: "run";
  running: Running;
  back: number;
}

/** A prompt with its matches, a form, or a launch. */
export type PaletteMode = { name: "search" } | FormMode | RunMode;

/** The palette without its drawing: keys go in, what is to be shown can be read. */
export class PaletteState extends Model {
  readonly #actions: PaletteActions;
  query: TextField = textField();
  selected = 0;
  mode: PaletteMode = { name: "search" };

  constructor(actions: PaletteActions) {
    super();
    this.#actions = actions;
  }

  /** Looked up each time: what is installed and who runs may have changed as well. */
  matches(): Match[] {
    return this.#actions.search(this.query.text, MATCHES);
  }

  /** Takes one key, or a piece of text. */
  press(input: string, key: Key): void {
    if (key.ctrl && input === "c") {
      if (this.mode.name === "run") this.mode.running.cancel();
      this.#actions.leave();
    } else if (this.mode.name === "search") this.#search(input, key);
    else if (this.mode.name === "form") this.#form(this.mode, input, key);
    else this.#run(this.mode, key);
    this.changed();
  }

  #search(input: string, key: Key): void {
    if (key.escape) {
      if (this.query.text === "") return this.#actions.leave();
      this.query = textField();
      this.selected = 0;
      return;
    }
    const by = steps(key);
    if (by !== 0 || key.return) {
      const matches = this.matches();
      const last = Math.max(0, matches.length - 1);
      this.selected = Math.min(last, Math.max(0, Math.min(last, this.selected) + by));
      const match = matches[this.selected];
      if (key.return && match !== undefined) this.#choose(match);
      return;
    }
    const next = edit(this.query, input, key);
    if (next === null) return;
    if (next.text !== this.query.text) this.selected = 0;
    this.query = next;
  }

  #form(mode: FormMode, input: string, key: Key): void {
    const count = mode.fields.length;
    const by = key.tab ? (key.shift ? -1 : 1) : steps(key);
    if (key.escape) this.mode = { name: "search" };
    else if (by !== 0) {
      this.mode = { ...mode, at: (mode.at + Math.sign(by) + count) % count, problem: null };
    } else if (key.return) {
      try {
        const texts = mode.fields.map(({ text }) => text);
        this.#launch(mode.entry, paramsFrom(mode.entry.params ?? [], texts));
      } catch (error) {
        this.mode = { ...mode, problem: (error as Error).message };
      }
    } else {
      const next = edit(mode.fields[mode.at]!, input, key);
      if (next === null) return;
      this.mode = { ...mode, fields: mode.fields.with(mode.at, next), problem: null };
    }
  }

  #run(mode: RunMode, key: Key): void {
    const going = mode.running.state === "running";
    if (key.escape && going) mode.running.cancel();
    else if (key.escape || (key.return && !going)) this.mode = { name: "search" };
    else {
      const back = Math.max(0, Math.min(mode.running.lines.length, mode.back - steps(key)));
      this.mode = { ...mode, back };
    }
  }

  #choose(entry: Entry): void {
    if (entry.params === undefined) return this.#launch(entry, undefined);
    const fields = entry.params.map(() => textField());
    this.mode = { name: "form", entry, fields, at: 0, problem: null };
  }

  #launch(entry: Entry, params: Record<string, unknown> | undefined): void {
    const running = new Running(entry.title);
    this.mode = { name: "run", running, back: 0 };
    void running.follow((signal) => this.#actions.launch(entry.id, params, signal));
  }
}

/** Lines that a key moves down; up is negative. */
function steps(key: Key): number {
  if (key.upArrow) return -1;
  if (key.downArrow) return 1;
  if (key.pageUp) return -PAGE;
  return key.pageDown ? PAGE : 0;
}
