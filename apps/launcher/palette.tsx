/** The launcher in a terminal: one prompt over all that can be run. */
import { Box, useApp } from "ink";
// @deno-types="@types/react"
import { type ReactNode, useMemo, useState } from "react";
import type { HostStats } from "../statusbar/contract.ts";
import { FullScreen, Keys, Progress, Rule, Spark, useModel } from "../../lib/ui/components.tsx";
import { displayWidth, formatDuration, largest, pad, truncate } from "../../lib/ui/text.ts";
import { Text } from "../../lib/ui/plain_text.tsx";
import { useKeys } from "../../lib/ui/keys.ts";
import { Field } from "../../lib/ui/text_field.tsx";
import type { EntryKind, Match } from "./contract.ts";
import type { PaletteModel } from "./palette_model.ts";
import { type FormMode, type PaletteActions, PaletteState } from "./palette_state.ts";
import type { Running } from "./running.ts";

/** The whole palette. */
export function Palette(
  { model, search, launch }: Omit<PaletteActions, "leave"> & { model: PaletteModel },
): ReactNode {
  const { exit } = useApp();
  const [state] = useState(() => new PaletteState({ search, launch, leave: () => exit() }));
  useModel(model);
  useModel(state);
  useKeys((input, key) => state.press(input, key));
  const { mode, query } = state;
  const matches = mode.name === "search" ? state.matches() : [];
  const at = Math.min(state.selected, Math.max(0, matches.length - 1));

  return (
    <FullScreen>
      {({ columns, rows }) => {
        const width = columns - 2;
        // Title, strip, rule, prompt, a gap, and the keys below.
        const space = Math.max(1, rows - 6);
        return (
          <Box flexDirection="column" paddingX={1} height={rows}>
            <Title stats={model.stats} width={width} />
            <Strip model={model} width={width} />
            {mode.name === "search" && (
              <>
                <Rule width={width} />
                <Box height={1}>
                  <Box width={2}>
                    <Text bold color="cyan">❯</Text>
                  </Box>
                  <Field field={query} hint="Search programs, apps and methods, or > a command" />
                </Box>
                <Problem problems={model.problems} />
                <Box flexDirection="column" height={space} overflow="hidden">
                  <Matches
                    matches={matches}
                    at={at}
                    rows={space}
                    width={width}
                    query={query.text}
                  />
                </Box>
                <Keys
                  keys={[["↵", "run"], ["↑↓", "choose"], [">", "shell"], [
                    "Esc",
                    query.text === "" ? "leave" : "clear",
                  ]]}
                />
              </>
            )}
            {mode.name === "form" && <Form mode={mode} rows={rows - 3} width={width} />}
            {mode.name === "run" && (
              <Output running={mode.running} back={mode.back} rows={rows - 3} width={width} />
            )}
          </Box>
        );
      }}
    </FullScreen>
  );
}

function Title({ stats, width }: { stats: HostStats | null; width: number }): ReactNode {
  const about = stats === null
    ? ""
    : truncate(`${stats.hostname} · up ${formatDuration(stats.uptime)}`, width - 11);
  return (
    <Box height={1} justifyContent="space-between">
      <Text bold color="cyan">NeverLiie</Text>
      <Text dimColor>{about}</Text>
    </Box>
  );
}

/** The first of what is wrong, in the gap below the prompt. */
function Problem({ problems: [first, ...more] }: { problems: readonly string[] }): ReactNode {
  const text = first === undefined
    ? ""
    : more.length === 0
    ? first
    : `${first} (and ${more.length} more)`;
  return (
    <Box height={1}>
      <Text color="red" wrap="truncate">{text}</Text>
    </Box>
  );
}

/** The status bar's figures, as many as there is room for. */
function Strip({ model, width }: { model: PaletteModel; width: number }): ReactNode {
  const { stats, message } = model;
  if (message !== null || stats === null) {
    const text = message ?? "Waking the status bar…";
    return <Text color={message === null ? "gray" : "yellow"} wrap="truncate">{text}</Text>;
  }
  const spark = Math.max(6, Math.min(24, Math.floor((width - 44) / 2)));
  const { battery } = stats;
  return (
    <Box height={1} gap={3}>
      <Spark label="CPU " values={model.cpu} width={spark} />
      <Spark label="Memory " values={model.memory} width={spark} />
      {battery !== null && (
        <Text wrap="truncate">
          <Text dimColor>Battery</Text> <Text bold>{`${battery.percent}%`}</Text>
          {battery.charging ? " charging" : ""}
        </Text>
      )}
    </Box>
  );
}

const KINDS: Readonly<Record<EntryKind, [mark: string, colour: string]>> = {
  program: ["▸", "blue"],
  app: ["●", "green"],
  method: ["ƒ", "magenta"],
  command: ["$", "yellow"],
};

function Matches(
  { matches, at, rows, width, query }: {
    matches: readonly Match[];
    at: number;
    rows: number;
    width: number;
    query: string;
  },
): ReactNode {
  if (matches.length === 0) {
    return (
      <Text dimColor wrap="truncate">
        {query.trim() === ">"
          ? "Type a command for the shell; what you ran before is listed here."
          : `Nothing fits "${query}". A > before it runs it as a shell command.`}
      </Text>
    );
  }
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), matches.length - rows));
  const title = Math.max(20, Math.floor(width * 0.45));
  return matches.slice(first, first + rows).map((match, index) => (
    <Row
      key={match.id}
      match={match}
      selected={first + index === at}
      title={title}
      width={width}
    />
  ));
}

