// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The sign-in, with one of the two tokens.

import * as api from "../lib/api.js";
import { h, write } from "../lib/dom.js";

/** Ask for a token, and say why, where somebody was signed in; `onSignedIn` is told the session. */
export function login(onSignedIn, why = "") {
  const token = h("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": "token-help",
  });
  const problem = h("p", { class: "problem", role: "alert" }, why);
  const submit = h("button", { type: "submit", class: "primary" }, "Sign in");

  async function signIn(event) {
    event.preventDefault();
    submit.disabled = true;
    write(problem, "");
    try {
      onSignedIn(await api.post("login", { token: token.value.trim() }));
    } catch (error) {
      write(problem, reason(error));
      token.select();
    }
    submit.disabled = false;
  }

  const help = h(
    "p",
    { class: "hint", id: "token-help" },
    "When the server starts, its log names the file with the tokens: one to look, ",
    h("b", {}, "read"),
    ", and one to change things, ",
    h("b", {}, "full"),
    ".",
  );
  return h(
    "main",
    { class: "login" },
    h(
      "form",
      { class: "card", onsubmit: signIn },
      h("div", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: "40", height: "40" }), h("h1", {}, "wstwist")),
      h("input", { name: "username", value: "wstwist", autocomplete: "username", hidden: true }), // for what remembers passwords
      h("div", { class: "field" }, h("label", { for: "token" }, "Token"), token, help),
      problem,
      submit,
    ),
  );
}

function reason(error) {
  if (error.status === 401) return "That is none of the two tokens.";
  if (error.status === 429) return `Too many wrong tokens. Try again in ${Math.ceil(error.wait)} s.`;
  return error.message;
}
