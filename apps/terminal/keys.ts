/** Telling keys for the session from keys for the front end. */

/** What a key after the command key asks for. */
export type KeyCommand = "detach" | "kill" | "redraw" | "help" | "none";

/** A piece of what was typed. */
export type Typed =
  | { type: "input"; bytes: Uint8Array }
  /** The command key was pressed: a hint may be shown. */
  | { type: "prefix" }
  | { type: "command"; command: KeyCommand };

/**
 * Ctrl-\ as terminals send it: plain, and in the two notations that programs can turn on. The second
 * of them may tell of Caps Lock (64) and Num Lock (128), too, and that the key went down (1).
 * https://sw.kovidgoyal.net/kitty/keyboard-protocol/
 */
// deno-lint-ignore no-control-regex
const PREFIX = /\x1c|\x1b\[27;5;92~|\x1b\[92;(?:5|69|133|197)(?::1)?u/;
/**
 * One key, all of it: a sequence, or a letter in UTF-8. The rest of one that is no command is not
 * typed either.
 */
// deno-lint-ignore no-control-regex
const KEY = /^(?:\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])?|[\xc0-\xff][\x80-\xbf]*|[^])/;
/** A window says that it is in front, or no more, where programs asked for that. */
// deno-lint-ignore no-control-regex
const FOCUS = /^\x1b\[[IO]/;
const COMMANDS: Readonly<Record<string, KeyCommand>> = {
  d: "detach",
  k: "kill",
  r: "redraw",
  "?": "help",
};

/** How the command key is written for people. */
export const PREFIX_NAME = "Ctrl-\\";

/** Whether that is no key, but a window that came to the front or left it. */
export function isFocus(bytes: Uint8Array): boolean {
  return FOCUS.test(latin1(bytes.subarray(0, 3)));
}

/** Takes what a terminal sends apart. */
export class Keys {
  #commanding = false;

  /** What the bytes mean, in order. Twice the command key types it once. */
  *take(bytes: Uint8Array): Generator<Typed, void, void> {
    // A character for a byte, so that places in the text are places in the bytes.
    let rest = latin1(bytes);
    let at = 0;
    while (rest !== "") {
      if (this.#commanding) {
        const focus = FOCUS.exec(rest);
        if (focus !== null) {
          // Nobody's key: what is to come is still to come.
          yield { type: "input", bytes: bytes.subarray(at, at + focus[0].length) };
          at += focus[0].length;
          rest = rest.slice(focus[0].length);
          continue;
        }
        const again = PREFIX.exec(rest);
        const { length } = again?.index === 0 ? again[0] : KEY.exec(rest)![0];
        if (again?.index === 0) yield { type: "input", bytes: Uint8Array.of(0x1c) };
        // Ctrl held on from the command key counts as the letter alone, as people's fingers do.
        const key = rest.charCodeAt(0) < 27
          ? String.fromCharCode(rest.charCodeAt(0) + 96)
          : rest[0]!.toLowerCase();
        const command = again?.index === 0 ? "none" : COMMANDS[key] ?? "none";
        // Who asks for the keys has still to press one.
        this.#commanding = command === "help";
        yield { type: "command", command };
        at += length;
        rest = rest.slice(length);
        continue;
      }
      const found = PREFIX.exec(rest);
      const length = found?.index ?? rest.length;
      if (length > 0) yield { type: "input", bytes: bytes.subarray(at, at + length) };
      if (found === null) return;
      this.#commanding = true;
      yield { type: "prefix" };
      at += length + found[0].length;
      rest = rest.slice(length + found[0].length);
    }
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
