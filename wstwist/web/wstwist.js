// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

/**
 * WebSocket connections for pages and for Node: connections that come back by themselves, and keep what is sent
 * meanwhile; and WLanguage's sockets. A wstwist server has this file at /wstwist.js; it goes with any other
 * WebSocket server, too. docs/javascript.md describes it, wstwist.d.ts declares its types.
 */

const OPTIONS = {
  protocols: [], // sub-protocols to offer, in order of preference
  reconnect: false, // whether to come back: true, or an object with some of RECONNECT
  connectTimeout: 15_000, // milliseconds that one attempt may take; null: as long as the platform lets it
  silence: null, // milliseconds without a message after which the connection counts as lost; null: no matter
  onopen: null,
  onmessage: null,
  onclose: null,
  WebSocket: undefined, // the class to use; undefined: the platform's
};

const RECONNECT = {
  least: 500, // milliseconds that the first delay has at most; it doubles with each attempt that fails
  most: 30_000, // ... and that any delay has at most
  stable: 5_000, // milliseconds that a connection must have been open for the delays to begin anew
  queue: 1_000, // messages that wait at most
  queueBytes: 1024 * 1024, // ... and their bytes
  random: Math.random,
};

const LONGEST = 2 ** 31 - 1; // milliseconds that a timer can wait
const LONGEST_REASON = 123; // bytes of a close frame's reason (RFC 6455, section 5.5)
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 6455, section 4.1
const OPEN = 1; // of a WebSocket's readyState
const LOST = 1006; // the code of a connection that ended without a close frame, or was never made

/** What a connection is doing. */
const State = { CONNECTING: "connecting", OPEN: "open", WAITING: "waiting", CLOSING: "closing", CLOSED: "closed" };

/**
 * Connect to a WebSocket server.
 *
 * @param {string | URL | (() => string | URL | PromiseLike<string | URL>)} url ws:, wss:, http: or https:, or relative
 *   to the page; a function is asked again at each attempt, and may promise it
 * @param {object} [options] see OPTIONS
 * @returns {Connection} at once; what is sent before it is open waits
 * @throws {TypeError | SyntaxError} something given is not what it should be
 */
export function connect(url, options = {}) {
  return new Connection(url, checkOptions(options));
}

class Connection {
  #url;
  #options;
  #reconnect; // null where it does not come back
  #bounds; // of the queue
  #state = State.CONNECTING;
  #socket = null;
  #promise = null; // of the URL, while it is waited for
  #timer = 0; // until an attempt has taken too long, until the silence has, or until the next attempt
  #hurrying = null; // ends listening for what makes the next attempt come sooner
  #attempts = 0; // since it was last open
  #failures = 0; // since it last was so for a while
  #openedAt = 0;
  #hasBeenOpen = false;
  #queue = [];
  #queuedBytes = 0;
  #isGreeting = false; // while onopen is called, and what has waited has not left
  #farewell = null; // what close() was given, until the connection can be told
  #closeCode = null;

  constructor(url, options) {
    this.#url = url;
    this.#options = options;
    this.#reconnect = options.reconnect;
    this.#bounds = options.reconnect ?? RECONNECT;
    this.#attempt();
  }

  get onopen() {
    return this.#options.onopen;
  }

  set onopen(callback) {
    this.#options.onopen = checkCallback("onopen", callback);
  }

  get onmessage() {
    return this.#options.onmessage;
  }

  set onmessage(callback) {
    this.#options.onmessage = checkCallback("onmessage", callback);
  }

  get onclose() {
    return this.#options.onclose;
  }

  set onclose(callback) {
    this.#options.onclose = checkCallback("onclose", callback);
  }

  get isOpen() {
    return this.#state === State.OPEN && this.#socket.readyState === OPEN;
  }

  /** The sub-protocol that the server has chosen; "" for none, and while there is no connection. */
  get protocol() {
    return this.#socket?.protocol ?? "";
  }

  /** The code with which it has ended for good; null before. */
  get closeCode() {
    return this.#closeCode;
  }

  /** How many messages wait. */
  get queued() {
    return this.#queue.length;
  }

