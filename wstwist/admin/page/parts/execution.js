// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// A procedure of a project, executed in a context, and what it returned.

import { parseArguments } from "../lib/arguments.js";
import * as api from "../lib/api.js";
import { fill, h, write } from "../lib/dom.js";
import { seconds } from "../lib/format.js";
import { show } from "../lib/values.js";

/**
 * Make the form.
 *
 * @param {string} path the API's, of the context
 * @returns {{element: Element, update: (procedures: Array) => void}}
 */
export function execution(path) {
  const choice = h("select", { id: "procedure", required: true });
  const given = h("input", {
    id: "arguments",
    placeholder: '"Ann", 3, is_loud=True',
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-describedby": "signature",
  });
  const signature = h("p", { class: "hint code", id: "signature" });
  const result = h("output", { class: "result", hidden: true });
  const submit = h("button", { type: "submit", class: "primary" }, "Execute");
  const none = h("p", { class: "muted", hidden: true }, "This project has no procedures: public methods that are no events.");
  const form = h(
    "form",
    { class: "stack" },
    h("div", { class: "field" }, h("label", { for: "procedure" }, "Procedure"), choice),
    h("div", { class: "field" }, h("label", { for: "arguments" }, "Arguments"), given, signature),
    h("div", { class: "buttons" }, submit),
    result,
  );
  let known = [];

  const describe = () => {
    const procedure = known.find(({ name }) => name === choice.value);
    write(signature, procedure ? `${procedure.name}${procedure.signature}` : "");
  };

  async function execute(event) {
    event.preventDefault();
    submit.disabled = true;
    tellResult("", `${choice.value} is running…`);
    const begun = performance.now();
    try {
      const wanted = { procedure: choice.value, ...parseArguments(given.value) };
      const answer = await api.post(`${path}/execute`, wanted);
      const took = seconds((performance.now() - begun) / 1000);
      tellResult("good", `Returned after ${took}`, show(answer.result));
    } catch (error) {
      tellResult("bad", error.message, error.body?.traceback);
    }
    submit.disabled = false;
  }

  function tellResult(kind, title, text) {
    result.className = `result ${kind}`;
    result.hidden = false;
    fill(result, h("p", {}, title), text && h("pre", { tabindex: "0" }, text));
  }

  form.addEventListener("submit", execute);
  choice.addEventListener("change", describe);
  return {
    element: h("div", {}, form, none),
    update(procedures) {
      const names = procedures.map(({ name, signature: shown }) => name + shown).join();
      if (names === known.map(({ name, signature: shown }) => name + shown).join() && choice.options.length) return;
      known = procedures;
      const chosen = choice.value;
      fill(choice, procedures.map(({ name }) => h("option", {}, name)));
      if (procedures.some(({ name }) => name === chosen)) choice.value = chosen;
      form.hidden = procedures.length === 0;
      none.hidden = procedures.length > 0;
      describe();
    },
  };
}
