// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Buttons that are pressed, work for a while, and can be pressed again; and menus of them.

import { h, icon } from "../lib/dom.js";
import { attempt } from "./toasts.js";

/**
 * Make a button.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} [options.symbol] the icon
 * @param {() => Promise | void} options.act what it does; where that fails a note says so
 * @param {string} [options.kind] classes
 * @param {string} [options.hint]
 */
export function button({ label, symbol, act, kind = "", hint }) {
  const properties = { type: "button", class: kind || null, title: hint };
  const element = h("button", properties, symbol && icon(symbol), h("span", {}, label));
  element.addEventListener("click", async () => {
    element.disabled = true;
    await attempt(act);
    element.disabled = false;
  });
  return element;
}

/** Make a button with a menu of buttons; `open` gives them, whenever it is opened. */
export function menu(label, open) {
  const list = h("div", { popover: "auto", class: "menu" });
  const element = h(
    "button",
    { type: "button", class: "quiet icon-only", "aria-label": label, "aria-haspopup": "true", title: label },
    icon("more"),
  );
  element.popoverTargetElement = list;
  list.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") list.replaceChildren(...open());
  });
  list.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") beneath(list, element);
  });
  list.addEventListener("click", () => list.hidePopover());
  list.addEventListener("keydown", moveAmongButtons);
  return h("span", { class: "menu-place" }, element, list);
}

function beneath(list, element) {
  const place = element.getBoundingClientRect();
  const height = list.offsetHeight;
  const fits = place.bottom + height + 8 < innerHeight;
  list.style.top = `${fits ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
  list.style.left = `${Math.max(8, Math.min(place.right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
  list.querySelector("button")?.focus();
}

function moveAmongButtons(event) {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = buttons.indexOf(document.activeElement) + step;
  buttons[(next + buttons.length) % buttons.length].focus();
}
