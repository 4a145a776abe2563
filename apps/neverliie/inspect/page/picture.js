/** The mesh as a picture: apps around its middle, calls as arrows between them. */

import { element, keyed, perSecond, say, set, svg } from "./dom.js";

/** @typedef {import("../../watching/snapshot.ts").Snapshot} Snapshot */
/** @typedef {import("../../watching/snapshot.ts").AppView} AppView */
/** @typedef {{ x: number; y: number }} Point */

/** The node of all who have no name. */
const CLIENTS = "";
const WIDTH = 640;
const HEIGHT = 360;
const BOX = { width: 138, height: 46 };
/** Nodes that stand on a ring; more of them stand along the picture's border. */
const ON_RING = 12;
/** For how many there is room at the picture's size; for more it grows. */
const ROOM = { ring: 9, border: 16 };
/** From one node to the next along the border. */
const STEP = { x: BOX.width + 14, y: BOX.height + 12 };
/** Characters that fit into a node. */
const NAME_MAX = 13;

/** The picture, kept up to date. */
export class Picture {
  #svg;
  #edges = svg("g", { "aria-hidden": "true" });
  /** Above all lines, so that none is drawn over them. */
  #rates = svg("g", { "aria-hidden": "true" });
  #nodes = svg("g", { class: "nodes" });
  #choose;

  /**
   * @param {SVGElement} place
   * @param {(app: string) => void} choose an app was chosen
   */
  constructor(place, choose) {
    this.#svg = place;
    this.#choose = choose;
    const arrow = svg("path", { d: "M0 0 L8 4 L0 8 Z" });
    const shape = { viewBox: "0 0 8 8", refX: "7", refY: "4", orient: "auto" };
    const size = { markerUnits: "userSpaceOnUse", markerWidth: "9", markerHeight: "9" };
    const marker = (/** @type {string} */ id) =>
      svg("marker", { id, ...shape, ...size }, arrow.cloneNode());
    const defs = svg("defs", {}, marker("arrow"), marker("arrow-idle"));
    place.append(defs, this.#edges, this.#rates, this.#nodes);
  }

  /**
   * @param {Snapshot} mesh
   * @param {string | null} chosen
   */
  show(mesh, chosen) {
    const withClients = mesh.edges.some(({ from }) => from === CLIENTS);
    const names = [...(withClients ? [CLIENTS] : []), ...mesh.apps.map(({ name }) => name)];
    const { places, width, height } = arrange(names);
    set(this.#svg, { viewBox: `0 0 ${width} ${height}` });
    const edges = mesh.edges.filter(({ from, to }) =>
      from !== to && places.has(from) && places.has(to)
    );
    const drawn = edges.map((edge) => curve(edge, places, { x: width / 2, y: height / 2 }));
    keyed(this.#edges, drawn, {
      key: ({ key }) => key,
      make: () => svg("path", { fill: "none" }),
      update: (path, { d, rate }) =>
        set(path, {
          d,
          class: rate > 0 ? "edge busy" : "edge",
          "stroke-width": (1.25 + Math.log10(1 + rate) * 0.9).toFixed(2),
          "marker-end": rate > 0 ? "url(#arrow)" : "url(#arrow-idle)",
        }),
    });
    keyed(this.#rates, drawn.filter(({ rate }) => rate > 0), {
      key: ({ key }) => key,
      make: () => svg("text", { class: "rate" }),
      update: (text, { rate, middle }) => {
        set(text, { x: String(middle.x), y: String(middle.y + 4) });
        say(text, perSecond(rate));
      },
    });
    /** @type {AppView[]} */
    const apps = mesh.apps;
    const byName = new Map(apps.map((app) => [app.name, app]));
    keyed(this.#nodes, names, {
      key: (name) => name || "clients",
      make: (name) => this.#makeNode(name),
      update: (node, name) => {
        const place = /** @type {Point} */ (places.get(name));
        const left = place.x - BOX.width / 2;
        const top = place.y - BOX.height / 2;
        set(node, { transform: `translate(${left} ${top})` });
        const app = byName.get(name);
        if (app !== undefined) drawApp(node, app, mesh, chosen);
      },
    });
  }

  /** @param {string} name */
  #makeNode(name) {
    const isApp = name !== CLIENTS;
    const text = (/** @type {string} */ kind, /** @type {number} */ y) =>
      svg("text", { class: kind, x: isApp ? "24" : "14", y: String(y) });
    const node = svg(
      "g",
      { class: "node" },
      svg("title"),
      svg("rect", { width: String(BOX.width), height: String(BOX.height), rx: "8" }),
      svg("circle", { cx: "14", cy: "17", r: "4" }),
      text("name", 21),
      text("about", 37),
    );
    if (isApp) {
      set(node, { role: "button", tabindex: "0" });
      node.addEventListener("click", () => this.#choose(name));
      node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.#choose(name);
      });
    } else {
      set(node, { class: "node clients" });
      say(node.querySelector(".name"), "clients");
      say(node.querySelector(".about"), "without a name");
      node.querySelector("circle").remove();
      node.querySelector("title").remove();
    }
    return node;
  }
}

/**
 * Places around the middle, clockwise.
 * @param {readonly string[]} names
 */
