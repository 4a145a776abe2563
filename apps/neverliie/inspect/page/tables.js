/** Apps, what is under way, and the registry, as tables. */

import { byId, count, duration, element, keyed, perSecond, say, set } from "./dom.js";

/** @typedef {import("../../watching/snapshot.ts").Snapshot} Snapshot */
/** @typedef {import("../../watching/snapshot.ts").AppView} AppView */
/** @typedef {import("../../watching/snapshot.ts").Offer} Offer */
/** @typedef {import("../../watching/snapshot.ts").Task} Task */

/**
 * The apps, with who calls them: what the picture shows, in words.
 * @param {Snapshot} mesh
 * @param {string | null} chosen
 * @param {(app: string) => void} choose
 */
export function showApps(mesh, chosen, choose) {
  keyed(byId("apps"), mesh.apps, {
    key: ({ name }) => name,
    make: ({ name }) => {
      const button = element("button", { type: "button", class: "name" }, name);
      button.addEventListener("click", () => choose(name));
      const cells = [element("td"), element("td", { class: "number" }), element("td")];
      return element("tr", {}, element("th", { scope: "row" }, button), ...cells);
    },
    update: (row, app) => {
      const [name, state, process, callers] = row.children;
      set(name.firstChild, { "aria-pressed": String(app.name === chosen) });
      set(state, { class: `state ${app.state.replace(" ", "-")}` });
      say(state, app.silent === null ? app.state : "not answering");
      say(process, app.pid === null ? "–" : String(app.pid));
      const from = mesh.edges.filter(({ to }) => to === app.name);
      say(callers, from.map(callerText).join(", "));
    },
  });
}

/** @param {{ from: string; perSecond: number }} edge */
function callerText({ from, perSecond: rate }) {
  return `${from || "clients"}${rate > 0 ? ` ${perSecond(rate)}` : ""}`;
}

/**
 * One app in full.
 * @param {AppView | undefined} app
 */
export function showDetails(app) {
  const place = byId("details");
  place.hidden = app === undefined;
  if (app === undefined) return;
  const { name, version, address, reason, silent, methods, topics, state } = app;
  const text = JSON.stringify([name, version, address, reason, silent, methods, topics, state]);
  // Made anew only where something changed, so that a selection of text stays.
  if (shown.get(place) === text) return;
  shown.set(place, text);
  const lines = [
    element("h2", {}, name, element("span", { class: "quiet" }, version ? ` ${version}` : "")),
    element("p", { class: "quiet address" }, address),
  ];
  if (reason !== null) {
    const again = element("code", {}, `neverliie wake ${name}`);
    lines.push(element("p", { class: "bad" }, `Gave up: ${reason}. To start it again: `, again));
  }
  if (silent !== null) lines.push(element("p", { class: "bad" }, silent));
  if (state === "asleep") {
    lines.push(element("p", {}, "It sleeps: a call wakes it, this page does not."));
  }
  if (methods.length > 0) lines.push(offerList(`methods of ${name}`, methods));
  if (topics.length > 0) lines.push(offerList(`topics of ${name}`, topics));
  place.replaceChildren(...lines);
}

/**
 * What an app has for others.
 * @param {string} label
 * @param {readonly Offer[]} offers
 */
function offerList(label, offers) {
  const list = element("ul", { "aria-label": label });
  for (const { name, kind, description } of offers) {
    const words = [element("code", {}, name), element("span", { class: "quiet" }, kind)];
    list.append(element("li", {}, ...words, element("span", {}, description)));
  }
  return list;
}

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * What is under way.
 * @param {readonly Task[]} tasks
 * @param {number} now
 * @param {(task: Task) => Promise<string | null>} cancel why it could not be cancelled, or null
 */
export function showTasks(tasks, now, cancel) {
  keyed(byId("tasks"), tasks, {
    key: ({ app, pid, call }) => `${app} ${pid} ${call}`,
    make: (task) => makeTask(task, cancel),
    update: (row, task) => {
      const [, , , items, progress, since] = row.children;
      say(items, task.items === null ? "" : count(task.items));
      say(since, duration(now - task.since));
      const [bar, words] = progress.children;
      const share = task.progress?.share ?? null;
      bar.hidden = share === null;
      if (share !== null) bar.value = share;
      say(words, task.progress?.text ?? "");
      set(words, { title: task.progress?.text ?? null });
    },
  });
}

/**
 * @param {Task} task
 * @param {(task: Task) => Promise<string | null>} cancel
 */
function makeTask(task, cancel) {
  const label = `Cancel ${task.method} of ${task.app}`;
  const button = element("button", { type: "button", "aria-label": label }, "Cancel");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    // Not "disabled", which would take the focus away.
    set(button, { "aria-disabled": "true" });
    const problem = await cancel(task);
    if (problem !== null) set(button, { "aria-disabled": null });
  });
  return element(
    "tr",
    {},
    element("td", {}, task.app),
    element(
      "td",
      { class: "method" },
      element("code", {}, task.method),
      element("span", { class: "quiet" }, ` ${task.params}`),
    ),
    element("td", {}, task.from),
    element("td", { class: "number" }),
    element(
      "td",
      { class: "progress" },
      element("progress", { max: "1", "aria-label": `progress of ${task.method}` }),
      element("span", { class: "words" }),
    ),
    element("td", { class: "number" }),
    element("td", { class: "act" }, button),
  );
}

/**
 * How each app is started.
 * @param {Snapshot} mesh
 */
export function showRegistry(mesh) {
  keyed(byId("problems"), mesh.problems, {
    key: ({ about }) => about,
    make: () => element("li", { class: "bad" }),
    update: (line, { about, problem }) => say(line, `${about}: ${problem}`),
  });
  const registered = mesh.apps.filter((app) => app.registered);
  keyed(byId("registry"), registered, {
    key: ({ name }) => name,
    make: ({ name }) => {
      const cells = ["", "command", "path"].map((kind) => element("td", { class: kind }));
      return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
    },
    update: (row, { type, command, cwd }) => {
      const [, kind, words, folder] = row.children;
      say(kind, type ?? "–");
      say(words, command.map((word) => /\s/.test(word) ? `"${word}"` : word).join(" "));
      say(folder, cwd ?? "–");
    },
  });
  return registered.length;
}