  /**
   * Send a message; while there is no connection it waits.
   *
   * @param {string | ArrayBuffer | ArrayBufferView | Blob} message text, or binary
   * @throws {Error} too much waits already, or the connection has been closed for good
   * @throws {TypeError} it is no message
   */
  send(message) {
    checkMessage("send", message);
    if (this.isOpen) {
      this.#socket.send(message);
    } else if (this.#state === State.CLOSING || this.#state === State.CLOSED) {
      const how = this.#closeCode === null ? "is being closed" : `has been closed (${this.#closeCode})`;
      throw new Error(`send: the connection ${how}`);
    } else {
      this.#enqueue(message);
    }
  }

  /**
   * Close it for good; what was sent before leaves first if an attempt to connect succeeds that has begun. Then
   * onopen is not called any more.
   *
   * It may be called at any time, and more than once: the first call counts.
   *
   * @param {number} code 1000, or 3000 to 4999
   * @param {string} reason at most 123 bytes
   */
  close(code = 1000, reason = "") {
    checkClosing(code, reason);
    const state = this.#state;
    if (state === State.CLOSING || state === State.CLOSED) return;
    this.#state = State.CLOSING;
    if (state === State.OPEN && !this.#isGreeting) {
      this.#socket.close(code, reason);
    } else if (this.#isGreeting || (state === State.CONNECTING && this.#queue.length > 0)) {
      this.#farewell = { code, reason };
    } else {
      this.#leave();
      this.#end({ code, reason, wasClean: false }); // nobody was there to say good-bye to
    }
  }

  // How it goes on.

  /** Try to connect; what is wrong with the URL is thrown, unless it is promised. */
  #attempt() {
    this.#state = State.CONNECTING;
    this.#attempts += 1;
    const url = typeof this.#url === "function" ? this.#url() : this.#url;
    if (url !== this.#url && typeof url?.then === "function") this.#await(url);
    else this.#dial(url);
    this.#alarm(this.#options.connectTimeout, "not connected");
  }

  async #await(promise) {
    this.#promise = promise;
    try {
      const url = await promise;
      if (this.#promise === promise) this.#dial(url);
    } catch (error) {
      if (this.#promise === promise) this.#lost(failure(error));
    }
  }

  #dial(url) {
    const { WebSocket, protocols } = this.#options;
    const socket = new WebSocket(address(url), protocols);
    this.#promise = null;
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#told(data);
    socket.onclose = ({ code, reason, wasClean }) => this.#lost({ code, reason, wasClean });
    socket.onerror = () => setTimeout(() => this.#failed(socket), 0); // by then others have told of the end
  }

  #opened() {
    const event = { attempt: this.#attempts, returned: this.#hasBeenOpen };
    this.#attempts = 0;
    this.#hasBeenOpen = true;
    this.#openedAt = performance.now();
    this.#alarm(this.#options.silence, "silent");
    if (this.#farewell === null) this.#state = State.OPEN;
    const waiting = this.#takeQueue();
    const socket = this.#socket;
    // It may say first who it is: what has waited comes behind that.
    this.#isGreeting = true;
    if (this.#farewell === null) call(this.#options.onopen, event);
    this.#isGreeting = false;
    // One that it does not take, as an old ws a Blob, keeps nothing else from leaving.
    for (const message of waiting) call((each) => socket.send(each), message);
    if (this.#farewell) socket.close(this.#farewell.code, this.#farewell.reason);
  }

  #told(message) {
    this.#alarm(this.#options.silence, "silent");
    if (this.#state === State.OPEN) call(this.#options.onmessage, { data: message });
  }

  /** Node 20's own WebSocket does not tell of the end of an attempt, only of an error. */
  #failed(socket) {
    if (socket === this.#socket && this.#state !== State.OPEN) this.#lost(lost(""));
  }

  #lost(end) {
    const wasStable =
      this.#state === State.OPEN && performance.now() - this.#openedAt >= this.#bounds.stable;
    this.#leave();
    if (this.#reconnect === null || this.#state === State.CLOSING || isFinal(end.code)) {
      this.#end(end);
      return;
    }
    if (wasStable) this.#failures = 0;
    const { least, most } = this.#reconnect;
    const delay = this.#part() * Math.min(most, least * 2 ** this.#failures++);
    this.#wait(delay);
    call(this.#options.onclose, { ...end, willReconnect: true, delay, unsent: 0 });
  }

  #end(end) {
    this.#state = State.CLOSED;
    this.#closeCode = end.code;
    const unsent = this.#takeQueue().length;
    queueMicrotask(() => call(this.#options.onclose, { ...end, willReconnect: false, delay: 0, unsent }));
  }

  /** Have no socket any more, and no timer. */
  #leave() {
    clearTimeout(this.#timer);
    this.#hurrying?.abort();
    const socket = this.#socket;
    this.#socket = this.#promise = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {}; // ws raises where nobody listens
    socket.close();
  }

  /** Give the connection up when this time has passed. */
  #alarm(time, what) {
    clearTimeout(this.#timer);
    if (time === null) return;
    this.#timer = setTimeout(() => this.#lost(lost(`${what} for ${time} ms`)), time);
  }

  // Between two attempts.

  /** Give a random part of a delay: all of it where the program's own `random` fails. */
  #part() {
    try {
      const part = this.#reconnect.random();
      return part >= 0 && part <= 1 ? part : 1;
    } catch (error) {
      report(error);
      return 1;
    }
  }

  #wait(delay) {
    this.#state = State.WAITING;
    const until = performance.now() + delay;
    this.#timer = setTimeout(() => this.#again(), delay);
    this.#hurrying = new AbortController();
    const hurry = () => this.#hurry(until);
    const { document } = globalThis;
    for (const [target, type] of [[globalThis, "online"], [globalThis, "pageshow"], [document, "visibilitychange"]]) {
      target?.addEventListener?.(type, hurry, { signal: this.#hurrying.signal });
    }
  }

  /** There is a network again, or somebody looks: wait no longer than at first. */
  #hurry(until) {
    if (globalThis.document?.hidden) return;
    const soon = this.#part() * this.#reconnect.least;
    if (until - performance.now() <= soon) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), soon);
  }

  #again() {
    this.#hurrying.abort();
    try {
      this.#attempt();
    } catch (error) {
      this.#lost(failure(error));
    }
  }

  // What waits.

  #enqueue(message) {
    const { queue, queueBytes } = this.#bounds;
    const bytes = this.#queuedBytes + sizeOf(message);
    if (this.#queue.length >= queue || bytes > queueBytes) {
      const waiting = `${this.#queue.length} messages of ${this.#queuedBytes} bytes wait`;
      throw new Error(`send: not connected, and ${waiting}; at most ${queue} of ${queueBytes} bytes may`);
    }
    this.#queue.push(copyOf(message));
    this.#queuedBytes = bytes;
  }

