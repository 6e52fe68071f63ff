// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Keys: digits lead to the rooms, / to the search, ? shows them all.

import { h } from "./dom.js";
import { go } from "./place.js";

const KEYS = {
  1: ["Projects", () => go()],
  2: ["Log", () => go("log")],
  3: ["Server", () => go("server")],
  ArrowDown: ["", firstRow],
  "/": ["Search what is shown", () => document.querySelector("main input[type=search]")?.focus()],
  "?": ["Show these keys", showKeys],
};
const OTHERS = [
  ["↑ ↓", "To the first row, and from row to row; Enter opens it"],
  ["Esc", "Close a question or a menu"],
];

/** Listen to keys, but not where somebody writes. */
export function listen() {
  addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && event.target.matches("main input[type=search]")) {
      firstRow();
      return;
    }
    if (event.defaultPrevented) return; // a row has led to the next one
    const isWriting = event.target.closest("input, select, textarea, dialog");
    if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = document.querySelector("main") && KEYS[event.key];
    if (!found) return;
    if (found[1]() !== false) event.preventDefault();
  });
}

/** Focus the first row; false where there is none, and the key is for scrolling. */
function firstRow() {
  const link = document.querySelector("main .row-link");
  if (!link || document.activeElement?.closest("main .row-link")) return false;
  link.focus();
  return true;
}

export function showKeys() {
  const told = Object.entries(KEYS).filter(([, [what]]) => what);
  const rows = [...told.map(([key, [what]]) => [key, what]), ...OTHERS];
  const close = h("button", { type: "submit", class: "primary" }, "Close");
  const dialog = h(
    "dialog",
    { "aria-label": "Keys", onclose: () => dialog.remove() },
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, "Keys"),
      h("dl", { class: "keys" }, rows.map(([key, what]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)))),
      h("div", { class: "buttons" }, close),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
