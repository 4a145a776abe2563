/** Latency of each method over time: small plots of the same kind. */

import { element, keyed, milliseconds, perSecond, say, set, svg } from "./dom.js";

/** @typedef {import("../../figures.ts").MethodFigures} MethodFigures */
/** @typedef {import("../../figures.ts").Point} Point */

const WIDTH = 300;
const HEIGHT = 84;
/** Above the highest point, for the label of the scale. */
const TOP = 16;

/**
 * @param {Element} list
 * @param {readonly MethodFigures[]} methods
 */
export function showPlots(list, methods) {
  keyed(list, methods, {
    key: ({ app, method }) => `${app} ${method}`,
    make: makePlot,
    update: drawPlot,
  });
}

/** @param {MethodFigures} figures */
function makePlot({ app, method }) {
  return element(
    "li",
    {},
    element("h3", {}, element("span", { class: "quiet" }, `${app} `), method),
    element("p", { class: "figures" }),
    svg(
      "svg",
      { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
      svg("line", {
        class: "axis",
        x1: "0",
        x2: String(WIDTH),
        y1: String(HEIGHT - 1),
        y2: String(HEIGHT - 1),
      }),
      svg("line", { class: "axis top", x1: "0", x2: String(WIDTH), y1: `${TOP}`, y2: `${TOP}` }),
      svg("path", { class: "slow", fill: "none" }),
      svg("path", { class: "middle", fill: "none" }),
    ),
    element("p", { class: "scale quiet" }),
  );
}

/**
 * @param {HTMLElement} node
 * @param {MethodFigures} figures
 */
function drawPlot(node, { method, perSecond: rate, p50, p99, failed, points }) {
  const [, figures, plot, scale] = /** @type {any} */ (node.children);
  const told = `${perSecond(rate)} · p50 ${milliseconds(p50)} · p99 ${milliseconds(p99)}` +
    (failed === 0 ? "" : ` · ${failed} failed`);
  say(figures, told);
  const highest = niceAbove(points.reduce((most, point) => Math.max(most, point?.[1] ?? 0), 0));
  const [, , slow, middle] = plot.children;
  set(slow, { d: line(points, 1, highest) });
  set(middle, { d: line(points, 0, highest) });
  set(plot, { "aria-label": `${method} in the last two minutes: ${told}` });
  say(scale, milliseconds(highest));
}

/**
 * A line through the points that are there; one that stands alone is a dot.
 * @param {readonly Point[]} points
 * @param {0 | 1} which
 * @param {number} highest
 */
function line(points, which, highest) {
  let path = "";
  let drawn = false;
  points.forEach((point, i) => {
    if (point === null) return void (drawn = false);
    const x = (i / (points.length - 1) * (WIDTH - 4) + 2).toFixed(1);
    const y = (HEIGHT - 3 - point[which] / highest * (HEIGHT - 3 - TOP)).toFixed(1);
    path += drawn ? `L${x} ${y}` : `M${x} ${y}h0`;
    drawn = true;
  });
  return path;
}

/**
 * The next of 1, 2, 5, 10, 20 … above a value.
 * @param {number} value
 */
function niceAbove(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}
