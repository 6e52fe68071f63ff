// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Light, dark, or as the machine has it.

const KEY = "wstwist-theme";
export const THEMES = ["auto", "light", "dark"];

const changed = new EventTarget();

/** Give what was chosen. */
export function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.includes(kept) ? kept : "auto";
  } catch {
    return "auto"; // a browser may refuse to remember anything
  }
}

/** Choose, and remember it. */
export function choose(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it is forgotten at the next reload.
  }
  changed.dispatchEvent(new Event("change"));
}

/** Call something whenever colours have changed; what it returns ends that. */
export function onChange(act) {
  const machine = matchMedia("(prefers-color-scheme: dark)");
  changed.addEventListener("change", act);
  machine.addEventListener("change", act);
  return () => {
    changed.removeEventListener("change", act);
    machine.removeEventListener("change", act);
  };
}
