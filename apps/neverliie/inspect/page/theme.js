/** Light, dark, or as the system has it. */

import { byId, say } from "./dom.js";

const THEMES = ["system", "light", "dark"];
const KEY = "theme";

/** Shows the theme that was chosen before, and has the button choose the next. */
export function beginTheme() {
  apply(sessionStorage.getItem(KEY) ?? "system");
  byId("theme").addEventListener("click", nextTheme);
}

/** Goes to the next theme. */
export function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? "system";
  // For this page while it is open: its port, and with it its storage, is another next time.
  sessionStorage.setItem(KEY, next);
  apply(next);
}

/** @param {string} theme */
function apply(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  say(byId("theme"), `Theme: ${theme}`);
}
