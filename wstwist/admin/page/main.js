// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The administration: who is signed in, what is shown, and what it follows.

import * as api from "./lib/api.js";
import { fill } from "./lib/dom.js";
import { Live } from "./lib/live.js";
import { here } from "./lib/place.js";
import { Scope } from "./lib/scope.js";
import { listen } from "./lib/shortcuts.js";
import { choose, chosen } from "./lib/theme.js";
import { client } from "./views/client.js";
import { login } from "./views/login.js";
import { logPage } from "./views/log.js";
import { project } from "./views/project.js";
import { projects } from "./views/projects.js";
import { server } from "./views/server.js";
import { shell } from "./views/shell.js";

const root = document.getElementById("root");

let session = null; // what is allowed: {role}
let frame = null; // the shell, while somebody is signed in
let scope = null; // of what is shown
let unfollow = () => {};

const live = new Live(
  (isOpen) => frame?.showConnection(isOpen),
  () => api.get("api/v1/session").catch(() => {}), // has the session ended? then a 401 leads to the sign-in
);

/** Choose what to show for a place. */
function choice({ parts: [room, name, tab, id], parameters }) {
  if (room === "log") return [logPage, { parameters }];
  if (room === "server") return [server, {}];
  if (room === "projects" && name && tab === "clients" && id) return [client, { project: name, id }];
  if (room === "projects" && name) return [project, { name, tab: tab ?? "clients", parameters }];
  return [projects, {}];
}

function showPlace() {
  if (!frame) return;
  scope?.end();
  scope = new Scope(live);
  const place = here();
  const [view, about] = choice(place);
  frame.show(view(scope, { ...about, isFull: session.role === "full" }), place.parts);
}

function signedIn(told) {
  session = told;
  frame = shell({ role: session.role, onSignOut: signOut });
  fill(root, frame.element);
  unfollow = live.follow("server", frame.showServer);
  live.start();
  showPlace();
}

function signedOut(why = "") {
  unfollow();
  live.stop();
  scope?.end();
  scope = frame = session = null;
  fill(root, login(signedIn, why));
  root.querySelector("#token").focus();
}

async function signOut() {
  await api.post("logout");
  signedOut();
}

api.onSignedOut(() => session && signedOut("The session is over: by time, a new token, or a new start of the server."));
choose(chosen());
addEventListener("hashchange", showPlace);
listen();
try {
  signedIn(await api.get("api/v1/session"));
} catch (error) {
  signedOut();
  if (error.status !== 401) root.querySelector(".problem").textContent = error.message;
}