  #takeQueue() {
    this.#queuedBytes = 0;
    return this.#queue.splice(0);
  }
}

/** The end of a connection without a close frame, or of an attempt. */
function lost(reason) {
  return { code: LOST, reason, wasClean: false };
}

/** The end of an attempt for which there was no URL, or none that is right. */
function failure(error) {
  return lost(String(error?.message ?? error));
}

/** Whether nothing would be better another time; 1005 is a close frame without a code. */
function isFinal(code) {
  return [1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010].includes(code) || (code >= 3000 && code <= 4999);
}

/** Call what the program has given; what it throws is the program's affair, and no connection's. */
function call(callback, event) {
  try {
    callback?.(event);
  } catch (error) {
    report(error);
  }
}

function report(error) {
  if (globalThis.reportError) {
    globalThis.reportError(error);
  } else {
    setTimeout(() => {
      throw error;
    }, 0);
  }
}

// What was given, checked.

function address(given) {
  if (typeof given !== "string" && !(given instanceof URL)) {
    const right = "a string, a URL, or a function that gives one or a promise of one";
    throw new TypeError(`connect: the url is ${right}, not ${show(given)}`);
  }
  const right = "a WebSocket's begins with ws:// or wss://, or is relative to the page";
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  const parsed = parse(given, base);
  if (parsed === null) throw new SyntaxError(`connect: ${show(given)} is no URL; ${right}`);
  parsed.protocol = parsed.protocol.replace(/^http/, "ws");
  if (!["ws:", "wss:"].includes(parsed.protocol)) throw new SyntaxError(`connect: ${show(given)}: ${right}`);
  if (parsed.href.includes("#")) {
    throw new SyntaxError(`connect: ${show(given)}: a WebSocket's URL has no fragment; write %23 for a #`);
  }
  return parsed.href;
}

