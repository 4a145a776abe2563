/** Keys, one at a time. */
import { type Key, useInput } from "ink";

/** Takes one key, or a piece of text that was typed or pasted. */
export type KeyHandler = (input: string, key: Key) => void;

/**
 * Calls `onKey` for each key. Ink hands over what a terminal sent in one piece as one input: keys
 * that were typed ahead, or faster than the view draws, are taken apart here.
 */
export function useKeys(onKey: KeyHandler): void {
  useInput((input, key) => {
    for (const [text, pressed] of splitInput(input, key)) onKey(text, pressed);
  });
}

/** The keys in one input. Exported for its test. */
export function splitInput(input: string, key: Key): [string, Key][] {
  if (input.length < 2 || key.ctrl || key.meta) return [[input, key]];
  // deno-lint-ignore no-control-regex
  const parts = input.match(/[\t\r\n\x7f\x08\x03\x15]|[^\t\r\n\x7f\x08\x03\x15]+/g) ?? [];
  return parts.map((part) => {
    if (part === "\r" || part === "\n") return ["", { ...key, return: true }];
    if (part === "\t") return ["", { ...key, tab: true }];
    if (part === "\x7f" || part === "\x08") return ["", { ...key, backspace: true }];
    if (part === "\x03") return ["c", { ...key, ctrl: true }];
    if (part === "\x15") return ["u", { ...key, ctrl: true }];
    return [part, key];
  });
}
