/** One frame of the palette. */
import { renderToString } from "ink";
import type { Match } from "../../../apps/launcher/contract.ts";
import { Palette } from "../../../apps/launcher/palette.tsx";
import { PaletteModel } from "../../../apps/launcher/palette_model.ts";

const MATCHES: Match[] = [
  { id: "1", kind: "program", title: "Zeichnen 日本", detail: "Bilder", score: 1, matched: [0] },
  { id: "2", kind: "method", title: "scanner deep_scan", detail: "walks", score: 0.5, matched: [] },
];

/** The palette with two entries, or others, and figures; without colours. */
export function paletteText(matches: readonly Match[] = MATCHES, hostname = "desk"): string {
  const model = new PaletteModel();
  model.show({
    time: "2026-01-02T03:04:05.000Z",
    hostname,
    uptime: 3600,
    cpu: { percent: 50, cores: 2, model: null },
    memory: { total: 100, used: 25, available: 75 },
    battery: null,
    network: null,
    disk: null,
  });
  return renderToString(
    <Palette
      model={model}
      search={() => [...matches]}
      // deno-lint-ignore require-yield
      launch={async function* () {
        await Promise.resolve();
      }}
    />,
    { columns: 80 },
  );
}