function parse(url, base) {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
}

function checkOptions(given) {
  if (!isObject(given)) throw wrong("what follows the url", "an object with options", given);
  const options = withDefaults("option", given, OPTIONS);
  for (const name of ["onopen", "onmessage", "onclose"]) {
    if (options[name] != null) checkFunction(name, options[name]);
  }
  for (const name of ["connectTimeout", "silence"]) {
    if (options[name] !== null) checkNumber(name, options[name], 1, LONGEST, "milliseconds");
  }
  options.protocols = checkProtocols(options.protocols);
  options.reconnect = checkReconnect(options.reconnect);
  options.WebSocket ??= globalThis.WebSocket;
  if (options.WebSocket === undefined) {
    throw new TypeError("connect: there is no WebSocket here; give one in the options, that of the npm package ws say");
  }
  if (!isClass(options.WebSocket)) throw wrong("WebSocket", "a class", options.WebSocket);
  return options;
}

function checkReconnect(given) {
  if (given === false) return null;
  if (given !== true && !isObject(given)) throw wrong("reconnect", "true, false, or an object", given);
  const reconnect = withDefaults("option reconnect:", given === true ? {} : given, RECONNECT);
  checkNumber("reconnect: least", reconnect.least, 1, LONGEST, "milliseconds");
  checkNumber("reconnect: most", reconnect.most, reconnect.least, LONGEST, "milliseconds");
  checkNumber("reconnect: stable", reconnect.stable, 0, LONGEST, "milliseconds");
  checkCount("reconnect: queue", reconnect.queue, "messages");
  checkCount("reconnect: queueBytes", reconnect.queueBytes, "bytes");
  checkFunction("reconnect: random", reconnect.random);
  return reconnect;
}

/** Give an object with what is not given set as usual; undefined is not given. */
function withDefaults(what, given, defaults) {
  const known = Object.keys(defaults);
  const all = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) {
      throw new TypeError(`connect: there is no ${what} ${name}; there are ${known.join(", ")}`);
    }
    if (value !== undefined) all[name] = value;
  }
  return all;
}

function checkProtocols(given) {
  const protocols = typeof given === "string" ? [given] : given;
  if (!Array.isArray(protocols)) throw wrong("protocols", "a name or an array of names", given);
  for (const protocol of protocols) {
    if (typeof protocol !== "string" || !TOKEN.test(protocol)) {
      throw new SyntaxError(`connect: protocols: ${show(protocol)} is no name of a sub-protocol`);
    }
  }
  if (new Set(protocols).size < protocols.length) throw new SyntaxError("connect: protocols: each is named once");
  return [...protocols];
}

function isObject(given) {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

/** Whether `new` takes it; this does not call it. */
function isClass(given) {
  try {
    Reflect.construct(Object, [], given);
    return true;
  } catch {
    return false;
  }
}

function checkCallback(name, given) {
  if (given != null && typeof given !== "function") {
    throw new TypeError(`${name} is a function or null, not ${show(given)}`);
  }
  return given;
}

function checkFunction(name, given) {
  if (typeof given !== "function") throw wrong(name, "a function", given);
}

function checkNumber(name, given, least, most, unit) {
  if (typeof given !== "number" || !(given >= least && given <= most)) {
    throw wrong(name, `a number of ${unit} from ${least} to ${most}`, given);
  }
}

function checkCount(name, given, unit) {
  const isCount = given === Infinity || (Number.isInteger(given) && given >= 0);
  if (!isCount) throw wrong(name, `a whole number of ${unit}`, given);
}

function wrong(name, wanted, given) {
  return new TypeError(`connect: ${name} is ${wanted}, not ${show(given)}`);
}

function checkMessage(called, message) {
  const isOne = typeof message === "string" || ArrayBuffer.isView(message) || isBuffer(message) || isBlob(message);
  if (isOne) return;
  const right = "a string, an ArrayBuffer, a view of one, or a Blob";
  throw new TypeError(`${called}: a message is ${right}, not ${show(message)}`);
}

function checkClosing(code, reason) {
  if (code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
    throw new TypeError(`close: the code is 1000, or 3000 to 4999, not ${show(code)}`);
  }
  if (typeof reason !== "string" || sizeOf(reason) > LONGEST_REASON) {
    throw new TypeError(`close: the reason is a string of at most ${LONGEST_REASON} bytes, not ${show(reason)}`);
  }
}

function show(value) {
  if (typeof value === "string") return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? kindOf(value) : String(value);
}

// Messages.

const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1); // also of another window's
const isBuffer = (value) => kindOf(value) === "ArrayBuffer";
const isBlob = (value) => ["Blob", "File"].includes(kindOf(value));

