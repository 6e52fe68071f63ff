// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The settings of a project: the class's, and what goes before them.

import * as api from "../lib/api.js";
import { parseValue } from "../lib/arguments.js";
import { fill, h, write } from "../lib/dom.js";
import { show } from "../lib/values.js";
import { button } from "../parts/buttons.js";
import { ask } from "../parts/dialog.js";
import { table } from "../parts/table.js";
import { tell } from "../parts/toasts.js";

const COLUMNS = [
  { title: "Setting", text: ({ name }) => name, className: "main-cell code" },
  { title: "Value", text: valueOf, className: "code wraps" },
  { title: "Class's own", text: ({ default: own, value }) => (same(own, value) ? "the same" : show(own)), className: "code wraps quiet" },
  { title: "From", fill: fillSource },
  { title: "Takes effect", text: ({ is_live: isLive }) => (isLive ? "at once" : "after stop and start"), hint: ({ is_live: isLive }) => (isLive ? "limits of connections: for whoever connects from then on" : "") },
];

/** Write a value, and what it will be where that has been changed and does not hold yet. */
function valueOf({ value, pending, is_pending: isPending }) {
  return isPending ? `${show(value)}, then ${show(pending)}` : show(value);
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function fillSource(cell, { source }) {
  const tag = cell.firstElementChild ?? cell.appendChild(h("span", { class: "tag" }));
  write(tag, source);
  tag.classList.toggle("accent", source === "configuration");
}

/** Show the settings, and let them be changed. */
export function settings(scope, name, isFull) {
  const path = api.at("projects", name, "settings");
  const problem = h("p", { class: "empty" }, "Asking the server…");
  const edit = { title: "", className: "actions", fill: fillEdit };
  const list = table({ label: "Settings", columns: isFull ? [...COLUMNS, edit] : COLUMNS, key: (row) => row.name, className: "settings" });

  async function load() {
    try {
      const told = await api.get(path);
      if (scope.isOver) return;
      list.update(told.settings.flatMap(inParts));
      problem.hidden = true;
    } catch (error) {
      write(problem, error.message);
    }
  }

  async function change(row, value) {
    const [setting, field] = row.parts;
    const wanted = field ? { [setting]: { [field]: value } } : { [setting]: value };
    const { restart = [] } = await api.patch(path, wanted);
    tell(restart.includes(setting) ? `${row.name} will change when ${name} is stopped and started.` : `${row.name} has been changed.`);
    await load();
  }

  function editRow(row) {
    const isText = typeof row.value === "string";
    ask({
      title: `${row.name} of ${name}`,
      text: `The class says ${show(row.default)}.${row.is_live ? "" : " A change takes effect after stop and start."}`,
      fields: [{ name: "value", label: "Value", value: isText ? row.value : show(row.value) }],
      confirm: "Change",
      act: ({ value }) => change(row, isText ? value : meant(row, parseValue(value))),
    });
  }

  function fillEdit(cell, row) {
    cell.row = row;
    if (cell.dataset.source === row.source) return;
    cell.dataset.source = row.source;
    const edited = button({ label: "Change…", symbol: "edit", kind: "small", act: () => editRow(cell.row) });
    const back = button({
      label: "The class's",
      kind: "small",
      hint: "Take the class's own value again",
      act: () => change(cell.row, null),
    });
    fill(cell, h("div", { class: "buttons" }, row.source === "configuration" && back, edited));
  }

  scope.every(10, load);
  return { element: h("section", { class: "card flush", "aria-label": "Settings" }, list.element, problem) };
}

/** To the API null is the class's own value; a limit that is to be none is false, as in a configuration file. */
const meant = ({ parts }, value) => (value === null && parts.length > 1 ? false : value);

/** Limits are many: each stands in a row of its own. */
function inParts(row) {
  const isObject = row.value !== null && typeof row.value === "object" && !Array.isArray(row.value) && !row.value.$type;
  if (!isObject) return [{ ...row, parts: [row.name] }];
  return Object.entries(row.value).map(([field, value]) => {
    const own = row.default?.[field];
    const source = row.source === "configuration" && !same(value, own) ? "configuration" : "class";
    return { ...row, name: `${row.name}.${field}`, parts: [row.name, field], value, default: own, source };
  });
}
