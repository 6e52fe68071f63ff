// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// One client: its figures, its globals, and what can be done to it.

import * as api from "../lib/api.js";
import { h, icon, write } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { link } from "../lib/place.js";
import { button } from "../parts/buttons.js";
import { ask } from "../parts/dialog.js";
import { execution } from "../parts/execution.js";
import { facts, figures } from "../parts/figures.js";
import { globals } from "../parts/globals.js";
import { log } from "../parts/log.js";
import { sending } from "../parts/sending.js";
import { tell } from "../parts/toasts.js";
import { addressOf, userName } from "./clients.js";

const UNKNOWN = "Client";

const FIGURES = [
  {
    name: "Messages in",
    text: ({ messages_in: number }) => format.count(number),
    note: ({ bytes_in: size }) => format.bytes(size),
  },
  {
    name: "Messages out",
    text: ({ messages_out: number }) => format.count(number),
    note: ({ bytes_out: size }) => format.bytes(size),
  },
  {
    name: "Mailbox",
    text: ({ mailbox }) => format.count(mailbox),
    note: ({ mailbox_high_water: most }) => `at most ${format.count(most)}`,
  },
  { name: "Send queue", text: ({ send_queue: size }) => format.bytes(size) },
  {
    name: "CPU time",
    text: ({ cpu }) => format.seconds(cpu),
    note: ({ event_time: time }) => `${format.seconds(time)} in events`,
  },
  { name: "Errors", text: ({ errors }) => format.count(errors), isBad: ({ errors }) => errors > 0 },
  {
    name: "Event",
    text: ({ event }) => event?.name ?? "none",
    note: ({ event }) => (event ? `for ${format.seconds(event.seconds)}` : ""),
  },
];

const FACTS = [
  ["User", ({ user }) => userName(user)],
  ["Address", addressOf],
  ["Connected", ({ connected_at: at }) => `${format.clock(at)}, ${format.ago(at)}`],
  ["Last active", ({ last_activity: at }) => `${format.clock(at)}, ${format.ago(at)}`],
  ["Path", ({ path, query }) => path + asQuery(query)],
  ["Origin", ({ origin }) => origin],
  ["Browser", ({ user_agent: agent }) => agent],
  ["Sub-protocol", ({ protocol }) => protocol || "none"],
  ["Encrypted", ({ secure }) => (secure ? "yes, TLS" : "no")],
  ["Node", ({ node }) => node],
  ["Id", ({ id }) => id],
];

function asQuery(query) {
  return typeof query === "string" ? query && `?${query}` : api.query(query ?? {});
}

/** Show a client. */
export function client(scope, { project, id, isFull }) {
  const path = api.at("projects", project, "clients", id);
  const name = `${encodeURIComponent(project)}/${encodeURIComponent(id)}`;
  const title = h("h1", { tabindex: "-1" }, UNKNOWN);
  const state = h("span", { class: "state", dataset: { state: "served" } }, "connected");
  const gone = h("div", { class: "banner", hidden: true });
  const strip = figures(FIGURES);
  const about = facts(FACTS);
  const form = isFull ? execution(path) : null;

  function show(told) {
    write(title, told.user === null || told.user === undefined ? addressOf(told) : userName(told.user));
    document.title = `${title.textContent} – wstwist`;
    strip.update(told);
    about.update(told);
  }

  function showGone(problem) {
    if (view.classList.contains("over")) return;
    view.classList.add("over");
    gone.hidden = false;
    const isKnown = title.textContent !== UNKNOWN;
    const text = isKnown ? "This client has gone. What stands here was its last." : "There is no such client: it may have gone.";
    write(gone, problem.status === 404 || !problem.detail ? text : problem.detail);
    write(state, "gone");
    state.dataset.state = "stopped";
    if (disconnect) disconnect.hidden = true;
  }

  const disconnect = isFull && button({ label: "Disconnect…", symbol: "close", act: () => askDisconnect(path, title.textContent) });
  const view = h(
    "div",
    { class: "view client" },
    h("a", { class: "up", href: link("projects", project) }, icon("back"), project),
    h("div", { class: "head" }, h("div", {}, title, " ", state), h("div", { class: "buttons" }, disconnect)),
    gone,
    strip.element,
    h(
      "div",
      { class: "columns" },
      h("div", { class: "column" }, card("Globals", globalsOf(scope, name, isFull)), card("Connection", about.element)),
      isFull && h("div", { class: "column" }, card("Send a message", sending(path)), card("Execute a procedure", form.element)),
    ),
    h("section", {}, h("h2", {}, "Log"), log(scope, { project, client: id })),
  );
  scope.follow(`client:${name}`, show, showGone);
  if (form) scope.follow(`project:${encodeURIComponent(project)}`, ({ procedures }) => form.update(procedures ?? []));
  return view;
}

const card = (title, content) => h("section", { class: "card" }, h("h2", {}, title), content);

function globalsOf(scope, name, isFull) {
  if (!isFull) return h("p", { class: "muted" }, "Globals are shown to whoever has the token “full”.");
  const shown = globals();
  scope.follow(`globals:${name}`, shown.update, (problem) => shown.fail(problem.detail ?? "They cannot be read now."));
  return shown.element;
}

function askDisconnect(path, title) {
  ask({
    title: `Disconnect ${title}?`,
    text: "What was sent before leaves first. The client is told a code and a reason.",
    fields: [
      { name: "code", label: "Code", value: "1000", type: "number", required: true, hint: "1000: done; 1001: going away; 1008: against the rules; 3000 to 4999: your own" },
      { name: "reason", label: "Reason", placeholder: "no more than 123 bytes" },
    ],
    confirm: "Disconnect",
    isDangerous: true,
    async act({ code, reason }) {
      await api.post(`${path}/disconnect`, { code: Number(code), reason });
      tell(`${title} is being disconnected.`);
    },
  });
}
