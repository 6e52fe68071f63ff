// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The global service of a project: its runs, its globals, and procedures executed in it.

import * as api from "../lib/api.js";
import { h, write } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { button } from "../parts/buttons.js";
import { execution } from "../parts/execution.js";
import { globals } from "../parts/globals.js";
import { tell } from "../parts/toasts.js";

const FACTS = [
  ["Every", (told) => (typeof told.interval === "number" ? format.seconds(told.interval) : told.interval)],
  ["Last run", ({ service }) => format.ago(service.last_run)],
  ["Took", ({ service }) => format.seconds(service.last_duration)],
  ["Runs", ({ service }) => format.count(service.runs)],
  ["Late", ({ service }) => format.count(service.late)],
  ["Queue", ({ service }) => format.count(service.queue)],
];

/** Make the line about the service, with what can be done to it. */
export function serviceBar(name, isFull) {
  const values = FACTS.map(() => h("dd", {}, "–"));
  const state = h("span", { class: "state" });
  const path = (verb) => api.at("projects", name, "service", verb);
  const run = button({
    label: "Run now",
    symbol: "start",
    kind: "small",
    async act() {
      await api.post(path("run"));
      tell("The global service runs.");
    },
  });
  const pause = button({
    label: "Pause",
    symbol: "pause",
    kind: "small",
    hint: "No further runs, until it goes on; its context stays",
    act: () => api.post(path("pause")),
  });
  const unpause = button({ label: "Go on", symbol: "start", kind: "small", act: () => api.post(path("unpause")) });
  const element = h(
    "section",
    { class: "card service", "aria-label": "Global service" },
    h("div", { class: "service-name" }, h("h2", {}, "Global service"), state),
    h("dl", {}, FACTS.map(([title], index) => h("div", {}, h("dt", {}, title), values[index]))),
    isFull && h("div", { class: "buttons" }, run, pause, unpause),
  );
  return {
    element,
    update(told) {
      const service = told.service ?? {}; // a project that is stopped has none
      FACTS.forEach(([, text], index) => write(values[index], text({ ...told, service })));
      const shown = stateOf(told);
      write(state, shown);
      state.dataset.state = shown;
      run.hidden = shown === "stopped" || service.has_runs === false;
      pause.hidden = run.hidden || service.is_paused;
      unpause.hidden = run.hidden || !service.is_paused;
    },
  };
}

function stateOf({ service }) {
  if (!service) return "stopped";
  if (service.has_runs === false) return "no global_service";
  if (service.is_paused) return "paused";
  return service.is_running ? "running" : "waiting";
}

/** Make the room with the service's globals, and the form for its procedures. */
export function serviceRoom(scope, name, isFull) {
  if (!isFull) {
    const text = "The globals of the service, and executing procedures in it, need the token “full”.";
    return { element: h("p", { class: "card muted" }, text) };
  }
  const path = api.at("projects", name, "service");
  const shown = globals();
  const form = execution(path);
  scope.follow(`globals:${encodeURIComponent(name)}`, shown.update, (problem) => shown.fail(problem.detail));
  return {
    element: h(
      "div",
      { class: "columns" },
      h("section", { class: "card" }, h("h2", {}, "Globals of the service"), shown.element),
      h("section", { class: "card" }, h("h2", {}, "Execute a procedure in the service"), form.element),
    ),
    update: ({ procedures }) => form.update(procedures ?? []),
  };
}
