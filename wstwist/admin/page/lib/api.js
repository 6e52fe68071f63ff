// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The API, over HTTP. The session is a cookie, which no script can read.

/** What the API refuses, or cannot do: RFC 9457's problem. */
export class Problem extends Error {
  /**
   * @param {number} status the HTTP status; 0: there was no answer
   * @param {object} body what the server says
   * @param {number} wait seconds until it may be tried again
   */
  constructor(status, body, wait = 0) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.body = body;
    this.wait = wait;
  }
}

let whenSignedOut = () => {};

/** Say what is to be done once the session is over. */
export function onSignedOut(act) {
  whenSignedOut = act;
}

async function ask(method, path, body) {
  const response = await answer(method, path, body);
  const content = await read(response);
  if (response.ok) return content;
  if (response.status === 401 && path !== "login") whenSignedOut();
  throw new Problem(response.status, content ?? {}, Number(response.headers.get("Retry-After")) || 0);
}

async function answer(method, path, body) {
  const isChange = method !== "GET";
  try {
    return await fetch(new URL(path, document.baseURI), {
      method,
      headers: isChange ? { "Content-Type": "application/json" } : {},
      body: isChange ? JSON.stringify(body ?? {}) : undefined,
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, { detail: "The server does not answer." });
  }
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    return null; // an answer without content, or of a proxy between
  }
}

/** Make a path of the API: parts are names that may have any character. */
export function at(...parts) {
  return ["api", "v1", ...parts].map(encodeURIComponent).join("/");
}

/** Make a query of what is not empty. */
export function query(parameters) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

export const get = (path, parameters = {}) => ask("GET", path + query(parameters));
export const post = (path, body) => ask("POST", path, body);
export const patch = (path, body) => ask("PATCH", path, body);
export const remove = (path) => ask("DELETE", path);
