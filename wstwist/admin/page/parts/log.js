// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The server's log, live: all of it, a project's, or a client's.

import * as api from "../lib/api.js";
import { h, write } from "../lib/dom.js";
import { clock, moment } from "../lib/format.js";
import { link, note } from "../lib/place.js";

const MOST = 2_000; // lines that are shown
const FIRST = 500; // ... at the beginning
const LEVELS = [
  ["", "All levels"],
  ["info", "Info and above"],
  ["warn", "Warnings and above"],
  ["error", "Errors and worse"],
];

/**
 * Make the log, with its filter.
 *
 * @param {import("../lib/scope.js").Scope} scope
 * @param {object} about
 * @param {string} [about.project] lines of this project only
 * @param {string} [about.client] ... of this client
 * @param {object} [about.parameters] what the filter was set to
 * @param {boolean} [about.ofAll] whether a project can be chosen
 */
export function log(scope, { project = "", client = "", parameters = {}, ofAll = false } = {}) {
  const lines = new Lines(Boolean(project));
  const choice = ofAll ? projectChoice(scope, parameters.project ?? "") : { value: project };
  const level = h("select", { "aria-label": "Level" }, LEVELS.map(([value, text]) => h("option", { value }, text)));
  const search = h("input", {
    type: "search",
    placeholder: "Search the log",
    "aria-label": "Search the log",
    autocomplete: "off",
    spellcheck: "false",
  });
  level.value = LEVELS.some(([value]) => value === parameters.level) ? parameters.level : "";
  search.value = parameters.search ?? "";
  let turn = null; // the scope of the filter as it is

  function begin() {
    turn?.end();
    turn = scope.inner();
    lines.clear();
    const filter = { level: level.value, project: choice.value, client, search: search.value.trim() };
    turn.follow(`log${api.query(filter)}`, ({ lines: told }) => lines.add(told), (error) => lines.say(error.detail));
    turn.onReturn(() => load(filter)); // what was missed meanwhile
    load(filter);
  }

  /** Fetch what was before; what comes meanwhile stands once, as each line has its number. */
  async function load(filter) {
    const current = turn;
    try {
      const told = await api.get("api/v1/log", { ...filter, limit: FIRST });
      if (!current.isOver) lines.add(told.lines, true);
    } catch (error) {
      if (!current.isOver) lines.say(error.message);
    }
  }

  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const shown = { level: level.value, project: ofAll ? choice.value : "", search: search.value.trim() };
      if (!client) note(shown);
      begin();
    }, 200);
  };
  level.addEventListener("change", changed);
  if (ofAll) choice.addEventListener("change", changed);
  search.addEventListener("input", changed);
  scope.onEnd(() => clearTimeout(timer));
  begin();
  return h("div", { class: "log" }, h("div", { class: "filter" }, search, ofAll && choice, level), lines.element);
}

/** Make the choice among projects, as they come and go. */
function projectChoice(scope, chosen) {
  const element = h("select", { "aria-label": "Project" }, h("option", { value: "" }, "All projects"));
  if (chosen) element.append(h("option", {}, chosen));
  element.value = chosen;
  scope.follow("projects", ({ projects }) => {
    const known = [...element.options].map(({ value }) => value);
    element.append(...projects.filter(({ name }) => !known.includes(name)).map(({ name }) => h("option", {}, name)));
  });
  return element;
}

/** The lines themselves, in the order of their numbers. */
class Lines {
  #list = h("ol", { class: "lines" });
  #box;
  #newest = h("button", { type: "button", class: "newest", hidden: true }, "New lines ↓");
  #empty = h("p", { class: "empty" }, "No lines yet.");
  #isAtEnd = true;
  #hasProject;

  constructor(hasProject) {
    this.#hasProject = hasProject;
    this.#box = h("div", { class: "lines-box", role: "log", "aria-label": "Log", tabindex: "0" }, this.#list, this.#empty);
    this.#box.addEventListener("scroll", () => this.#noteScroll());
    this.#newest.addEventListener("click", () => this.#goToEnd());
    this.element = h("div", { class: "lines-place" }, this.#box, this.#newest);
  }

  clear() {
    this.#list.replaceChildren();
    this.#isAtEnd = true;
    this.say("No lines yet.");
  }

  say(text) {
    write(this.#empty, text);
    this.#empty.hidden = this.#list.childElementCount > 0;
  }

  add(lines, isPast = false) {
    for (const line of lines) this.#place(line);
    while (this.#list.childElementCount > MOST) this.#list.firstElementChild.remove();
    this.say(isPast ? "No lines that fit." : this.#empty.textContent);
    if (this.#isAtEnd) this.#goToEnd();
    else if (lines.length) this.#newest.hidden = false;
  }

  #place(line) {
    let before = this.#list.lastElementChild;
    while (before && Number(before.dataset.number) > line.number) before = before.previousElementSibling;
    if (Number(before?.dataset.number) === line.number) return;
    const made = this.#make(line);
    if (before) before.after(made);
    else this.#list.prepend(made);
  }

  #make({ number, at, level, project, context, client, text }) {
    const where = client && project
      ? h("a", { href: link("projects", project, "clients", client), class: "where" }, this.#hasProject ? context || "client" : project)
      : h("span", { class: "where" }, (this.#hasProject ? context : project) || "");
    return h(
      "li",
      { dataset: { number, level } },
      h("time", { datetime: at, title: moment(at) }, clock(at)),
      h("span", { class: "level" }, level),
      where,
      h("span", { class: "text" }, text),
    );
  }

  #noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#box;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < 30;
    if (this.#isAtEnd) this.#newest.hidden = true;
  }

  #goToEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#isAtEnd = true;
    this.#newest.hidden = true;
  }
}
