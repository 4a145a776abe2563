/** One line of text that is being edited. */
import type { Key } from "ink";
// @deno-types="@types/react"
import type { ReactNode } from "react";
import { Text } from "./plain_text.tsx";

const graphemes = new Intl.Segmenter();

/** The text, and where the cursor stands in it, in graphemes. */
export interface TextField {
  readonly text: string;
  readonly cursor: number;
}

/** A field with the cursor at the end of `text`. */
export function textField(text = ""): TextField {
  return { text, cursor: split(text).length };
}

/**
 * The field after a key: letters and pasted text, arrows, Home, End, Backspace, Delete, and of the
 * shell's keys Ctrl-A, -E, -U, -K, -W. `null` where the key means nothing to a field.
 */
export function edit(field: TextField, input: string, key: Key): TextField | null {
  const parts = split(field.text);
  const { cursor } = field;
  const becomes = (kept: string[], at: number): TextField => ({ text: kept.join(""), cursor: at });
  const control = key.ctrl ? input : "";
  if (key.leftArrow) return { ...field, cursor: Math.max(0, cursor - 1) };
  if (key.rightArrow) return { ...field, cursor: Math.min(parts.length, cursor + 1) };
  if (key.home || control === "a") return { ...field, cursor: 0 };
  if (key.end || control === "e") return { ...field, cursor: parts.length };
  if (control === "u") return becomes(parts.slice(cursor), 0);
  if (control === "k") return becomes(parts.slice(0, cursor), cursor);
  if (control === "w") {
    let start = cursor;
    while (start > 0 && parts[start - 1] === " ") start -= 1;
    while (start > 0 && parts[start - 1] !== " ") start -= 1;
    return becomes([...parts.slice(0, start), ...parts.slice(cursor)], start);
  }
  if (key.backspace) {
    const start = Math.max(0, cursor - 1);
    return becomes([...parts.slice(0, start), ...parts.slice(cursor)], start);
  }
  if (key.delete) return becomes([...parts.slice(0, cursor), ...parts.slice(cursor + 1)], cursor);
  if (key.ctrl || key.meta || key.escape || key.return || key.tab || input === "") return null;
  if (key.upArrow || key.downArrow || key.pageUp || key.pageDown) return null;
  // What is pasted may hold anything; a field has one line.
  // deno-lint-ignore no-control-regex
  const added = split(input.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " "));
  return becomes(
    [...parts.slice(0, cursor), ...added, ...parts.slice(cursor)],
    cursor + added.length,
  );
}

/** The field with its cursor; without focus, or empty, with a hint. */
export function Field(
  { field, hint = "", focus = true }: { field: TextField; hint?: string; focus?: boolean },
): ReactNode {
  const parts = split(field.text);
  if (!focus) return <Text wrap="truncate">{field.text || <Text dimColor>{hint}</Text>}</Text>;
  if (parts.length === 0) {
    return (
      <Text wrap="truncate">
        <Text inverse>{hint.slice(0, 1) || " "}</Text>
        <Text dimColor>{hint.slice(1)}</Text>
      </Text>
    );
  }
  return (
    <Text wrap="truncate-start">
      {parts.slice(0, field.cursor).join("")}
      <Text inverse>{parts[field.cursor] ?? " "}</Text>
      {parts.slice(field.cursor + 1).join("")}
    </Text>
  );
}

function split(text: string): string[] {
  return [...graphemes.segment(text)].map(({ segment }) => segment);
}
