// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// How long events take, what procedures there are, what was counted, and what is stuck.

import { fill, h } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { table, whenEmpty } from "../parts/table.js";

const DURATIONS = [
  { title: "Event", text: ({ name }) => name, className: "main-cell code" },
  { title: "Times", isNumber: true, text: ({ count }) => format.count(count) },
  { title: "50 %", isNumber: true, text: ({ p50 }) => format.seconds(p50) },
  { title: "90 %", isNumber: true, text: ({ p90 }) => format.seconds(p90) },
  { title: "99 %", isNumber: true, text: ({ p99 }) => format.seconds(p99) },
];
const PROCEDURES = [
  { title: "Procedure", text: ({ name, signature }) => name + signature, className: "main-cell code" },
  { title: "Runs", text: ({ is_blocking: isBlocking }) => (isBlocking ? "in a thread" : "on the reactor") },
];
const COUNTERS = [
  { title: "Counter", text: ({ name }) => name.replaceAll("_", " "), className: "main-cell plain" },
  { title: "Times", isNumber: true, text: ({ number }) => format.exact(number) },
];

/** Make a card with a table, and a text where that is empty. */
export function listing(title, columns, key, emptyText) {
  const list = table({ label: title, columns, key });
  const empty = h("p", { class: "empty", hidden: true });
  return {
    element: h("section", { class: "card flush" }, h("h2", {}, title), list.element, empty),
    update(rows) {
      list.update(rows);
      list.element.hidden = rows.length === 0;
      whenEmpty(empty, rows.length, emptyText);
    },
  };
}

/** Make the list of counters that are not 0. */
export function counters(title) {
  const list = listing(title, COUNTERS, ({ name }) => name, "Nothing has been counted yet.");
  return {
    element: list.element,
    update(counted) {
      list.update(Object.entries(counted ?? {}).map(([name, number]) => ({ name, number })));
    },
  };
}

/** Make the room. */
export function events() {
  const durations = listing("How long events take", DURATIONS, ({ name }) => name, "No event has ended yet.");
  const procedures = listing("Procedures", PROCEDURES, ({ name }) => name, "This project has no procedures.");
  const counted = counters("Counted");
  const stuck = h("div", { class: "banner bad", hidden: true });
  return {
    element: h("div", { class: "columns" }, stuck, durations.element, procedures.element, counted.element),
    update(told) {
      durations.update(Object.entries(told.durations ?? {}).map(([name, figures]) => ({ name, ...figures })));
      procedures.update(told.procedures ?? []);
      counted.update(told.counters);
      stuck.hidden = !told.stuck?.length;
      if (told.stuck?.length) fill(stuck, h("b", {}, "Stuck: "), told.stuck.map(describe).join("; "));
    },
  };
}

function describe(stuck) {
  if (typeof stuck === "string") return stuck;
  const { event, name = event, client, seconds } = stuck;
  return [name, client && `of ${client}`, seconds !== undefined && `for ${format.span(seconds)}`].filter(Boolean).join(" ");
}
