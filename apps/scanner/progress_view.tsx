/** A scan on the terminal while it goes on. */
import { Box, useWindowSize } from "ink";
// @deno-types="@types/react"
import { type ReactNode } from "react";
import { pause } from "../../lib/system/waiting.ts";
import { Keys, Model, Progress, useModel } from "../../lib/ui/components.tsx";
import { useKeys } from "../../lib/ui/keys.ts";
import { Text } from "../../lib/ui/plain_text.tsx";
import { showScreen } from "../../lib/ui/screen.tsx";
import { formatBytes, truncate } from "../../lib/ui/text.ts";
import type { ScanStep } from "./contract.ts";

const PHASES = { counting: "Counting", scanning: "Scanning", hashing: "Comparing" } as const;

class ScanModel extends Model {
  step: ScanStep | null = null;
  over = false;
}

/**
 * Shows the steps as they come and returns the last one, or null when the person left by Esc, q or
 * Ctrl-C, which cancels the scan.
 */
export async function followScan(
  folder: string,
  scan: (signal: AbortSignal) => AsyncIterable<ScanStep>,
  onError: (step: ScanStep) => void,
  signal: AbortSignal,
): Promise<ScanStep | null> {
  const left = new AbortController();
  const over = new AbortController();
  const model = new ScanModel();
  const shown = showScreen(
    <View model={model} folder={folder} leave={() => left.abort()} />,
    { signal: over.signal, fullScreen: false, onSignal: () => left.abort() },
  );
  try {
    for await (const step of scan(AbortSignal.any([signal, left.signal]))) {
      model.step = step;
      model.changed();
      if (step.error !== null) onError(step);
    }
    return model.step;
  } catch (error) {
    if (left.signal.aborted || signal.aborted) return null;
    throw error;
  } finally {
    // The last frame would stay; the report comes in its place.
    model.over = true;
    model.changed();
    await pause(CLEARED);
    over.abort();
    await shown;
  }
}

/** Milliseconds in which an empty frame is drawn, as models are drawn fifteen times a second. */
const CLEARED = 150;

function View(
  { model, folder, leave }: { model: ScanModel; folder: string; leave: () => void },
): ReactNode {
  useModel(model);
  const columns = useWindowSize().columns || 80;
  useKeys((input, key) => {
    if (key.escape || input === "q" || (key.ctrl && input === "c")) leave();
  });
  const { step } = model;
  if (model.over) return null;
  if (step === null) return <Text dimColor>Waking the scanner…</Text>;
  const { phase, done, total, bytes, rate, errors, file } = step;
  const percent = phase === "counting" ? null : total === 0 ? 100 : done / total * 100;
  const count = phase === "counting" ? `${total} files so far` : `${done} of ${total} files`;
  const facts = [
    count,
    ...(phase === "counting" ? [] : [formatBytes(bytes)]),
    ...(rate === undefined ? [] : [`${rate} files/s`]),
    ...(errors === 0 ? [] : [`${errors} could not be read`]),
  ];
  return (
    <Box flexDirection="column" width={columns}>
      <Text wrap="truncate">
        <Text bold color="cyan">{PHASES[phase]}</Text>
        {` ${folder}`}
      </Text>
      <Box gap={2}>
        <Progress percent={percent} width={Math.max(10, Math.min(30, columns - 50))} />
        <Text wrap="truncate">{facts.join("  ")}</Text>
      </Box>
      <Text dimColor wrap="truncate">{truncate(file, columns) || " "}</Text>
      <Keys keys={[["Esc", "cancel"]]} />
    </Box>
  );
}
