// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The globals of a context: a copy of its own, live.

import { h, write } from "../lib/dom.js";
import { show } from "../lib/values.js";

/** Make the list; `update` takes what the API tells, `fail` why there is nothing. */
export function globals() {
  const list = h("dl", { class: "globals" });
  const note = h("p", { class: "muted" }, "Asking the context…");
  const rows = new Map();

  function update({ globals: told }) {
    const names = new Set(told.map(({ name }) => name));
    for (const [name, row] of rows) {
      if (!names.has(name)) {
        row.element.remove();
        rows.delete(name);
      }
    }
    for (const one of told) {
      if (!rows.has(one.name)) rows.set(one.name, addRow(one));
      rows.get(one.name).update(one);
    }
    note.hidden = told.length > 0;
    write(note, "This project has no globals.");
    element.classList.remove("stale");
  }

  function addRow({ name }) {
    const type = h("small");
    const value = h("pre", { tabindex: "0" });
    const element = h("div", {}, h("dt", {}, name, " ", type), h("dd", {}, value));
    list.append(element);
    let isFirst = true;
    return {
      element,
      update({ type: typeName, value: given, is_shortened: isShortened }) {
        const text = `${show(given, typeName)}${isShortened ? "\n… (shortened)" : ""}`;
        write(type, typeName);
        if (value.textContent === text) return;
        write(value, text);
        if (!isFirst) flash(element);
        isFirst = false;
      },
    };
  }

  function fail(text) {
    note.hidden = false;
    write(note, text);
    element.classList.add("stale");
  }

  const element = h("div", {}, note, list);
  return { element, update, fail };
}

/** Show for a moment that something has changed. */
function flash(element) {
  element.classList.remove("flash");
  void element.offsetWidth; // so that it begins anew
  element.classList.add("flash");
}
