/** The status bar in a terminal: one line at an edge, notices in what is left. */
import { Box, useApp, useWindowSize } from "ink";
// @deno-types="@types/react"
import { type ReactNode } from "react";
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { Line, Progress, useModel } from "../../lib/ui/components.tsx";
import { useKeys } from "../../lib/ui/keys.ts";
import { Text } from "../../lib/ui/plain_text.tsx";
import { showScreen } from "../../lib/ui/screen.tsx";
import { BarModel } from "./bar_model.ts";
import type { Notice } from "./contract.ts";
import { barLine } from "./line.ts";
import { LEVEL_COLOURS } from "./notice_pieces.ts";

/** Shows the bar until q, Ctrl-C or the signal. */
export async function showBar(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const left = new AbortController();
  const model = new BarModel(client);
  const following = model.follow(AbortSignal.any([signal, left.signal]));
  try {
    await showScreen(<Bar model={model} />, { signal });
  } finally {
    left.abort();
    await following;
  }
}

function Bar({ model }: { model: BarModel }): ReactNode {
  const { exit } = useApp();
  const size = useWindowSize();
  useModel(model);
  useKeys((input, key) => {
    if (input === "q" || (key.ctrl && input === "c")) exit();
    else if (input === "x") void model.act("cancel");
    else if (input === "d" || key.delete) void model.act("dismiss");
    else if (key.upArrow) model.selected = Math.max(0, model.selected - 1);
    else if (key.downArrow) {
      model.selected = Math.min(model.selected + 1, Math.max(0, model.notices.length - 1));
    }
    model.changed();
  });
  const columns = size.columns || 80;
  // A frame that fills the terminal would scroll it; one line is all that a bar needs.
  const rows = Math.max(1, (size.rows || 24) - 1);
  const { config, segments } = model;
  const line = <Line pieces={barLine(model.figures(), segments, config.separator, columns)} />;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {config.position === "top" && line}
      <Box flexDirection="column" flexGrow={1} overflow="hidden" justifyContent="flex-start">
        {rows > 1 && <Messages model={model} columns={columns} />}
      </Box>
      {config.position === "bottom" && line}
    </Box>
  );
}

function Messages({ model, columns }: { model: BarModel; columns: number }): ReactNode {
  const { problems, failure, notices, selected } = model;
  return (
    <>
      {[...problems, ...(failure === null ? [] : [failure])].map((text) => (
        <Text key={text} color="red" wrap="truncate">{text}</Text>
      ))}
      {notices.map((notice, index) => (
        <NoticeLine
          key={notice.id}
          notice={notice}
          selected={index === selected}
          columns={columns}
        />
      ))}
    </>
  );
}

function NoticeLine(
  { notice, selected, columns }: { notice: Notice; selected: boolean; columns: number },
): ReactNode {
  const { text, level, progress, cancel } = notice;
  return (
    <Box height={1} flexShrink={0} gap={1}>
      <Box width={2} flexShrink={0}>
        <Text color={LEVEL_COLOURS[level]} bold>{selected ? "▌▪" : " ▪"}</Text>
      </Box>
      {progress !== null && (
        <Box flexShrink={0}>
          <Progress percent={progress * 100} width={Math.min(20, Math.floor(columns / 4))} />
        </Box>
      )}
      <Box flexGrow={1}>
        <Text bold={selected} wrap="truncate">{text}</Text>
      </Box>
      {selected && (
        <Box flexShrink={0}>
          <Text bold color="cyan">{cancel === null ? "d" : "x"}</Text>
          <Text dimColor>{cancel === null ? " dismiss" : " cancel"}</Text>
        </Box>
      )}
    </Box>
  );
}
