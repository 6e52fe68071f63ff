// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The server itself.

import { h } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { history } from "../parts/charts.js";
import { facts } from "../parts/figures.js";
import { counters } from "./events.js";

const FACTS = [
  ["wstwist", ({ version }) => version],
  ["Machine", ({ node }) => node],
  ["Process", ({ pid }) => String(pid ?? "")],
  ["Started", ({ started_at: at }) => `${format.clock(at)}, ${format.ago(at)}`],
  ["State", ({ is_draining: isDraining }) => (isDraining ? "stopping: no new clients" : "serving")],
  ["Listens at", ({ endpoints }) => (endpoints ?? []).join("\n")],
  ["Configuration", configurationOf],
  ["Reactor", ({ reactor }) => reactor],
  ["Transports", ({ transports }) => transports],
  ["Codec", ({ codec }) => codec],
];

function configurationOf({ configuration, kept }) {
  if (!configuration) return "no file: changes last until the server ends";
  return kept ? configuration : `${configuration} (changes are not written to it)`;
}

/** Show the server. */
export function server(scope) {
  const about = facts(FACTS);
  const counted = counters("Counted");
  scope.follow("server", (told) => {
    about.update(told);
    counted.update(told.counters);
  });
  return h(
    "div",
    { class: "view" },
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Server")),
    h("div", { class: "columns" }, h("section", { class: "card" }, h("h2", {}, "What runs"), about.element), counted.element),
    h("section", {}, h("h2", {}, "The last hour"), history(scope)),
  );
}
