// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Figures in a row, each with its name.

import { h, write } from "../lib/dom.js";

/**
 * Make a row of figures.
 *
 * @param {Array<{name: string, text: (data: object) => string, note?: (data: object) => string,
 *   isBad?: (data: object) => boolean, hint?: string}>} wanted
 * @returns {{element: Element, update: (data: object) => void}}
 */
export function figures(wanted) {
  const tiles = wanted.map(({ name, hint, note }) => {
    const value = h("dd", { class: "value" }, "–");
    const more = note ? h("dd", { class: "note" }) : null;
    return { value, more, element: h("div", { class: "figure", title: hint }, h("dt", {}, name), value, more) };
  });
  return {
    element: h("dl", { class: "figures" }, tiles.map(({ element }) => element)),
    update(data) {
      wanted.forEach(({ text, note, isBad }, index) => {
        const { value, more, element } = tiles[index];
        write(value, text(data));
        if (more) write(more, note(data));
        element.classList.toggle("bad", Boolean(isBad?.(data)));
      });
    },
  };
}

/**
 * Make a list of facts: names and what they are.
 *
 * @param {Array<[string, (data: object) => string]>} wanted
 */
export function facts(wanted) {
  const values = wanted.map(() => h("dd"));
  return {
    element: h("dl", { class: "facts" }, wanted.map(([name], index) => h("div", {}, h("dt", {}, name), values[index]))),
    update(data) {
      wanted.forEach(([, text], index) => write(values[index], text(data) || "–"));
    },
  };
}
