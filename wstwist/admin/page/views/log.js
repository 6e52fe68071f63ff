// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The log of the whole server.

import { h } from "../lib/dom.js";
import { log } from "../parts/log.js";

/** Show the log. */
export function logPage(scope, { parameters }) {
  return h("div", { class: "view tall" }, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Log")), log(scope, { parameters, ofAll: true }));
}
