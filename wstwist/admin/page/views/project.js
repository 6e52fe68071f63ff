// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// One project: how it goes, its global service, and rooms for all else.

import { fill, h, icon, write } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { link } from "../lib/place.js";
import { actionsOf } from "../parts/actions.js";
import { button } from "../parts/buttons.js";
import { history } from "../parts/charts.js";
import { figures } from "../parts/figures.js";
import { log } from "../parts/log.js";
import { stateOf } from "../parts/state.js";
import { clients } from "./clients.js";
import { events } from "./events.js";
import { serviceBar, serviceRoom } from "./service.js";
import { settings } from "./settings.js";
import { current } from "./shell.js";

const TABS = [
  ["clients", "Clients"],
  ["charts", "Charts"],
  ["events", "Events"],
  ["service", "Service"],
  ["settings", "Settings"],
  ["log", "Log"],
];

const FIGURES = [
  {
    name: "Clients",
    text: ({ clients: number }) => format.exact(number),
    note: ({ opening }) => (opening ? `${format.exact(opening)} coming in` : ""),
  },
  {
    name: "Messages in",
    text: ({ messages_in_rate: rate }) => `${format.rate(rate)}/s`,
    note: ({ messages_in: number }) => `${format.count(number)} in all`,
  },
  {
    name: "Messages out",
    text: ({ messages_out_rate: rate }) => `${format.rate(rate)}/s`,
    note: ({ messages_out: number }) => `${format.count(number)} in all`,
  },
  {
    name: "Traffic",
    text: ({ bytes_in: size }) => `${format.bytes(size)} in`,
    note: ({ bytes_out: size }) => `${format.bytes(size)} out`,
  },
  {
    name: "CPU time",
    text: ({ cpu }) => format.seconds(cpu),
    note: ({ event_time: time }) => `${format.seconds(time)} in events`,
  },
  { name: "Errors", text: ({ errors }) => format.count(errors), isBad: ({ errors }) => errors > 0 },
];

/** Show a project. */
export function project(scope, { name, tab, parameters, isFull }) {
  const strip = figures(FIGURES);
  const state = stateOf();
  const where = h("p", { class: "where-it-is" });
  const trouble = h("div", { class: "banner bad", hidden: true });
  const buttons = h("div", { class: "buttons" });
  const service = serviceBar(name, isFull);
  const room = makeRoom(scope, { name, tab, parameters, isFull });
  const tabs = TABS.map(([key, text]) => {
    const element = h("a", { href: link("projects", name, key) }, text);
    current(element, key === tab);
    return element;
  });

  function show(told) {
    view.classList.remove("missing");
    state.element.hidden = false;
    strip.update(told);
    state.update(told);
    service.update(told);
    room.update?.(told);
    write(where, [told.import, told.directory, ...(told.urls ?? [])].filter(Boolean).join("  ·  "));
    const blocked = told.state === "blocked" && told.message ? `New clients are told: ${told.message}` : "";
    trouble.hidden = !(told.error || blocked);
    trouble.classList.toggle("bad", Boolean(told.error));
    write(trouble, told.error || blocked);
    if (isFull) showActions(buttons, told);
  }

  const view = h(
    "div",
    { class: "view" },
    h("a", { class: "up", href: link() }, icon("back"), "Projects"),
    h("div", { class: "head" }, h("div", {}, h("h1", { tabindex: "-1" }, name), " ", state.element, where), buttons),
    trouble,
    strip.element,
    service.element,
    h("nav", { class: "tabs", "aria-label": "About this project" }, tabs),
    room.element,
  );
  scope.follow(`project:${encodeURIComponent(name)}`, show, (problem) => {
    view.classList.add("missing");
    fill(buttons);
    delete buttons.dataset.state;
    state.element.hidden = true;
    trouble.hidden = false;
    trouble.classList.add("bad");
    write(trouble, problem.detail ?? `There is no project ${name}.`);
  });
  return view;
}

/** Make what stands beneath the tabs. */
function makeRoom(scope, { name, tab, parameters, isFull }) {
  switch (tab) {
    case "charts":
      return { element: history(scope, name) };
    case "events":
      return events();
    case "service":
      return serviceRoom(scope, name, isFull);
    case "settings":
      return settings(scope, name, isFull);
    case "log":
      return { element: log(scope, { project: name, parameters }) };
    default:
      return { element: clients(scope, { name, parameters }) };
  }
}

/** Show the buttons, anew only where the state has changed: one that works is not to be replaced. */
function showActions(buttons, told) {
  buttons.project = told;
  if (buttons.dataset.state === told.state) return;
  buttons.dataset.state = told.state;
  const now = () => actionsOf(buttons.project);
  const names = Object.keys(now()).filter((name) => now()[name]);
  fill(buttons, names.map((name) => button({ ...now()[name], act: () => now()[name]?.act() })));
}
