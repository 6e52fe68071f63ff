// The page of {{name}}. What goes over the wire is described in ../{{module}}.py.
// Whatever others have written is shown with textContent only: it is text, never HTML.

import { connect } from "./wstwist.js"; // the server has it; it connects again by itself

const element = (id) => document.getElementById(id);
const [state, lines, name, text] = ["state", "lines", "name", "text"].map(element);

function showLine(line) {
  const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60;
  const item = document.createElement("li");
  const who = document.createElement("b");
  who.textContent = line.name;
  item.append(who, " ", line.text);
  lines.append(item);
  if (isAtEnd) item.scrollIntoView({ block: "end" });
}

// What we are told.

const told = {
  welcome(event) {
    state.textContent = "Connected";
    lines.replaceChildren(); // after a while without a connection nothing is missing, and nothing there twice
    event.lines.forEach(showLine);
  },
  line: showLine,
  here(event) {
    state.textContent = event.count === 1 ? "Connected, nobody else here" : `Connected, ${event.count} here`;
  },
  error(event) {
    console.warn(event.text);
  },
};

const connection = connect(() => `{{name}}?name=${encodeURIComponent(name.value)}`, {
  reconnect: { least: 200, most: 5_000 }, // milliseconds
  onmessage({ data }) {
    const event = JSON.parse(data);
    told[event.type]?.(event);
  },
  onclose({ willReconnect }) {
    state.textContent = willReconnect ? "Not connected, trying again…" : "Not connected: reload the page";
  },
});

// What we say. While there is no connection it waits, and leaves when there is one.

const send = (message) => connection.send(JSON.stringify(message));

element("text-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (text.value.trim()) send({ text: text.value });
  text.value = "";
});
element("name-form").addEventListener("submit", (event) => {
  event.preventDefault();
  name.blur();
});
name.addEventListener("change", () => send({ name: name.value }));