function sizeOf(message) {
  if (typeof message === "string") return new TextEncoder().encode(message).length;
  return message.byteLength ?? message.size;
}

/** Give what a message is now: a program may write to its buffer again. */
function copyOf(message) {
  if (isBuffer(message)) return message.slice(0);
  if (!ArrayBuffer.isView(message)) return message;
  return new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice();
}

// WLanguage's sockets: connections under names. Capitals count in them.

export const SocketOuverture = 1;
export const SocketMessage = 2;
export const SocketFermeture = 3;
export const SocketErreur = 4;

const sockets = new Map();

/**
 * Begin to connect to a server, and tell whether that could begin: a page cannot wait.
 *
 * The callback is called as callback(event, message): with SocketOuverture when it is connected, with SocketMessage
 * for each message, with SocketFermeture and the reason when it is over; or with SocketErreur where no connection
 * came about. A name that is in use is given to the new connection, and the old one is closed.
 */
export function SocketConnecte(name, url, callback) {
  return begin("SocketConnecte", name, url, callback);
}

/** Send a message, or have it wait while the connection is being made; tell whether that worked. */
export function SocketEcrit(name, message) {
  return write("SocketEcrit", name, message);
}

/** Close a socket, and tell whether there was one; what was written before leaves first. */
export function SocketFerme(name) {
  return end("SocketFerme", name);
}

/** Tell whether there is a socket of this name: from when it begins to connect until it is over. */
export function SocketExiste(name) {
  return sockets.has(name);
}

export const SocketOpening = SocketOuverture;
export const SocketClosing = SocketFermeture;
export const SocketError = SocketErreur;

/** SocketConnecte's English name. */
export function SocketConnect(name, url, callback) {
  return begin("SocketConnect", name, url, callback);
}

/** SocketEcrit's English name. */
export function SocketWrite(name, message) {
  return write("SocketWrite", name, message);
}

/** SocketFerme's English name. */
export function SocketClose(name) {
  return end("SocketClose", name);
}

/** SocketExiste's English name. */
export const SocketExist = SocketExiste;

function begin(called, name, url, callback) {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`${called}: the socket's name is a text, not ${show(name)}`);
  }
  if (callback != null && typeof callback !== "function") {
    throw new TypeError(`${called}: the callback is a function, not ${show(callback)}`);
  }
  try {
    const connection = connect(url, tellingOf(name, callback ?? (() => {}), () => connection));
    sockets.get(name)?.close();
    sockets.set(name, connection);
    return true;
  } catch (error) {
    return refuse(called, error.message.replace(/^connect: /, ""));
  }
}

/** Give the options of a connection that tells a callback what happens. */
function tellingOf(name, callback, connection) {
  let wasOpen = false;
  return {
    onopen() {
      wasOpen = true;
      callback(SocketOuverture, "");
    },
    onmessage: ({ data }) => callback(SocketMessage, data),
    onclose({ code, reason }) {
      if (sockets.get(name) === connection()) sockets.delete(name);
      if (wasOpen || code !== LOST) callback(SocketFermeture, reason);
      else callback(SocketErreur, reason || "the connection could not be made");
    },
  };
}

function write(called, name, message) {
  checkMessage(called, message);
  const connection = find(called, name);
  if (connection === undefined) return false;
  try {
    connection.send(message);
    return true;
  } catch (error) {
    return refuse(called, error.message.replace(/^send: /, ""));
  }
}

function end(called, name) {
  const connection = find(called, name);
  if (connection === undefined) return false;
  sockets.delete(name);
  connection.close();
  return true;
}

function find(called, name) {
  const connection = sockets.get(name);
  if (connection === undefined) refuse(called, `there is no socket ${show(name)}; mind capitals`);
  return connection;
}

/** Say on the console what went wrong: the functions only tell that something did. */
function refuse(called, what) {
  console.warn(`${called}: ${what}`);
  return false;
}
