// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The state of a project in a word and a colour.

import { h, write } from "../lib/dom.js";

const HINTS = {
  served: "New clients come in",
  blocked: "New clients are refused; those inside stay",
  stopped: "Nobody is served",
};

/** Make the word; `update` takes a project. */
export function stateOf() {
  const element = h("span", { class: "state" });
  return {
    element,
    update({ state, message }) {
      write(element, state);
      element.dataset.state = state;
      element.title = state === "blocked" && message ? `${HINTS.blocked}: “${message}”` : HINTS[state] ?? "";
    },
  };
}
