// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Where the page is: #/projects/Chat/clients?search=ann. What stands there comes back with "back" and with a reload.

/** Give the place that the address names: its parts, and its parameters. */
export function here() {
  const [path, search = ""] = location.hash.slice(1).split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { parts, parameters: Object.fromEntries(new URLSearchParams(search)) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Make a link to a place. */
export function link(...parts) {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Go to a place. */
export function go(...parts) {
  location.hash = link(...parts);
}

/** Note parameters in the address, without going anywhere: those that are empty are left out. */
export function note(parameters) {
  const [path] = location.hash.split("?");
  const kept = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  history.replaceState(null, "", `${path || "#/"}${kept.length ? `?${new URLSearchParams(kept)}` : ""}`);
}
