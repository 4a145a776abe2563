/**
 * Bar charts as SVG, readable on a dark page and on a light one. Pure.
 *
 * @module
 */

/** One bar. */
export interface Bar {
  label: string;
  value: number;
  /** The value as it is written beside the bar. */
  text: string;
  /** Drawn in the colour that stands for the mesh. */
  own: boolean;
}

/** A chart, top to bottom: its title, what the bars mean, the bars. */
export interface Chart {
  title: string;
  /** What is measured, in which unit, and which way is better. */
  subtitle: string;
  bars: readonly Bar[];
}

const WIDTH = 720;
const MARGIN = 16;
const LABELS = 250;
const VALUES = 110;
const ROW = 28;
const BAR = 18;
const HEAD = 64;
const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** Follows the reader's setting; where SVG is shown as an image, that is the browser's or system's. */
const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de; }
  text { font-family: ${FONT}; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .subtitle { font-size: 12.5px; fill: #59636e; }
  .label, .value { font-size: 13px; }
  .own-text { font-weight: 600; }
  .axis { stroke: #8c959f; }
  .bar { fill: #8c959f; }
  .own { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #30363d; }
    text { fill: #e6edf3; }
    .subtitle { fill: #9198a1; }
    .axis { stroke: #656c76; }
    .bar { fill: #656c76; }
    .own { fill: #4493f8; }
  }`;

/** The chart as an SVG document; bars are to scale from zero. */
export function svg({ title, subtitle, bars }: Chart): string {
  const height = HEAD + bars.length * ROW + MARGIN;
  const room = WIDTH - 2 * MARGIN - LABELS - VALUES;
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const left = MARGIN + LABELS;
  const rows = bars.map(({ label, value, text, own }, i) => {
    const top = HEAD + i * ROW;
    const middle = top + ROW / 2 + 4.5;
    const width = Math.max(1, room * value / most);
    const bold = own ? " own-text" : "";
    return [
      `<text class="label${bold}" x="${left - 10}" y="${middle}" text-anchor="end">${
        escape(label)
      }</text>`,
      `<rect class="bar${own ? " own" : ""}" x="${left}" y="${top + (ROW - BAR) / 2}" width="${
        width.toFixed(1)
      }" height="${BAR}" rx="2"/>`,
      `<text class="value${bold}" x="${(left + width + 8).toFixed(1)}" y="${middle}">${
        escape(text)
      }</text>`,
    ].map((line) => `  ${line}`).join("\n");
  });
  const description = bars.map(({ label, text }) => `${label}: ${text}`).join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">`,
    `  <title id="title">${escape(title)}</title>`,
    `  <desc id="description">${escape(`${subtitle}. ${description}`)}</desc>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `  <text class="title" x="${MARGIN}" y="${MARGIN + 14}">${escape(title)}</text>`,
    `  <text class="subtitle" x="${MARGIN}" y="${MARGIN + 34}">${escape(subtitle)}</text>`,
    ...rows,
    `  <line class="axis" x1="${left}" y1="${HEAD - 2}" x2="${left}" y2="${
      HEAD + bars.length * ROW + 2
    }"/>`,
    `</svg>`,
    "",
  ].join("\n");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
