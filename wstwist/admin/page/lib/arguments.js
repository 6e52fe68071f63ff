// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Arguments as a person writes them, `"Ann", 3, is_loud=True`: literals of Python's and of JSON's, and never an evaluation.

const WORDS = { True: true, true: true, False: false, false: false, None: null, null: null };
const ESCAPES = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", 0: "\0" };
const NUMBER = /[-+]?(?:0x[0-9a-f]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?)/iy;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const SPACE = /\s*/y;

/**
 * Read arguments.
 *
 * @param {string} text
 * @returns {{args: Array, kwargs: object}} as the API takes them
 * @throws {SyntaxError} says in one line what is wrong, and where
 */
export function parseArguments(text) {
  return new Reader(text).all();
}

/** Read one value; text that is none is taken as it is. */
export function parseValue(text) {
  try {
    const { args, kwargs } = parseArguments(text);
    return args.length === 1 && Object.keys(kwargs).length === 0 ? args[0] : text;
  } catch {
    return text;
  }
}

class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  all() {
    const args = [];
    const kwargs = Object.create(null); // in which __proto__ is a name like any other
    this.#space();
    while (this.#at < this.#text.length) {
      const name = this.#keyword();
      if (name !== null && name in kwargs) this.#fail(`${name} stands there twice`);
      if (name !== null) kwargs[name] = this.#value();
      else if (Object.keys(kwargs).length) this.#fail("a value without a name stands after one with a name");
      else args.push(this.#value());
      if (this.#at < this.#text.length) this.#expect(",");
    }
    return { args, kwargs };
  }

  /** Read `name=`; null where none stands here. */
  #keyword() {
    const start = this.#at;
    const name = this.#match(NAME);
    this.#space();
    if (name && this.#take("=")) return name;
    this.#at = start;
    return null;
  }

  #value() {
    this.#space();
    const char = this.#text[this.#at];
    let value;
    if (char === "[") value = this.#items("[", "]");
    else if (char === "(") value = this.#tuple();
    else if (char === "{") value = this.#braces();
    else if (char === '"' || char === "'") value = this.#string();
    else if (/^b["']/.test(this.#text.slice(this.#at, this.#at + 2))) value = this.#bytes();
    else value = this.#number() ?? this.#word();
    this.#space();
    return value;
  }

  #items(open, close, read = () => this.#value()) {
    const items = [];
    this.#expect(open);
    while (!this.#take(close)) {
      items.push(read());
      if (this.#text[this.#at] !== close) this.#expect(",");
    }
    this.#space();
    return items;
  }

  /** Read a tuple, or a value in brackets. */
  #tuple() {
    const items = this.#items("(", ")");
    const before = this.#text.slice(0, this.#at).trimEnd();
    return items.length === 1 && !/,\s*\)$/.test(before) ? items[0] : { $type: "tuple", value: items };
  }

  /** Read a dict, or a set. */
  #braces() {
    const items = this.#items("{", "}", () => {
      const key = this.#value();
      return this.#take(":") ? [key, this.#value()] : { element: key };
    });
    const elements = items.filter((item) => !Array.isArray(item));
    if (elements.length && elements.length < items.length) this.#fail("a dict and a set in one");
    if (elements.length) return { $type: "set", value: elements.map(({ element }) => element) };
    if (items.every(([key]) => typeof key === "string")) return Object.fromEntries(items);
    return { $type: "dict", value: items };
  }

  #string() {
    const quote = this.#text[this.#at++];
    let content = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined) this.#fail(`the text is not closed by ${quote}`);
      if (char === quote) return content;
      content += char === "\\" ? this.#escape() : char;
    }
  }

  #escape() {
    const char = this.#text[this.#at++] ?? "";
    const width = { x: 2, u: 4, U: 8 }[char];
    if (!width) return ESCAPES[char] ?? char;
    const code = this.#text.slice(this.#at, this.#at + width);
    if (code.length < width || !/^[0-9a-f]+$/i.test(code)) this.#fail(`\\${char} wants ${width} hexadecimal digits`);
    this.#at += width;
    return String.fromCodePoint(Number.parseInt(code, 16));
  }

  #bytes() {
    this.#at += 1;
    const content = this.#string();
    if (/[^\0-\xff]/.test(content)) this.#fail("bytes have characters up to \\xff only");
    return { $type: "bytes", value: btoa(content) };
  }

  #number() {
    const found = this.#match(NUMBER);
    if (!found) return null;
    const digits = found.replaceAll("_", "").replace(/^[+]/, "");
    const value = Number(digits.replace(/^-(?=0x)/i, "")) * (/^-0x/i.test(digits) ? -1 : 1);
    const isExact = Number.isSafeInteger(value) || /[.e]/i.test(digits.replace(/^-?0x.*/i, ""));
    return isExact ? value : { $type: "int", value: digits.toLowerCase() };
  }

  #word() {
    const start = this.#at;
    const word = this.#match(NAME);
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    const isPrefix = /^[rRuUfF]+$/.test(word) && /^["']/.test(this.#text.slice(this.#at));
    this.#at = start;
    if (isPrefix) this.#fail(`${word}"…" is not read: write a plain text, "…"`);
    return this.#fail(word ? `${word} is no value; a text stands in quotes: "${word}"` : "a value is missing");
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #space() {
    this.#match(SPACE);
  }

  #take(char) {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    this.#space();
    return true;
  }

  #expect(char) {
    if (!this.#take(char)) this.#fail(`${char} is missing`);
  }

  #fail(what) {
    throw new SyntaxError(`${what} (at character ${Math.min(this.#at, this.#text.length) + 1})`);
  }
}