function arrange(names) {
  const ring = names.length <= ON_RING;
  const scale = Math.max(1, names.length / (ring ? ROOM.ring : ROOM.border));
  const width = Math.round(WIDTH * scale);
  const height = Math.round(HEIGHT * scale);
  const radius = { x: (width - BOX.width) / 2 - 8, y: (height - BOX.height) / 2 - 8 };
  const points = ring ? onRing(names.length, radius) : onBorder(names.length, radius);
  /** @type {Map<string, Point>} */
  const places = new Map();
  names.forEach((name, i) => {
    const { x, y } = points[i] ?? { x: 0, y: 0 };
    places.set(name, { x: Math.round(width / 2 + x), y: Math.round(height / 2 + y) });
  });
  return { places, width, height };
}

/**
 * The first on the left; one alone in the middle.
 * @param {number} count
 * @param {Point} radius
 * @returns {Point[]}
 */
function onRing(count, radius) {
  if (count === 1) return [{ x: 0, y: 0 }];
  return Array.from({ length: count }, (_, i) => {
    const angle = Math.PI + 2 * Math.PI * i / count;
    return { x: radius.x * Math.cos(angle), y: radius.y * Math.sin(angle) };
  });
}

/**
 * Up the left side, along the top, down the right side, back along the bottom. The corners belong to
 * top and bottom.
 * @param {number} count
 * @param {Point} radius
 * @returns {Point[]}
 */
function onBorder(count, radius) {
  const edge = radius.y - STEP.y;
  const room = { side: 2 * edge / STEP.y + 1, row: 2 * radius.x / STEP.x + 1 };
  const side = Math.round(count * room.side / (room.side + room.row) / 2);
  const top = Math.ceil((count - 2 * side) / 2);
  const bottom = count - 2 * side - top;
  return [
    ...spread(side, edge).map((y) => ({ x: -radius.x, y: -y })),
    ...spread(top, radius.x).map((x) => ({ x, y: -radius.y })),
    ...spread(side, edge).map((y) => ({ x: radius.x, y })),
    ...spread(bottom, radius.x).map((x) => ({ x: -x, y: radius.y })),
  ];
}

/**
 * So many numbers from -extent to extent.
 * @param {number} count
 * @param {number} extent
 */
function spread(count, extent) {
  return Array.from(
    { length: count },
    (_, i) => count === 1 ? 0 : extent * (2 * i / (count - 1) - 1),
  );
}

/**
 * The arrow of an edge: drawn towards the middle of the ring, where no node stands, and to one side,
 * so that calls in both directions lie apart.
 * @param {{ from: string; to: string; perSecond: number }} edge
 * @param {Map<string, Point>} places
 * @param {Point} centre
 */
function curve({ from, to, perSecond: rate }, places, centre) {
  const begin = /** @type {Point} */ (places.get(from));
  const end = /** @type {Point} */ (places.get(to));
  const half = { x: (begin.x + end.x) / 2, y: (begin.y + end.y) / 2 };
  // Neighbours need less of a bow.
  const pull = 0.55 * Math.min(1, Math.hypot(end.x - begin.x, end.y - begin.y) / WIDTH);
  const bend = {
    x: half.x + (centre.x - half.x) * pull + (end.y - begin.y) * 0.07,
    y: half.y + (centre.y - half.y) * pull - (end.x - begin.x) * 0.07,
  };
  const a = atBorder(begin, bend);
  const b = atBorder(end, bend);
  const d = `M${a.x} ${a.y} Q${bend.x.toFixed(1)} ${bend.y.toFixed(1)} ${b.x} ${b.y}`;
  const middle = {
    x: Math.round((a.x + 2 * bend.x + b.x) / 4),
    y: Math.round((a.y + 2 * bend.y + b.y) / 4),
  };
  return { key: `${from} ${to}`, d, middle, rate };
}

/**
 * Where the line from a node's middle to a point leaves its box.
 * @param {Point} middle
 * @param {Point} towards
 */
function atBorder(middle, towards) {
  const dx = towards.x - middle.x;
  const dy = towards.y - middle.y;
  const gap = 4;
  const share = Math.min(
    (BOX.width / 2 + gap) / Math.max(Math.abs(dx), 1e-6),
    (BOX.height / 2 + gap) / Math.max(Math.abs(dy), 1e-6),
  );
  return { x: Math.round(middle.x + dx * share), y: Math.round(middle.y + dy * share) };
}

/**
 * @param {any} node
 * @param {AppView} app
 * @param {Snapshot} mesh
 * @param {string | null} chosen
 */
function drawApp(node, app, mesh, chosen) {
  const { name, state, pid } = app;
  const tasks = mesh.tasks.filter((task) => task.app === name).length;
  const under = tasks === 0 ? "" : `${tasks} running`;
  const about = state !== "running"
    ? state
    : app.silent !== null
    ? "not answering"
    : [pid === null ? "" : `process ${pid}`, under].filter((text) => text !== "").join(", ");
  const told = `${name}: ${state}${about === state ? "" : `, ${about}`}`;
  set(node, {
    class: `node ${state.replace(" ", "-")}${app.silent === null ? "" : " silent"}`,
    "aria-pressed": String(name === chosen),
    "aria-label": told,
  });
  const short = name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;
  say(node.querySelector("title"), app.reason ?? app.silent ?? told);
  say(node.querySelector(".name"), short);
  say(node.querySelector(".about"), tasks === 0 || state !== "running" ? about : under);
}

/**
 * The text in place of an empty picture.
 * @param {HTMLElement} place
 * @param {Snapshot} mesh
 */
export function showEmpty(place, mesh) {
  place.hidden = mesh.apps.length > 0;
  if (place.hidden || place.childElementCount > 0) return;
  place.append(
    "No app is registered in this home yet. Start one once, and it registers itself: in a checkout ",
    element("code", {}, "deno task start"),
    ", else any program of the suite.",
  );
}
