// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The clients of a project: searched, sorted and paged by the server, so that any number of them stays fluid.

import * as api from "../lib/api.js";
import { h, icon, write } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { link, note } from "../lib/place.js";
import { show as shown } from "../lib/values.js";
import { table } from "../parts/table.js";

const PAGE = 100;
const SORT = "connected_at";

const COLUMNS = [
  { title: "Address", sort: "address", text: addressOf, className: "main-cell", hint: ({ user_agent: agent }) => agent },
  { title: "User", sort: "user", text: ({ user }) => userName(user) },
  { title: "Connected", sort: "connected_at", text: ({ connected_at: at }) => format.clock(at), hint: ({ connected_at: at }) => format.moment(at) },
  { title: "Last active", sort: "last_activity", text: ({ last_activity: at }) => format.ago(at), hint: ({ last_activity: at }) => format.moment(at) },
  { title: "Msgs in", sort: "messages_in", isNumber: true, text: ({ messages_in: number }) => format.count(number) },
  { title: "Msgs out", sort: "messages_out", isNumber: true, text: ({ messages_out: number }) => format.count(number) },
  { title: "Bytes in", sort: "bytes_in", isNumber: true, text: ({ bytes_in: size }) => format.bytes(size) },
  { title: "Bytes out", sort: "bytes_out", isNumber: true, text: ({ bytes_out: size }) => format.bytes(size) },
  { title: "Mailbox", sort: "mailbox", isNumber: true, text: ({ mailbox }) => format.count(mailbox), hint: ({ mailbox_high_water: most }) => `at most ${format.count(most)} so far` },
  { title: "Send queue", sort: "send_queue", isNumber: true, text: ({ send_queue: size }) => format.bytes(size) },
];

/** Write where a client comes from. */
export function addressOf({ address, port }) {
  const host = address?.includes(":") ? `[${address}]` : address || "Unix socket";
  return port ? `${host}:${port}` : host;
}

/** Write who a user is. */
export function userName(user) {
  if (user === null || user === undefined) return "–";
  if (typeof user !== "object") return String(user);
  const named = user.$type ? null : user.name ?? user.sub ?? user.id;
  return typeof named === "string" ? named : shown(user);
}

/** Show the clients of a project. */
export function clients(scope, { name, parameters }) {
  const wanted = {
    search: parameters.search ?? "",
    sort: parameters.sort ?? SORT,
    offset: Number.parseInt(parameters.offset, 10) || 0,
  };
  const total = h("span", { class: "muted", role: "status" });
  const pages = pager((offset) => change({ offset }));
  const empty = h("p", { class: "empty" }, "Asking the server…");
  const list = table({
    label: `Clients of ${name}`,
    columns: COLUMNS,
    key: ({ id }) => id,
    href: ({ id }) => link("projects", name, "clients", id),
    sort: wanted.sort,
    onSort: (sort) => change({ sort, offset: 0 }),
    className: "clients",
  });
  const search = h("input", {
    type: "search",
    placeholder: "Search address, user, path…",
    "aria-label": "Search clients",
    autocomplete: "off",
    spellcheck: "false",
  });
  search.value = wanted.search;

  function show({ total: number, clients: rows }) {
    if (rows.length === 0 && wanted.offset > 0 && number > 0) {
      change({ offset: Math.floor((number - 1) / PAGE) * PAGE }); // the last page has become empty
      return;
    }
    list.update(rows);
    list.element.hidden = rows.length === 0;
    empty.hidden = rows.length > 0;
    write(empty, wanted.search ? "No client fits." : "Nobody is connected.");
    write(total, wanted.search ? `${format.several(number, "client")} found` : format.several(number, "client"));
    pages.update(wanted.offset, rows.length, number);
  }

  let stop = () => {};
  function follow() {
    stop();
    const topic = `clients:${encodeURIComponent(name)}${api.query({ ...wanted, limit: PAGE })}`;
    stop = scope.follow(topic, show, (problem) => write(empty, problem.detail ?? ""));
  }

  function change(changes) {
    Object.assign(wanted, changes);
    note({ search: wanted.search, sort: wanted.sort === SORT ? "" : wanted.sort, offset: wanted.offset || "" });
    follow();
  }

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ search: search.value.trim(), offset: 0 }), 200);
  });
  scope.onEnd(() => clearTimeout(timer));
  follow();
  return h(
    "section",
    { class: "card flush", "aria-label": "Clients" },
    h("div", { class: "filter" }, search, total, pages.element),
    list.element,
    empty,
  );
}

/** Buttons to the pages before and after. */
function pager(onGo) {
  let at = 0;
  const shown = h("span");
  const before = h("button", { type: "button", class: "quiet icon-only", "aria-label": "Page before", onclick: () => onGo(Math.max(0, at - PAGE)) }, icon("back"));
  const after = h("button", { type: "button", class: "quiet icon-only", "aria-label": "Page after", onclick: () => onGo(at + PAGE) }, icon("next"));
  const element = h("div", { class: "pager", hidden: true }, before, shown, after);
  return {
    element,
    update(offset, number, total) {
      at = offset;
      write(shown, `${format.exact(offset + 1)}–${format.exact(offset + number)} of ${format.exact(total)}`);
      before.disabled = offset === 0;
      after.disabled = offset + number >= total;
      element.hidden = total <= PAGE;
    },
  };
}
