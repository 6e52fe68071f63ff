// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The page of the demonstration. What goes over the wire is described in ../chat.py.
// Whatever others have written is shown with textContent only: it is text, never HTML.

import { connect } from "./wstwist.js";

const FIRST_WAIT = 500; // milliseconds at most before the first try to connect again; doubled at each try
const LONGEST_WAIT = 15_000;
const LONGEST_SILENCE = 15_000; // the server speaks every 5 s: then the connection has died unnoticed
const MOST_LINES = 500;
const ONE_GROUP = 300; // seconds between messages of one person that are shown as one group
const OUT_OF_ORDER = 10; // seconds by which messages may come in another order than they were kept

const element = (id) => document.getElementById(id);
const [state, nickname, text, log, lines, newest] = ["state", "nickname", "text", "log", "lines", "newest"].map(element);
const sendButton = element("say-form").querySelector("button");

/** What this tab remembers over a reload; a browser may refuse to remember anything. */
const memory = {
  get(key, otherwise) {
    try {
      return JSON.parse(sessionStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(key, value) {
    try {
      sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Then it is forgotten at the next reload.
    }
  },
};

// Who we are.

function inventNickname() {
  const any = (words) => words[Math.floor(Math.random() * words.length)];
  const manners = ["Brave", "Calm", "Clever", "Gentle", "Happy", "Kind", "Lucky", "Merry", "Quiet", "Swift"];
  const animals = ["Badger", "Dolphin", "Finch", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Panda"];
  return `${any(manners)} ${any(animals)}`;
}

function takeNickname(name) {
  nickname.value = name;
  memory.set("nickname", name);
}

let me = null; // the id of our connection
const mine = new Set(memory.get("mine", [])); // ... and of those that this tab had before

function takeId(id) {
  me = id;
  mine.add(id);
  memory.set("mine", [...mine].slice(-100));
}

// What is shown.

const known = new Set(); // the messages that are shown: their ids and times

function make(tag, className, content = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
}

const sizeOf = ({ clientWidth, clientHeight }) => `${clientWidth} ${clientHeight}`;

let isAtEnd = true; // whether the reader is, and not somewhere above
let size = ""; // that the visible part had

function addLine(line, next = null) {
  lines.insertBefore(line, next);
  while (lines.children.length > MOST_LINES) dropFirst();
  if (isAtEnd) goToEnd();
}

function goToEnd() {
  log.scrollTop = log.scrollHeight;
  isAtEnd = true;
  newest.hidden = true;
}

function resized() {
  size = sizeOf(log);
  if (isAtEnd) goToEnd();
}

function noteScroll() {
  if (sizeOf(log) !== size) return; // not the reader has scrolled, but the page has become another
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  if (isAtEnd) newest.hidden = true;
}

function dropFirst() {
  const [first, second] = lines.children;
  known.delete(first.dataset.key);
  first.remove();
  group(second);
}

function note(content, className = "note") {
  addLine(make("li", className, content));
}

function showMessage(message) {
  const key = `${message.id}@${message.at}`;
  if (known.has(key)) return;
  const line = messageLine(message);
  line.dataset.key = key;
  known.add(key);
  if (message.client === me) isAtEnd = true;
  if (!isAtEnd) newest.hidden = false;
  const next = placeFor(message.at);
  addLine(line, next);
  group(line);
  group(next);
}

/** Find the line before which a message belongs: two that were said at once may come in any order. */
function placeFor(at) {
  let next = null;
  for (let line = lines.lastElementChild; line; line = line.previousElementSibling) {
    if (!line.dataset.at) continue;
    const later = line.dataset.at - at;
    if (later <= 0 || later > OUT_OF_ORDER) break;
    next = line;
  }
  return next;
}

function messageLine(message) {
  const line = make("li", mine.has(message.client) ? "said mine" : "said");
  const face = make("span", "face", [...message.nickname][0].toUpperCase());
  face.setAttribute("aria-hidden", "true");
  const who = make("span", "who");
  who.append(make("bdi", "", message.nickname), timeOf(message.at));
  const what = make("p", "text", message.text);
  what.dir = "auto";
  line.style.setProperty("--hue", hueOf(message.nickname));
  line.dataset.at = message.at;
  line.dataset.from = `${message.client} ${message.nickname}`;
  line.append(face, who, what);
  return line;
}

/** Show a line without its name where it goes on what the same person said just before. */
function group(line) {
  if (!line?.dataset.at) return;
  const before = line.previousElementSibling;
  const follows = before?.dataset.from === line.dataset.from && line.dataset.at - before.dataset.at < ONE_GROUP;
  line.classList.toggle("follows", follows);
}

function timeOf(seconds) {
  const at = new Date(seconds * 1000);
  const isToday = at.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "short" };
  const time = make("time", "", at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  time.title = at.toLocaleString();
  return time;
}

function hueOf(name) {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + char.codePointAt(0)) % 3600;
  return hash / 10;
}

function showState(name, content) {
  state.classList.remove("nudge");
  if (state.textContent !== content) state.textContent = content;
  state.dataset.state = name;
  sendButton.setAttribute("aria-disabled", String(name !== "connected"));
}

// What we are told.

let early = null; // what was said before we were welcomed, which comes after the last messages; then null
let unconfirmed = []; // what we have sent and not yet seen come back

const told = {
  welcome(event) {
    takeId(event.client);
    takeNickname(event.nickname);
    showState("connected", "Connected");
    log.setAttribute("aria-busy", "true"); // the past is not read out
    event.messages.forEach(confirm);
    [...event.messages, ...(early ?? [])].forEach(showMessage);
    early = null;
    log.removeAttribute("aria-busy");
    putBackUnconfirmed();
  },
  said(event) {
    if (early) {
      early.push(event);
    } else {
      confirm(event);
      showMessage(event);
    }
  },
  joined(event) {
    if (event.client !== me) note(`${event.nickname} has joined`);
  },
  left(event) {
    note(`${event.nickname} has left`);
  },
  renamed(event) {
    if (event.client === me) takeNickname(event.nickname);
    note(event.client === me ? `You are now ${event.nickname}` : `${event.before} is now ${event.nickname}`);
  },
  here(event) {
    showState("connected", event.count === 1 ? "Connected, nobody else here" : `Connected, ${event.count} here`);
  },
  error(event) {
    note(event.text, "note trouble");
    putBackUnconfirmed();
  },
};

function confirm(message) {
  const at = mine.has(message.client) ? unconfirmed.indexOf(message.text) : -1;
  if (at >= 0) unconfirmed.splice(at, 1);
}

/** What may have been lost with a connection goes back to where it was written. */
function putBackUnconfirmed() {
  if (unconfirmed.length > 0) keepText([...unconfirmed, text.value].filter(Boolean).join(" "));
  unconfirmed = [];
}

// What we say.

function keepText(content) {
  text.value = content;
  memory.set("text", content);
}

/** What can be shown, in one line; the server does the same. */
function clean(content) {
  return content.replace(/(?![\u200c\u200d])[\p{C}\p{Z}]+/gu, " ").trim();
}

function say() {
  const content = clean(text.value);
  if (!connection.isOpen) {
    state.classList.add("nudge");
  } else if (content) {
    connection.send(JSON.stringify({ text: content }));
    unconfirmed.push(content);
    keepText("");
  }
}

function rename() {
  const name = clean(nickname.value);
  if (!name) {
    nickname.value = memory.get("nickname", "");
  } else if (name !== memory.get("nickname")) {
    memory.set("nickname", name);
    if (connection.isOpen) connection.send(JSON.stringify({ nickname: name }));
  }
}

function on(id, kind, act) {
  element(id).addEventListener(kind, (event) => {
    event.preventDefault();
    act();
  });
}

function address() {
  const url = new URL("Demo", location.href);
  url.search = new URLSearchParams({ nickname: memory.get("nickname") ?? nickname.value });
  url.hash = "";
  return url;
}

function lost({ willReconnect }) {
  early = [];
  showState("lost", willReconnect ? "Not connected, trying again…" : "Not connected. Reload the page to come back.");
}

on("say-form", "submit", say);
on("name-form", "submit", () => nickname.blur());
nickname.addEventListener("change", rename);
nickname.addEventListener("focus", () => nickname.select());
text.addEventListener("input", () => memory.set("text", text.value));
newest.addEventListener("click", goToEnd);
log.addEventListener("scroll", noteScroll);
new ResizeObserver(resized).observe(log);
// The keyboard of a phone takes room from the page, of which not every browser tells CSS.
visualViewport?.addEventListener("resize", () => {
  if (visualViewport.scale === 1) document.documentElement.style.setProperty("--height", `${visualViewport.height}px`);
});

early = [];
takeNickname(memory.get("nickname") || inventNickname());
text.value = memory.get("text", "");
const connection = connect(address, {
  reconnect: { least: FIRST_WAIT, most: LONGEST_WAIT },
  silence: LONGEST_SILENCE,
  onmessage({ data }) {
    const event = JSON.parse(data);
    told[event.type]?.(event);
  },
  onclose: lost,
});
