/** The page by keyboard. */

import { byId } from "./dom.js";

const SECTIONS = ["mesh-title", "apps-title", "tasks-title", "latency-title", "registry-title"];

/**
 * @param {{ pause(): void; theme(): void; showAll(): void }} actions
 */
export function beginKeys(actions) {
  const dialog = byId("keys");
  const single = byId("single-keys");
  byId("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    // Those with modifiers are the browser's.
    if (event.ctrlKey || event.altKey || event.metaKey || dialog.open) return;
    if (event.key === "Escape") return actions.showAll();
    if (!single.checked) return;
    const section = SECTIONS[Number(event.key) - 1];
    if (section !== undefined) return toSection(byId(section));
    if (event.key === "p") actions.pause();
    else if (event.key === "t") actions.theme();
    else if (event.key === "?") dialog.showModal();
  });
}

/** @param {HTMLElement} title */
function toSection(title) {
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start" });
}
