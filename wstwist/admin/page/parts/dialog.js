// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Questions: a dialog with fields, which stays open until what it asks for has succeeded.

import { fill, h } from "../lib/dom.js";

let counted = 0;

/**
 * Ask, and do it.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} [question.text] what will happen
 * @param {Array<{name: string, label: string, value?: string, hint?: string, options?: Array, required?: boolean,
 *   placeholder?: string, type?: string}>} [question.fields]
 * @param {string} question.confirm what the button says
 * @param {boolean} [question.isDangerous]
 * @param {(values: object) => Promise} question.act what is done with the fields' values; where it throws, the dialog
 *   says why and stays
 */
export function ask({ title, text, fields = [], confirm, isDangerous = false, act }) {
  const inputs = fields.map(makeField);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, confirm);
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const heading = h("h2", { id: `dialog-${++counted}` }, title);
  const form = h(
    "form",
    { method: "dialog" },
    heading,
    text && h("p", { class: "muted" }, text),
    inputs.map(({ row }) => row),
    problem,
    h("div", { class: "buttons" }, cancel, submit),
  );
  const dialog = h("dialog", { "aria-labelledby": heading.id, onclose: () => dialog.remove() }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await act(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value])));
      dialog.close();
    } catch (error) {
      problem.hidden = false;
      fill(problem, error.message);
    }
    submit.disabled = false;
  });
  document.body.append(dialog);
  dialog.showModal();
  (inputs[0]?.input ?? (isDangerous ? cancel : submit)).focus();
}

function makeField({ name, label, value = "", hint, options, required = false, placeholder, type = "text" }) {
  const id = `field-${++counted}`;
  const shared = { id, name, required, "aria-describedby": hint && `${id}-hint` };
  const input = options
    ? h("select", shared, options.map(([key, shown]) => h("option", { value: key }, shown)))
    : h("input", { ...shared, type, placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
  input.value = value;
  const row = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    input,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
  return { name, input, row };
}