function Row(
  { match, selected, title, width }: {
    match: Match;
    selected: boolean;
    title: number;
    width: number;
  },
): ReactNode {
  const [mark, colour] = KINDS[match.kind];
  const asleep = match.kind === "app" && match.detail === "asleep";
  const detail = pad(match.detail, Math.max(0, width - title - 14));
  return (
    <Text wrap="truncate">
      <Text {...(selected ? { color: "cyan" } : {})} bold>{selected ? "▌" : " "}</Text>
      <Text color={colour} dimColor={asleep}>{`${asleep ? "○" : mark} `}</Text>
      <Highlighted text={match.title} at={match.matched} width={title} bold={selected} />
      <Text dimColor>{`  ${detail}  ${match.kind.padStart(7)}`}</Text>
    </Text>
  );
}

/** A title with what was searched for in colour, cut and padded to `width`. */
function Highlighted(
  { text, at, width, bold }: {
    text: string;
    at: readonly number[];
    width: number;
    bold: boolean;
  },
): ReactNode {
  const shown = truncate(text, width);
  const rest = " ".repeat(Math.max(0, width - displayWidth(shown)));
  const parts = useMemo(() => {
    const marked = new Set(at);
    const runs: { text: string; hit: boolean }[] = [];
    for (let i = 0; i < shown.length; i++) {
      const hit = marked.has(i) && shown[i] !== "…";
      if (runs.at(-1)?.hit === hit) runs.at(-1)!.text += shown[i];
      else runs.push({ text: shown[i]!, hit });
    }
    return runs;
  }, [shown, at.join()]);
  return (
    <Text bold={bold}>
      {parts.map(({ text, hit }, index) => (
        <Text key={index} {...(hit ? { color: "cyan", underline: true } : {})}>{text}</Text>
      ))}
      {rest}
    </Text>
  );
}

function Form(
  { mode, rows, width }: { mode: FormMode; rows: number; width: number },
): ReactNode {
  const { entry, fields, at, problem } = mode;
  const params = entry.params ?? [];
  const label = largest(params.map(({ name }) => displayWidth(name))) + 2;
  const hint = ({ type, required, description }: typeof params[number]) =>
    [type, required ? "must be given" : undefined, description].filter(Boolean).join(", ") ||
    "text or JSON; empty to leave it out";
  return (
    <Box flexDirection="column" height={rows + 1}>
      <Rule title={entry.title} width={width} />
      <Text dimColor wrap="truncate">{entry.detail}</Text>
      <Box height={1} />
      <Box flexDirection="column" flexGrow={1} overflow="hidden">
        {params.map((param, index) => (
          <Box key={param.name} height={1}>
            <Text bold color={index === at ? "cyan" : "gray"}>
              {(index === at ? "▌" : " ") + pad(param.name, label)}
            </Text>
            <Field field={fields[index]!} hint={hint(param)} focus={index === at} />
          </Box>
        ))}
        {problem !== null && <Text color="red" wrap="truncate">{problem}</Text>}
      </Box>
      <Keys keys={[["↵", "run"], ["Tab", "next"], ["Esc", "back"]]} />
    </Box>
  );
}

const STATES: Readonly<Record<Running["state"], [text: string, colour: string]>> = {
  running: ["running", "cyan"],
  done: ["done", "green"],
  failed: ["failed", "red"],
  cancelled: ["cancelled", "yellow"],
};

function Output(
  { running, back, rows, width }: { running: Running; back: number; rows: number; width: number },
): ReactNode {
  useModel(running);
  const { state, lines, percent, items, took } = running;
  // The rule, the state, a gap and the keys.
  const space = Math.max(1, rows - 3);
  const last = Math.max(Math.min(space, lines.length), lines.length - back);
  const [text, colour] = STATES[state];
  const seconds = took === null ? "" : ` after ${(took / 1000).toFixed(1)} s`;
  const bar = Math.max(10, Math.min(30, width - 40));
  return (
    <Box flexDirection="column" height={rows + 1}>
      <Rule title={running.title} width={width} />
      <Box height={1} gap={2}>
        {(percent !== null || state === "running") && (
          <Progress percent={state === "done" ? 100 : percent} width={bar} />
        )}
        <Text color={colour} wrap="truncate">{text + seconds}</Text>
        {items > 0 && (
          <Text dimColor wrap="truncate">{`${items} ${items === 1 ? "item" : "items"}`}</Text>
        )}
      </Box>
      <Box flexDirection="column" height={space} overflow="hidden">
        {lines.slice(Math.max(0, last - space), last).map((line, index) => (
          <Text key={index} wrap="truncate">{line === "" ? " " : line}</Text>
        ))}
      </Box>
      <Keys
        keys={state === "running"
          ? [["Esc", "cancel"], ["↑↓", "scroll"]]
          : [["Esc", "back"], ["↑↓", "scroll"]]}
      />
    </Box>
  );
}
