// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Values of Python's, which come as JSON; what JSON has not comes as {"$type": "tuple", "value": [...]}.

const WIDTH = 60; // characters of one line
const LONGEST = 20_000; // characters that are shown of a value

/** Write a value as Python would, in several lines where it is long; `type` tells 1.0 from 1, which JSON does not. */
export function show(value, type = "") {
  const text = type === "float" && Number.isInteger(value) ? `${value}.0` : written(value, "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function written(value, indent) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return listed("[", value.map((item) => [item]), "]", indent);
  if (typeof value.$type === "string") return tagged(value, indent);
  return listed("{", Object.entries(value).map(([key, item]) => [item, `${quoted(key)}: `]), "}", indent);
}

function tagged(value, indent) {
  const inside = value.value;
  const items = () => inside.map((item) => [item]);
  switch (Array.isArray(inside) ? `${value.$type} of items` : value.$type) {
    case "tuple of items":
      return inside.length === 1 ? `(${written(inside[0], indent)},)` : listed("(", items(), ")", indent);
    case "set of items":
      return inside.length ? listed("{", items(), "}", indent) : "set()";
    case "frozenset of items":
      return listed("frozenset({", items(), "})", indent);
    case "dict of items":
      return listed("{", inside.map(([key, item]) => [item, `${written(key, "")}: `]), "}", indent);
    case "bytes":
      return asBytes(inside);
    case "bytearray":
      return `bytearray(${asBytes(inside)})`;
    case "int":
    case "float":
    case "object":
      return String(inside); // Python's own text
    case "enum":
      return `${value.class}.${inside}`;
    case "timedelta":
      return `timedelta(seconds=${inside})`;
    case "client":
      return other({ ...value, class: "Client" }, indent);
    default:
      return other(value, indent);
  }
}

/** Write a dataclass with its fields, or whatever else there is by its type and text. */
function other({ $type, class: name = $type, value, ...more }, indent) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value) && !value.$type;
  const fields = isObject ? Object.entries(value) : [["", value], ...Object.entries(more)];
  return listed(`${name}(`, fields.map(([key, item]) => [item, key && `${key}=`]), ")", indent);
}

const asBytes = (base64) => `b${quoted(latin(base64), escapedByte)}`;

/** Write items between brackets: beside each other where they fit, else beneath. */
function listed(open, items, close, indent) {
  const inner = `${indent}  `;
  const texts = items.map(([item, before = ""]) => before + written(item, inner));
  const line = open + texts.join(", ") + close;
  if (line.length + indent.length <= WIDTH && !line.includes("\n")) return line;
  return `${open}\n${texts.map((text) => inner + text).join(",\n")},\n${indent}${close}`;
}

function quoted(text, escape = escapedChar) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\\p{C}\p{Zl}\p{Zp}'"]/gu, (char) => {
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
    return SHORT[char] ?? escape(char);
  });
  return quote + (escape === escapedByte ? inside.replace(/[\x80-\xff]/g, escapedByte) : inside) + quote;
}

const SHORT = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escapedByte = (char) => `\\x${hex(char, 2)}`;
const escapedChar = (char) => (char.codePointAt(0) < 256 ? escapedByte(char) : `\\u${hex(char, 4)}`);
const hex = (char, width) => char.codePointAt(0).toString(16).padStart(width, "0");

/** Give the characters of bytes that come in base64. */
function latin(base64) {
  try {
    return atob(base64);
  } catch {
    return String(base64);
  }
}
