// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// All projects, and the server's last hour.

import { fill, h } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { link } from "../lib/place.js";
import { actionsOf, addProject } from "../parts/actions.js";
import { button, menu } from "../parts/buttons.js";
import { history } from "../parts/charts.js";
import { figures } from "../parts/figures.js";
import { stateOf } from "../parts/state.js";
import { table } from "../parts/table.js";

const FIGURES = [
  { name: "Clients", text: ({ clients }) => format.exact(clients) },
  { name: "Messages in", text: ({ in: rate }) => `${format.rate(rate)}/s` },
  { name: "Messages out", text: ({ out }) => `${format.rate(out)}/s` },
  { name: "CPU", text: ({ cpu }) => format.share(cpu), hint: "of one core", isBad: ({ cpu }) => cpu > 0.9 },
  { name: "Memory", text: ({ memory }) => format.bytes(memory), hint: "resident" },
  {
    name: "Reactor lag",
    text: ({ lag }) => format.seconds(lag),
    hint: "how late the reactor is",
    isBad: ({ lag }) => lag > 0.1,
  },
  { name: "Up for", text: ({ started_at: at }) => format.span(format.since(at)), hint: "since the server has started" },
];

const FIRST = { fill: fillName, title: "Project", className: "main-cell" };
const COLUMNS = [
  FIRST,
  { title: "State", fill: fillState },
  { title: "Clients", isNumber: true, text: ({ clients }) => format.exact(clients) },
  { title: "In /s", isNumber: true, text: ({ messages_in_rate: rate }) => format.rate(rate) },
  { title: "Out /s", isNumber: true, text: ({ messages_out_rate: rate }) => format.rate(rate) },
  { title: "Errors", isNumber: true, fill: fillErrors },
  {
    title: "Late runs",
    isNumber: true,
    text: ({ runs_late: late }) => format.count(late),
    hint: () => "runs of the global service that were skipped, because one before was not done",
  },
];

/** Show the projects. */
export function projects(scope, { isFull }) {
  const strip = figures(FIGURES);
  const columns = isFull ? [...COLUMNS, { title: "", fill: fillActions, className: "actions" }] : COLUMNS;
  const list = table({
    label: "Projects",
    columns,
    key: ({ name }) => name,
    href: ({ name }) => link("projects", name),
    className: "projects",
  });
  const empty = h("p", { class: "empty", hidden: true });
  const totals = {};
  const show = (told) => strip.update(Object.assign(totals, told));

  scope.follow("server", show);
  scope.follow("projects", ({ projects: rows }) => {
    list.update(rows);
    list.element.hidden = rows.length === 0;
    empty.hidden = rows.length > 0;
    fill(empty, isFull ? "No project is served. Add one: it takes a module and a class." : "No project is served.");
    show({ in: sum(rows, "messages_in_rate"), out: sum(rows, "messages_out_rate") });
  });
  const add = isFull && button({ label: "Add a project", symbol: "add", kind: "primary", act: addProject });
  return h(
    "div",
    { class: "view" },
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Projects"), h("div", { class: "buttons" }, add)),
    strip.element,
    h("section", { class: "card flush", "aria-label": "Projects" }, list.element, empty),
    h("section", {}, h("h2", {}, "The last hour"), history(scope)),
  );
}

const sum = (rows, name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);

function fillName(cell, { name, directory, error, state, message }) {
  const blocked = state === "blocked" ? message : "";
  const told = JSON.stringify([name, directory, error, blocked]);
  if (cell.dataset.told === told) return;
  cell.dataset.told = told;
  fill(
    cell,
    h("b", {}, name),
    h("small", { title: directory }, directory),
    error ? h("small", { class: "problem", title: error }, error) : null,
    blocked ? h("small", { title: "what new clients are told" }, `“${blocked}”`) : null,
  );
}

function fillState(cell, project) {
  cell.state ??= stateOf();
  cell.append(cell.state.element);
  cell.state.update(project);
}

function fillErrors(cell, { errors }) {
  const text = format.count(errors);
  if (cell.textContent !== text) cell.textContent = text;
  cell.classList.toggle("bad", errors > 0);
}

/** The two that are needed most, and a menu of the others; made anew only where the state has changed. */
function fillActions(cell, project) {
  cell.project = project;
  if (cell.dataset.state === project.state) return;
  cell.dataset.state = project.state;
  const now = () => actionsOf(cell.project);
  const shown = ["reload", "start", "block", "unblock"].filter((name) => now()[name]);
  const hidden = () => ["stop", "remove"].map((name) => now()[name]).filter(Boolean);
  fill(
    cell,
    h(
      "div",
      { class: "buttons" },
      shown.map((name) => button({ ...now()[name], kind: "small", act: () => now()[name]?.act() })),
      menu(`More for ${project.name}`, () => hidden().map(button)),
    ),
  );
}
