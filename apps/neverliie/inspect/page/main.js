/** Takes snapshots of the mesh as they come, and shows them. */

import { byId, say, set } from "./dom.js";
import { beginKeys } from "./keys.js";
import { Picture, showEmpty } from "./picture.js";
import { showPlots } from "./plots.js";
import { showApps, showDetails, showRegistry, showTasks } from "./tables.js";
import { beginTheme, nextTheme } from "./theme.js";

/** @typedef {import("../../watching/snapshot.ts").Snapshot} Snapshot */
/** @typedef {import("../../watching/snapshot.ts").Task} Task */

const ENDED = "neverliie inspect has ended. What is shown is as it was then. " +
  "To go on, run it again and open the link that it prints.";
const LOST = "The connection to neverliie inspect is lost; trying again. " +
  "Should it have ended, run it again and open the link that it prints.";

/** @type {Snapshot | null} */
let mesh = null;
/** @type {string | null} */
let chosen = null;
let paused = false;

const picture = new Picture(byId("picture"), choose);
const events = new EventSource("events");

events.addEventListener("snapshot", ({ data }) => {
  mesh = JSON.parse(data);
  notice(null);
  if (!paused) {
    tellState("live");
    show();
  }
});
events.addEventListener("ended", () => end());
events.addEventListener("error", () => {
  // Refused: another process has the port by now.
  if (events.readyState === EventSource.CLOSED) return end();
  tellState("lost");
  notice(LOST);
});

byId("pause").addEventListener("click", pause);
byId("end").addEventListener("click", async () => {
  const problem = await ask("end", {});
  if (problem === null) end();
  else notice(problem);
});
beginTheme();
beginKeys({ pause, theme: nextTheme, showAll: () => choose(null) });

function show() {
  if (mesh === null) return;
  if (!mesh.apps.some(({ name }) => name === chosen)) chosen = null;
  const wanted = (/** @type {{ app: string }} */ { app }) => chosen === null || app === chosen;
  const tasks = mesh.tasks.filter(wanted);
  // Streams and calls that were given up have no times.
  const methods = mesh.methods.filter(wanted)
    .filter(({ points }) => points.some((point) => point !== null));
  say(byId("home"), mesh.home);
  set(byId("home"), { title: mesh.home });
  picture.show(mesh, chosen);
  showEmpty(emptyOf("picture"), mesh);
  set(byId("picture"), { class: mesh.apps.length === 0 ? "unseen" : null });
  showApps(mesh, chosen, choose);
  showDetails(mesh.apps.find(({ name }) => name === chosen));
  showTasks(tasks, mesh.at, cancel);
  showPlots(byId("latency"), methods);
  emptyOf("tasks").hidden = tasks.length > 0;
  emptyOf("latency").hidden = methods.length > 0;
  emptyOf("registry").hidden = showRegistry(mesh) > 0;
  showTitles(mesh);
}

/** @param {Snapshot} mesh */
function showTitles({ apps, tasks, tasksInAll }) {
  const running = apps.filter(({ state }) => state === "running").length;
  say(byId("apps-title"), `Apps: ${running} of ${apps.length} running`);
  say(byId("tasks-title"), `Running: ${tasksInAll}`);
  const filter = byId("tasks").closest("section").querySelector(".filter");
  const more = tasksInAll > tasks.length ? `The oldest ${tasks.length} are shown. ` : "";
  say(filter, more + (chosen === null ? "" : `Of ${chosen} alone; Esc shows all.`));
  filter.hidden = filter.textContent === "";
}

/** @param {string} id */
function emptyOf(id) {
  return byId(id).closest("section").querySelector(".empty");
}

/**
 * Shows one app alone; the same once more, or null, all of them.
 * @param {string | null} app
 */
function choose(app) {
  chosen = app === chosen ? null : app;
  show();
}

function pause() {
  paused = !paused;
  set(byId("pause"), { "aria-pressed": String(paused) });
  tellState(paused ? "paused" : "live");
  show();
}

/**
 * @param {Task} task
 * @returns {Promise<string | null>}
 */
async function cancel({ app, pid, call, method }) {
  const problem = await ask("cancel", { app, pid, call });
  say(byId("said"), problem === null ? `${method} of ${app} was cancelled.` : problem);
  return problem;
}

/**
 * @param {string} what
 * @param {unknown} params
 * @returns {Promise<string | null>} what went wrong
 */
async function ask(what, params) {
  try {
    const body = JSON.stringify(params);
    const headers = { "content-type": "application/json" };
    const response = await fetch(what, { method: "POST", headers, body });
    if (!response.ok) return await response.text();
    return (await response.json()).problem ?? null;
  } catch (error) {
    return `neverliie inspect does not answer: ${/** @type {Error} */ (error).message}`;
  }
}

function end() {
  events.close();
  tellState("ended");
  notice(ENDED);
  for (const id of ["pause", "end"]) byId(id).disabled = true;
  for (const button of document.querySelectorAll("#tasks button")) {
    set(button, { disabled: "" });
  }
}

/** @param {"live" | "paused" | "lost" | "ended"} state */
function tellState(state) {
  const words = { live: "Live", paused: "Paused", lost: "No connection", ended: "Ended" };
  document.documentElement.dataset.state = state;
  say(byId("state"), words[state]);
}

/** @param {string | null} text */
function notice(text) {
  const place = byId("notice");
  place.hidden = text === null;
  say(place, text ?? "");
}
