/** Pieces that the views share, on Ink. */
import { Box, useWindowSize } from "ink";
// @deno-types="@types/react"
import { type ReactNode, useEffect, useState } from "react";
import { Text } from "./plain_text.tsx";
import { bar, type Piece, sparkline } from "./text.ts";

/** One line of the screen, cut off where it is wider. */
export function Line({ pieces }: { pieces: readonly Piece[] }): ReactNode {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate">
        {pieces.map(({ text, colour, bold, dim }, at) => (
          <Text
            key={at}
            {...(colour === undefined ? {} : { color: colour })}
            bold={bold ?? false}
            dimColor={dim ?? false}
          >
            {text}
          </Text>
        ))}
      </Text>
    </Box>
  );
}

/** The colour of a load: calm, busy, or too much. */
function loadColour(percent: number | null): string {
  if (percent === null) return "gray";
  return percent >= 90 ? "red" : percent >= 70 ? "yellow" : "green";
}

/** A label, a sparkline of percentages and the last figure. */
export function Spark(
  { label, values, width }: { label: string; values: readonly number[]; width: number },
): ReactNode {
  const last = values.at(-1) ?? null;
  const shown = values.slice(-width);
  return (
    <Text wrap="truncate">
      <Text dimColor>{label}</Text>
      <Text color={loadColour(last)}>
        {sparkline(shown, 100).padStart(width)}
      </Text>
      <Text bold>{last === null ? "    ?" : `${Math.round(last)}%`.padStart(5)}</Text>
    </Text>
  );
}

/** A progress bar with its percentage; without one, a bar that is empty. */
export function Progress(
  { percent, width }: { percent: number | null; width: number },
): ReactNode {
  return (
    <Text>
      <Text color="cyan">{bar(percent, width)}</Text>
      <Text bold>{percent === null ? "   …" : `${Math.floor(percent)}%`.padStart(4)}</Text>
    </Text>
  );
}

/** Keys and what they do, on one line. */
export function Keys({ keys }: { keys: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <Text wrap="truncate">
      {keys.map(([key, does], index) => (
        <Text key={key}>
          {index > 0 ? "   " : ""}
          <Text bold color="cyan">{key}</Text>
          <Text dimColor>{` ${does}`}</Text>
        </Text>
      ))}
    </Text>
  );
}

/** A line across, with a title in it. */
export function Rule({ title = "", width }: { title?: string; width: number }): ReactNode {
  const head = title === "" ? "" : `── ${title} `;
  return <Text dimColor wrap="truncate">{head.padEnd(Math.max(0, width), "─")}</Text>;
}

/** A box of the terminal's size, less the last line: a frame that fills it would scroll. */
export function FullScreen(
  { children }: { children: (size: { columns: number; rows: number }) => ReactNode },
): ReactNode {
  const { columns, rows } = useWindowSize();
  const size = { columns: columns || 80, rows: Math.max(2, (rows || 24) - 1) };
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      {children(size)}
    </Box>
  );
}

/** What a view shows when it changes from outside: reads are cheap, drawings are spread out. */
export class Model {
  #listeners = new Set<() => void>();

  /** Says that something changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each change; returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Milliseconds between two drawings of a model that changes all the time. */
const FRAME = 66;

/** Draws the component again after the model changed: at once, or within a frame of the last time. */
export function useModel(model: Model): void {
  const [, draw] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawn = -Infinity;
    const end = model.listen(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        drawn = performance.now();
        draw((count) => count + 1);
      }, Math.max(0, drawn + FRAME - performance.now()));
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [model]);
}
