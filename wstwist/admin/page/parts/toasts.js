// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Short notes of what was done, or could not be, at the page's edge.

import { h, icon } from "../lib/dom.js";

const TIME = 6_000; // milliseconds that a good one stays; a bad one stays until it is closed, or this often as long
const BAD = 4;

/**
 * Tell the person something.
 *
 * @param {string} text
 * @param {"good" | "bad"} kind
 */
export function tell(text, kind = "good") {
  const close = h("button", { type: "button", class: "quiet icon-only", "aria-label": "Close" }, icon("close"));
  const toast = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status" }, h("p", {}, text), close);
  const timer = setTimeout(() => toast.remove(), kind === "bad" ? TIME * BAD : TIME);
  close.addEventListener("click", () => {
    clearTimeout(timer);
    toast.remove();
  });
  const toasts = document.getElementById("toasts");
  if (kind === "good") for (const old of toasts.querySelectorAll(".bad")) old.remove(); // it is done now, or of no interest
  toasts.append(toast);
}

/** Do something, and tell where it fails; its result, or undefined. */
export async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    tell(error.message, "bad");
    return undefined;
  }
}
