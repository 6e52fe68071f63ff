// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// A message to a client: text, or bytes.

import * as api from "../lib/api.js";
import { h, write } from "../lib/dom.js";
import { several } from "../lib/format.js";

/** Make the form; `path` is the API's, of the client. */
export function sending(path) {
  const text = h("textarea", { id: "message", rows: "3", "aria-label": "Message", spellcheck: "false", placeholder: "Hello!" });
  const kind = h("select", { "aria-label": "Kind" }, h("option", { value: "text" }, "as text"), h("option", { value: "hex" }, "as bytes, in hexadecimal"));
  const note = h("p", { class: "hint", role: "status" });
  const submit = h("button", { type: "submit", class: "primary" }, "Send");

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      const message = kind.value === "text" ? { text: text.value } : { base64: base64(text.value) };
      await api.post(`${path}/send`, message);
      write(note, kind.value === "text" ? "Sent." : `Sent: ${several(atob(message.base64).length, "byte")}.`);
      note.className = "hint good";
      text.select();
    } catch (error) {
      write(note, error.message);
      note.className = "problem";
    }
    submit.disabled = false;
  }

  const form = h(
    "form",
    { class: "stack", onsubmit: send },
    h("div", { class: "field" }, text),
    h("div", { class: "buttons" }, submit, kind, note),
  );
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}

/** Turn "48 65 6c" into base64. */
function base64(text) {
  const digits = text.replace(/\s+|0x/g, "");
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new SyntaxError("Bytes are pairs of hexadecimal digits: 48 65 6c 6c 6f");
  return btoa(String.fromCharCode(...(digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))));
}
