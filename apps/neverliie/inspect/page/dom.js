/** Building what the page shows. Whatever comes from apps becomes text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * The element of that id.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no "${id}"`);
  return found;
}

/**
 * An HTML element. Children that are no nodes become text.
 * @param {string} tag
 * @param {Record<string, string | null>} [attributes] null leaves one out
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Sets attributes, where they differ; null takes one away.
 * @param {Element} node
 * @param {Record<string, string | null>} attributes
 */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(name);
    else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
}

/**
 * Sets the text of a node where it differs, so that readers of the screen are told of changes alone.
 * @param {Element} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Makes a parent's children those of the items, in their order. A node stays the same for the same
 * key, so that the focus stays where it is.
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {{ key(item: Item): string; make(item: Item): Element; update(node: any, item: Item): void }} how
 */
export function keyed(parent, items, how) {
  const known = new Map([...parent.children].map((node) => [keys.get(node), node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = how.key(item);
    let node = known.get(key);
    known.delete(key);
    if (node === undefined) {
      node = how.make(item);
      keys.set(node, key);
    }
    how.update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of known.values()) {
    if (node.contains(document.activeElement)) moveFocus(parent, node);
    node.remove();
  }
}

/** @type {WeakMap<Element, string>} */
const keys = new WeakMap();

/**
 * The focus of a node that goes away moves to the next of its kind, else to the section's title.
 * @param {Element} parent
 * @param {Element} node
 */
function moveFocus(parent, node) {
  const others = [...parent.children].filter((child) => child !== node);
  const next = others.find((child) => child.compareDocumentPosition(node) & 2) ?? others.at(-1);
  const target = next?.querySelector("button") ?? parent.closest("section")?.querySelector("h2");
  /** @type {HTMLElement | null | undefined} */ (target)?.focus();
}

/**
 * @param {Element} node
 * @param {Record<string, string | null>} attributes
 * @param {(Node | string)[]} children
 */
function filled(node, attributes, children) {
  set(node, attributes);
  node.append(...children);
  return node;
}

/**
 * Milliseconds as people read them.
 * @param {number | null} ms
 */
export function milliseconds(ms) {
  if (ms === null) return "–";
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

/**
 * How long something has gone on.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Calls a second.
 * @param {number} rate
 */
export function perSecond(rate) {
  return `${rate < 10 ? rate : Math.round(rate)}/s`;
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/**
 * How many: whole up to 99,999, then "1.2M".
 * @param {number} number
 */
export function count(number) {
  return number < 100_000 ? String(number) : compact.format(number);
}
