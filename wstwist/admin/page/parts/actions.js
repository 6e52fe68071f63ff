// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// What can be done to a project: from the table, and from its own place.

import * as api from "../lib/api.js";
import { several } from "../lib/format.js";
import { go } from "../lib/place.js";
import { ask } from "./dialog.js";
import { tell } from "./toasts.js";

const DEFAULT_MESSAGE = "blocked by the administrator";

async function change(name, verb, done, body) {
  await api.post(api.at("projects", name, verb), body);
  tell(done);
}

async function reload({ name }) {
  const { reloaded = [], restart = [] } = await api.post(api.at("projects", name, "reload"));
  const names = reloaded.length ? reloaded.join(", ") : name;
  const later = restart.length ? ` After a restart only: ${restart.join(", ")}.` : "";
  tell(`The code of ${names} was reloaded.${later}`);
}

function block({ name, message }) {
  ask({
    title: `Block ${name}?`,
    text: "New clients are refused with 503 and this message. Those who are inside stay.",
    fields: [{ name: "message", label: "Message", value: message || DEFAULT_MESSAGE }],
    confirm: "Block",
    act: (values) => change(name, "block", `${name} is blocked.`, values),
  });
}

function stop({ name, clients }) {
  ask({
    title: `Stop ${name}?`,
    text: `${several(clients, "client")} will be disconnected, and the global service ends.`,
    confirm: "Stop",
    isDangerous: true,
    act: () => change(name, "stop", `${name} has been stopped.`),
  });
}

function removeProject({ name, clients, directory }) {
  ask({
    title: `Remove ${name}?`,
    text: `It is stopped and no longer served: ${several(clients, "client")} will be disconnected. ` +
      `Its files in ${directory} stay where they are.`,
    confirm: "Remove",
    isDangerous: true,
    async act() {
      await api.remove(api.at("projects", name));
      tell(`${name} is no longer served.`);
      go();
    },
  });
}

/** Ask for a project to add, and add it. */
export function addProject() {
  ask({
    title: "Add a project",
    text: "A project is a class in a Python module. It is served at once; nobody else is disturbed.",
    fields: [
      {
        name: "import",
        label: "Module and class",
        placeholder: "chat:Chat",
        hint: "chat:Chat is the class Chat of the file chat.py",
        required: true,
      },
      {
        name: "directory",
        label: "Folder",
        placeholder: "/srv/chat",
        hint: "where the module stands on the server; empty: beside the configuration file",
      },
    ],
    confirm: "Add",
    async act({ import: spec, directory }) {
      const wanted = { import: spec.trim(), ...(directory.trim() && { directory: directory.trim() }) };
      const project = await api.post(api.at("projects"), wanted);
      tell(`${project.name} is served.`);
    },
  });
}

/** Give what can be done to a project as it is. */
export function actionsOf(project) {
  const { name, state } = project;
  const isStopped = state === "stopped";
  return {
    reload: !isStopped && {
      label: "Reload",
      symbol: "reload",
      hint: "Import its code afresh; clients stay connected",
      act: () => reload(project),
    },
    block: state === "served" && {
      label: "Block…",
      symbol: "block",
      hint: "Let no new clients in",
      act: () => block(project),
    },
    unblock: state === "blocked" && {
      label: "Unblock",
      symbol: "start",
      hint: "Let new clients in again",
      act: () => change(name, "unblock", `${name} is served again.`),
    },
    start: isStopped && {
      label: "Start",
      symbol: "start",
      act: () => change(name, "start", `${name} has been started.`),
    },
    stop: !isStopped && {
      label: "Stop…",
      symbol: "stop",
      hint: "Disconnect its clients and end its service",
      act: () => stop(project),
    },
    remove: {
      label: "Remove…",
      symbol: "remove",
      kind: "danger-text",
      hint: "Serve it no longer; its files stay",
      act: () => removeProject(project),
    },
  };
}
