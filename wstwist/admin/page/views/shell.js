// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// What stands around everything: the rooms, the connection, the colours.

import { h, icon, write } from "../lib/dom.js";
import { link } from "../lib/place.js";
import { showKeys } from "../lib/shortcuts.js";
import { choose, chosen, THEMES } from "../lib/theme.js";
import { attempt } from "../parts/toasts.js";

const ROOMS = [
  ["projects", "Projects", link()],
  ["log", "Log", link("log")],
  ["server", "Server", link("server")],
];
const COLOURS = { auto: "Colours as the system has them", light: "Light colours", dark: "Dark colours" };

/** Make the frame. */
export function shell({ role, onSignOut }) {
  const main = h("main", { id: "main" });
  const rooms = ROOMS.map(([, text, href]) => h("a", { href }, text));
  const node = h("span", { class: "node" });
  const draining = h("p", { class: "banner", role: "status", hidden: true }, "The server is stopping: it lets nobody in any more.");
  let shown = "";
  const connection = h("span", { class: "connection", role: "status" });
  const header = h(
    "header",
    { class: "top" },
    h("a", { class: "brand", href: link() }, h("img", { src: "icon.svg", alt: "", width: "26", height: "26" }), h("b", {}, "wstwist"), node),
    h("nav", { "aria-label": "Rooms" }, rooms),
    h(
      "div",
      { class: "tools" },
      connection,
      role === "full" ? null : h("span", { class: "tag", title: "This token may look, but change nothing" }, "read only"),
      h("button", { type: "button", class: "quiet icon-only keys-button", "aria-label": "Keys", title: "Keys", onclick: showKeys }, "?"),
      colours(),
      h(
        "button",
        { type: "button", class: "quiet icon-only", "aria-label": "Sign out", title: "Sign out", onclick: () => attempt(onSignOut) },
        icon("out"),
      ),
    ),
  );

  return {
    element: h("div", { class: "shell" }, h("a", { class: "skip", href: "#main", onclick: skip }, "To the content"), header, draining, main),
    show(view, [room = "projects", name, tab, id]) {
      const focused = main.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      main.replaceChildren(view);
      ROOMS.forEach(([name], index) => current(rooms[index], name === room));
      const heading = main.querySelector("h1");
      main.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
      document.title = `${heading?.textContent || "Projects"} – wstwist`;
      if (focused) (main.querySelector(`a[href="${CSS.escape(focused)}"]`) ?? heading).focus({ preventScroll: true });
      const place = [room, name, id && tab].join();
      if (place !== shown) scrollTo(0, 0); // among the tabs of a project one stays where one is
      shown = place;
    },
    showServer({ node: name, is_draining: isDraining }) {
      write(node, name ?? "");
      draining.hidden = !isDraining;
    },
    showConnection(isOpen) {
      connection.dataset.state = isOpen ? "open" : "lost";
      write(connection, isOpen ? "live" : "not connected, trying again…");
    },
  };

  function skip(event) {
    event.preventDefault();
    main.querySelector("a, button, input")?.focus();
  }
}

/** Say of a link whether it leads to where we are. */
export function current(element, isCurrent) {
  if (isCurrent) element.setAttribute("aria-current", "page");
  else element.removeAttribute("aria-current");
}

function colours() {
  const element = h("button", { type: "button", class: "quiet icon-only" });
  const show = () => {
    element.replaceChildren(icon(chosen()));
    element.title = COLOURS[chosen()];
    element.setAttribute("aria-label", COLOURS[chosen()]);
  };
  element.addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]);
    show();
  });
  show();
  return element;
}
