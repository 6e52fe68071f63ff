// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// node --test wstwist.test.js: the library without a network. The WebSocket is a fake, and so is time.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { afterEach, beforeEach, mock, test } from "node:test"

import * as library from "../../wstwist/web/wstwist.js"

const { connect } = library
const URL_ = "ws://host/Chat"

// A WebSocket whose server is the test.
class Fake {
  readyState = 0
  protocol = ""
  sent = []
  closedWith = null

  constructor(url, protocols) {
    this.url = url
    this.protocols = protocols
    made.push(this)
  }

  send(message) {
    this.sent.push(message)
  }

  close(...how) {
    this.closedWith ??= how
    this.readyState = 2
  }

  open() {
    this.readyState = 1
    this.onopen()
  }

  end(code = 1006, reason = "", wasClean = false) {
    this.readyState = 3
    this.onclose?.({ code, reason, wasClean })
  }
}

let made, now, reported, warned

beforeEach(() => {
  made = []
  now = 0
  reported = []
  warned = []
  mock.timers.enable({ apis: ["setTimeout"] })
  mock.method(performance, "now", () => now)
  mock.method(console, "warn", line => warned.push(line))
  globalThis.reportError = error => reported.push(error.message)
  globalThis.WebSocket = Fake
})

afterEach(() => {
  mock.timers.reset()
  mock.restoreAll()
  for (const name of ["reportError", "WebSocket", "addEventListener", "document", "location"]) delete globalThis[name]
})

function pass(milliseconds) {
  now += milliseconds
  mock.timers.tick(milliseconds)
}

// Connects, and gives the connection and what its callbacks are told.
function follow(options = {}, url = URL_) {
  const opened = [], messages = [], closed = []
  const connection = connect(url, {
    onopen: event => opened.push(event),
    onmessage: ({ data }) => messages.push(data),
    onclose: event => closed.push(event),
    ...options,
  })
  return { connection, opened, messages, closed }
}

const settled = () => new Promise(resolve => queueMicrotask(resolve))
// Lets what has been promised come.
const turns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await settled()
}
const last = () => made.at(-1)

test("a delay is a random part of a time that doubles up to a bound", () => {
  const parts = [1, 0.5, 0.25, 1, 0]
  const { connection, closed } = follow({ reconnect: { least: 100, most: 500, random: () => parts.shift() } })
  for (const delay of [100, 100, 100, 500, 0]) {
    const attempts = made.length
    last().end()
    assert.equal(closed.at(-1).delay, delay)
    assert.equal(closed.at(-1).willReconnect, true)
    if (delay) pass(delay - 1)
    assert.equal(made.length, attempts)
    pass(1)
    assert.equal(made.length, attempts + 1)
  }
  connection.close()
})

test("the delays begin anew when a connection was open for a while, and not before", () => {
  const { connection, closed, opened } = follow({ reconnect: { least: 100, stable: 1000, random: () => 1 } })
  last().end()
  pass(100)
  for (const [time, delay] of [[999, 200], [0, 400], [1000, 100], [5000, 100], [0, 200]]) {
    last().open()
    pass(time)
    last().end()
    assert.equal(closed.at(-1).delay, delay)
    pass(delay)
  }
  assert.deepEqual(opened[0], { attempt: 2, returned: false })
  assert.deepEqual(opened[1], { attempt: 1, returned: true })
  connection.close()
})

test("codes that say that it is over are final, and others are not", async () => {
  const final = [1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 3000, 3999, 4000, 4999]
  for (const code of [...final, 1001, 1004, 1006, 1011, 1012, 1013, 1014, 1015]) {
    const { connection, closed } = follow({ reconnect: true })
    last().open()
    last().end(code, "why", true)
    await settled()
    const { willReconnect, delay, ...rest } = closed[0]
    assert.deepEqual(rest, { code, reason: "why", wasClean: true, unsent: 0 })
    assert.equal(willReconnect, !final.includes(code))
    assert.equal(connection.closeCode, willReconnect ? null : code)
    connection.close()
  }
})

test("without reconnect the first end is the last", async () => {
  const { connection, closed } = follow()
  connection.send("one")
  last().end()
  await settled()
  assert.deepEqual(closed, [
    { code: 1006, reason: "", wasClean: false, willReconnect: false, delay: 0, unsent: 1 },
  ])
  pass(100_000)
  assert.equal(made.length, 1)
  assert.equal(connection.queued, 0)
  assert.throws(() => connection.send("two"), { message: "send: the connection has been closed (1006)" })
})

test("what has waited leaves although onopen closes", () => {
  const { connection } = follow({ onopen: () => connection.close(3001, "enough") })
  connection.send("a")
  last().open()
  assert.deepEqual(last().sent, ["a"])
  assert.deepEqual(last().closedWith, [3001, "enough"])
})

test("what is sent meanwhile leaves in order, once, behind what onopen sends", () => {
  const { connection } = follow({ reconnect: { random: () => 0 }, onopen: () => connection.send("opened") })
  connection.send("a")
  connection.send("b")
  assert.equal(connection.queued, 2)
  assert.equal(connection.isOpen, false)
  last().open()
  assert.deepEqual(last().sent, ["opened", "a", "b"])
  assert.equal(connection.queued, 0)
  assert.equal(connection.isOpen, true)
  connection.send("c")
  assert.deepEqual(last().sent, ["opened", "a", "b", "c"])

  last().readyState = 2 // the server's close frame has come, the end has not
  assert.equal(connection.isOpen, false)
  connection.send("d")
  last().end(1001)
  connection.send("e")
  pass(1)
  last().end()
  pass(1)
  connection.send("f")
  last().open()
  assert.deepEqual(last().sent, ["opened", "d", "e", "f"])
  connection.close()
})

test("a message that has waited, and that the socket does not take, is reported, and the others leave", () => {
  const { connection, opened } = follow()
  for (const message of ["a", "not this", "b"]) connection.send(message)
  const other = follow()
  other.connection.send("not this")
  other.connection.close(4000)
  for (const socket of made) {
    socket.send = (message) => {
      if (message === "not this") throw new Error("no")
      socket.sent.push(message)
    }
    socket.open()
  }
  connection.send("c")
  assert.deepEqual([made[0].sent, connection.isOpen, opened.length], [["a", "b", "c"], true, 1])
  assert.deepEqual([made[1].sent, made[1].closedWith[0], other.opened.length], [[], 4000, 0])
  assert.deepEqual(reported, ["no", "no"])
})

test("a buffer waits as it was when it was sent", () => {
  const { connection } = follow()
  const bytes = new Uint8Array([1, 2, 3, 4])
  connection.send(bytes.subarray(1, 3))
  connection.send(bytes.buffer)
  connection.send(new DataView(bytes.buffer, 3))
  bytes.fill(0)
  last().open()
  assert.deepEqual(last().sent.map(message => [...new Uint8Array(message)]), [[2, 3], [1, 2, 3, 4], [4]])
  connection.close()
})

test("beyond its bounds the queue takes nothing, and what is in it stays", () => {
  const { connection } = follow({ reconnect: { queue: 3, queueBytes: 10 } })
  connection.send("é".repeat(4))
  assert.throws(() => connection.send(new ArrayBuffer(3)), {
    message: "send: not connected, and 1 messages of 8 bytes wait; at most 3 of 10 bytes may",
  })
  connection.send(new Blob(["x"]))
  connection.send("")
  assert.throws(() => connection.send(""), /3 messages of 9 bytes wait/)
  assert.equal(connection.queued, 3)
  last().open()
  assert.equal(last().sent.length, 3)
  last().end()
  connection.send("0123456789")
  assert.throws(() => connection.send("x"), Error)
  connection.close()
})

test("a callback that throws is reported, and nothing else changes", () => {
  const fail = name => () => {
    throw new Error(name)
  }
  const { connection } = follow({
    reconnect: { random: () => 0 },
    onopen: fail("onopen"),
    onmessage: fail("onmessage"),
    onclose: fail("onclose"),
  })
  last().open()
  last().onmessage({ data: "x" })
  assert.equal(connection.isOpen, true)
  last().end()
  pass(1)
  last().open()
  assert.equal(connection.isOpen, true)
  assert.deepEqual(reported, ["onopen", "onmessage", "onclose", "onopen"])
  connection.close()
})

test("a random that fails, or gives no part of 1, makes no delay endless and none short", () => {
  const given = [() => fail(), () => NaN, () => -1, () => 2]
  const fail = () => {
    throw new Error("random")
  }
  const { connection, closed } = follow({ reconnect: { least: 100, most: 100, random: () => given.shift()() } })
  for (let attempt = 0; attempt < 4; attempt += 1) {
    last().end()
    assert.equal(closed.at(-1).delay, 100)
    pass(100)
  }
  assert.deepEqual(reported, ["random"])
  connection.close()
})

test("where nothing takes reports, it is thrown when nobody's callback runs", () => {
  delete globalThis.reportError
  const { connection } = follow({
    onopen() {
      throw new Error("mine")
    },
  })
  last().open()
  assert.equal(connection.isOpen, true)
  assert.throws(() => pass(1), { message: "mine" })
  connection.close()
})

test("an attempt that takes too long is given up", () => {
  const { connection, closed } = follow({ reconnect: { random: () => 0 } })
  pass(14_999)
  assert.deepEqual(closed, [])
  pass(1)
  assert.equal(closed[0].reason, "not connected for 15000 ms")
  assert.notEqual(made[0].closedWith, null)
  pass(1)
  last().open()
  pass(1_000_000)
  assert.equal(connection.isOpen, true)
  connection.close()
})

test("a connection that is silent for too long is lost", () => {
  const { connection, closed } = follow({ silence: 1000, reconnect: { random: () => 0 } })
  last().open()
  pass(999)
  last().onmessage({ data: "x" })
  pass(999)
  assert.deepEqual(closed, [])
  pass(1)
  assert.equal(closed[0].reason, "silent for 1000 ms")
  assert.equal(closed[0].code, 1006)
  assert.notEqual(made[0].closedWith, null)
  made[0].end() // which nobody hears
  assert.equal(closed.length, 1)
  pass(1)
  assert.equal(made.length, 2)
  connection.close()
})

test("where only an error tells that an attempt has failed, that does", async () => {
  const { closed } = follow({ reconnect: { random: () => 0 } })
  last().onerror({})
  pass(1)
  assert.equal(closed[0].code, 1006)
  pass(1)
  last().open()
  last().onerror({})
  pass(1)
  assert.equal(closed.length, 1) // an open connection's end is told
  last().end(1002, "", true)
  await settled()
  assert.equal(closed[1].code, 1002)
})

test("the network's return, and somebody's look, make the next attempt come soon", () => {
  const window = new EventTarget(), document = Object.assign(new EventTarget(), { hidden: true })
  globalThis.addEventListener = window.addEventListener.bind(window)
  globalThis.document = document
  const { connection } = follow({ reconnect: { least: 100, most: 100_000, random: () => 0.5 } })
  for (let failures = 0; failures < 9; failures += 1) {
    last().end()
    pass(100_000)
  }
  for (const [target, type] of [[window, "online"], [window, "pageshow"], [document, "visibilitychange"]]) {
    const attempts = made.length
    last().end()
    document.hidden = true
    target.dispatchEvent(new Event(type))
    pass(50)
    assert.equal(made.length, attempts, type)
    document.hidden = false
    target.dispatchEvent(new Event(type))
    target.dispatchEvent(new Event(type))
    pass(49)
    assert.equal(made.length, attempts, type)
    pass(1)
    assert.equal(made.length, attempts + 1, type)
    target.dispatchEvent(new Event(type))
    pass(100)
    assert.equal(made.length, attempts + 1, type)
  }
  connection.close()
})

test("close ends an open connection with its code and reason", async () => {
  const { connection, closed, messages } = follow({ reconnect: true })
  last().open()
  connection.close(4001, "enough")
  connection.close(4002)
  assert.deepEqual(last().closedWith, [4001, "enough"])
  assert.throws(() => connection.send("x"), { message: "send: the connection is being closed" })
  last().onmessage({ data: "late" })
  last().end(1006)
  await settled()
  assert.deepEqual([messages, closed.length, closed[0].willReconnect], [[], 1, false])
  connection.close()
  await settled()
  assert.equal(closed.length, 1)
})

test("close before it is open ends the attempt, or sends first what waits", async () => {
  const empty = follow()
  empty.connection.close()
  assert.notEqual(last().closedWith, null)
  assert.equal(empty.connection.closeCode, 1000)
  assert.deepEqual(empty.closed, []) // it is told later, as in a WebSocket
  await settled()
  assert.equal(empty.closed[0].wasClean, false) // nobody was there to say good-bye to

  const full = follow()
  full.connection.send("last words")
  full.connection.close(3000, "bye")
  assert.throws(() => full.connection.send("x"), /is being closed/)
  last().open()
  assert.deepEqual([last().sent, last().closedWith, full.opened], [["last words"], [3000, "bye"], []])
  last().end(3000, "bye", true)
  await settled()
  assert.deepEqual([full.closed[0].code, full.closed[0].unsent], [3000, 0])

  const vain = follow({ reconnect: true })
  vain.connection.send("last words")
  vain.connection.close()
  last().end()
  await settled()
  assert.deepEqual([vain.closed[0].code, vain.closed[0].willReconnect, vain.closed[0].unsent], [1006, false, 1])
})

test("close between two attempts ends it, and tells how many messages were not sent", async () => {
  const { connection, closed } = follow({ reconnect: true })
  last().end()
  connection.send("a")
  connection.close()
  await settled()
  const { willReconnect, unsent, code, wasClean } = closed[1]
  assert.deepEqual([closed.length, willReconnect, unsent, code, wasClean], [2, false, 1, 1000, false])
  pass(1_000_000)
  assert.equal(made.length, 1)
})

test("it may be closed in onclose", async () => {
  const { connection, closed } = follow({ reconnect: true, onclose: event => {
    closed.push(event)
    connection.close()
  } })
  last().end()
  await settled()
  assert.deepEqual(closed.map(event => event.willReconnect), [true, false])
  pass(100_000)
  assert.equal(made.length, 1)
})

test("a url may be that of a page, relative to one, or a function's", () => {
  for (const [given, used] of [
    ["wss://host:9/a?b=c", "wss://host:9/a?b=c"],
    ["http://host/a", "ws://host/a"],
    [new URL("https://host/a"), "wss://host/a"],
  ]) {
    connect(given).close()
    assert.equal(last().url, used)
  }
  globalThis.location = { href: "https://host:9443/page/here?x#y" }
  for (const [given, used] of [["/Chat", "wss://host:9443/Chat"], ["Chat?a", "wss://host:9443/page/Chat?a"]]) {
    connect(given).close()
    assert.equal(last().url, used)
  }
  globalThis.document = { baseURI: "http://base/" }
  connect("Chat").close()
  assert.equal(last().url, "ws://base/Chat")

  let number = 0
  const url = () => {
    if (++number === 2) throw new Error("not now")
    return `ws://host/${number}`
  }
  const { connection, closed } = follow({ reconnect: { random: () => 0 } }, url)
  last().end()
  pass(1)
  assert.deepEqual([reported, closed.length, closed[1].reason], [[], 2, "not now"])
  pass(1)
  assert.equal(last().url, "ws://host/3")
  connection.close()
})

test("a url may be a promise's, at each attempt", async () => {
  const given = [
    Promise.resolve("ws://host/1"), Promise.reject(new Error("no token")), Promise.resolve("nowhere"),
    Promise.reject("none"), Promise.resolve(new URL("ws://host/2")),
  ]
  for (const promise of given) promise.catch(() => {})
  const { connection, closed, opened } = follow({ reconnect: { random: () => 0 } }, () => given.shift())
  assert.equal(made.length, 0)
  await turns()
  assert.equal(last().url, "ws://host/1")
  last().end()
  for (const reason of [/^no token$/, /^connect: "nowhere" is no URL/, /^none$/]) {
    pass(1)
    await turns()
    assert.match(closed.at(-1).reason, reason)
    assert.deepEqual([closed.at(-1).code, closed.at(-1).willReconnect], [1006, true])
  }
  pass(1)
  await turns()
  assert.equal(last().url, "ws://host/2")
  last().open()
  assert.deepEqual([opened[0].attempt, reported], [5, []])
  connection.close()
})

test("a promise of a url may be too late, or for a connection that was closed", async () => {
  let resolve
  const url = () => new Promise(done => { resolve = done })
  const { connection, closed } = follow({ connectTimeout: 1000, reconnect: { least: 10, random: () => 1 } }, url)
  pass(1000)
  assert.equal(closed[0].reason, "not connected for 1000 ms")
  resolve("ws://host/late")
  await turns()
  assert.equal(made.length, 0)
  pass(10)
  connection.close()
  resolve(URL_)
  await turns()
  assert.deepEqual([made.length, closed.length, closed[1].willReconnect], [0, 2, false])

  const last_ = follow({}, url)
  last_.connection.send("last words")
  last_.connection.close(3000)
  resolve(URL_)
  await turns()
  last().open()
  assert.deepEqual([last().sent, last().closedWith[0]], [["last words"], 3000])

  const vain = follow({}, () => Promise.reject(new Error("no token")))
  await turns()
  assert.deepEqual([vain.closed[0].reason, vain.closed[0].willReconnect], ["no token", false])
})

test("callbacks can be set later, taken away, and read", async () => {
  const told = []
  const connection = connect(URL_, { onmessage: () => told.push("first") })
  connection.onopen = () => told.push("open")
  last().open()
  last().onmessage({ data: "x" })
  connection.onmessage = ({ data }) => told.push(data)
  last().onmessage({ data: "y" })
  connection.onmessage = null
  last().onmessage({ data: "z" })
  connection.onclose = ({ code }) => told.push(code)
  last().end(4000)
  await settled()
  assert.deepEqual(told, ["open", "first", "y", 4000])
  assert.equal(connection.onmessage, null)
  assert.equal(typeof connection.onopen, "function")
  for (const name of ["onopen", "onmessage", "onclose"]) {
    assert.throws(() => { connection[name] = 7 }, { message: `${name} is a function or null, not 7` })
  }
})

test("what is no good is refused in one line that says what would be", () => {
  for (const [args, message] of [
    [[], "connect: the url is a string, a URL, or a function that gives one or a promise of one, not undefined"],
    [[7], "connect: the url is a string, a URL, or a function that gives one or a promise of one, not 7"],
    [["/Chat"], 'connect: "/Chat" is no URL; a WebSocket\'s begins with ws:// or wss://, or is relative to the page'],
    [["ws://"], /^connect: "ws:\/\/" is no URL; a WebSocket's begins with/],
    [["localhost:9000/Chat"], /^connect: "localhost:9000\/Chat": a WebSocket's begins with ws:\/\/ or wss:\/\//],
    [["ws://a/#b"], /has no fragment; write %23 for a #$/],
    [[URL_, 7], "connect: what follows the url is an object with options, not 7"],
    [[URL_, null], "connect: what follows the url is an object with options, not null"],
    [[URL_, { onMessage() {} }], "connect: there is no option onMessage; there are protocols, reconnect, "
      + "connectTimeout, silence, onopen, onmessage, onclose, WebSocket"],
    [[Promise.resolve(URL_)], /a function that gives one or a promise of one, not Promise$/],
    [[URL_, { reconnect: [] }], "connect: reconnect is true, false, or an object, not Array"],
    [[URL_, { reconnect: { queue: 1.5 } }], "connect: reconnect: queue is a whole number of messages, not 1.5"],
    [[URL_, { reconnect: { queueBytes: -1 } }], /queueBytes is a whole number of bytes, not -1$/],
    [[URL_, { WebSocket: () => 1 }], "connect: WebSocket is a class, not a function"],
    [[URL_, []], "connect: what follows the url is an object with options, not Array"],
    [[URL_, { onopen: "f" }], 'connect: onopen is a function, not "f"'],
    [[URL_, { protocols: 7 }], "connect: protocols is a name or an array of names, not 7"],
    [[URL_, { protocols: ["a b"] }], 'connect: protocols: "a b" is no name of a sub-protocol'],
    [[URL_, { protocols: ["a", "a"] }], "connect: protocols: each is named once"],
    [[URL_, { reconnect: 5 }], "connect: reconnect is true, false, or an object, not 5"],
    [[URL_, { reconnect: { max: 5 } }],
      "connect: there is no option reconnect: max; there are least, most, stable, queue, queueBytes, random"],
    [[URL_, { reconnect: { least: 0 } }],
      "connect: reconnect: least is a number of milliseconds from 1 to 2147483647, not 0"],
    [[URL_, { reconnect: { most: 100 } }], /^connect: reconnect: most is a number of milliseconds from 500 to/],
    [[URL_, { reconnect: { queue: "1" } }], 'connect: reconnect: queue is a whole number of messages, not "1"'],
    [[URL_, { reconnect: { random: 0.5 } }], "connect: reconnect: random is a function, not 0.5"],
    [[URL_, { silence: 0 }], "connect: silence is a number of milliseconds from 1 to 2147483647, not 0"],
    [[URL_, { connectTimeout: NaN }], /^connect: connectTimeout is a number of milliseconds/],
    [[URL_, { WebSocket: "ws" }], 'connect: WebSocket is a class, not "ws"'],
  ]) {
    assert.throws(() => connect(...args), { message })
  }
  assert.equal(made.length, 0)
  delete globalThis.WebSocket
  assert.throws(() => connect(URL_), /^TypeError: connect: there is no WebSocket here; give one/)

  const connection = connect(URL_, { WebSocket: Fake, onopen: null, silence: undefined })
  for (const [message, shown] of [[undefined, "undefined"], [7, "7"], [{}, "Object"], [["a"], "Array"]]) {
    const right = "a string, an ArrayBuffer, a view of one, or a Blob"
    assert.throws(() => connection.send(message), { message: `send: a message is ${right}, not ${shown}` })
  }
  for (const code of [1001, 999, 5000, 3000.5, "1000", null]) {
    assert.throws(() => connection.close(code), /^TypeError: close: the code is 1000, or 3000 to 4999, not /)
  }
  assert.throws(() => connection.close(1000, "é".repeat(62)), /the reason is a string of at most 123 bytes/)
  assert.throws(() => connection.close(1000, null), /the reason is a string of at most 123 bytes, not null/)
  connection.close(1000, "é".repeat(61))
})

test("WLanguage's sockets have names", async () => {
  const { SocketConnecte, SocketEcrit, SocketExiste, SocketFerme } = library
  const told = []
  const callback = (...args) => told.push(args)
  assert.equal(SocketExiste("S"), false)
  assert.equal(SocketConnecte("S", URL_, callback), true)
  assert.equal(SocketExiste("S"), true)
  assert.equal(SocketExiste("s"), false)
  assert.equal(SocketEcrit("S", "early"), true)
  last().open()
  last().onmessage({ data: "hello" })
  assert.deepEqual(last().sent, ["early"])
  last().end(4000, "go", true)
  await settled()
  assert.equal(SocketExiste("S"), false)
  assert.deepEqual(told, [[library.SocketOuverture, ""], [library.SocketMessage, "hello"],
    [library.SocketFermeture, "go"]])

  told.length = 0
  SocketConnecte("S", URL_, callback)
  last().end()
  await settled()
  assert.deepEqual(told, [[library.SocketErreur, "the connection could not be made"]])
  assert.deepEqual(warned, [])

  assert.equal(SocketConnecte("S", URL_), true)
  const first = last()
  first.open()
  assert.equal(SocketConnecte("S", "ws://host/other"), true)
  assert.deepEqual(first.closedWith, [1000, ""])
  first.end(1000)
  await settled()
  assert.equal(SocketExiste("S"), true)
  assert.equal(SocketFerme("S"), true)
  assert.equal(SocketExiste("S"), false)
})

test("WLanguage's functions tell on the console why they gave false, and refuse what is no name", () => {
  const { SocketClose, SocketConnect, SocketConnecte, SocketEcrit, SocketFerme, SocketWrite } = library
  assert.deepEqual([SocketEcrit("x", "m"), SocketWrite("x", "m"), SocketFerme("x"), SocketClose("x"),
    SocketConnect("x", "nowhere"), SocketConnecte("x", "#")], [false, false, false, false, false, false])
  assert.deepEqual(warned.slice(0, 4), ["SocketEcrit", "SocketWrite", "SocketFerme", "SocketClose"]
    .map(name => `${name}: there is no socket "x"; mind capitals`))
  assert.match(warned[4], /^SocketConnect: "nowhere" is no URL; /)
  assert.throws(() => SocketConnecte("", URL_), { message: 'SocketConnecte: the socket\'s name is a text, not ""' })
  assert.throws(() => SocketConnect("x", URL_, 7), { message: "SocketConnect: the callback is a function, not 7" })
  assert.throws(() => SocketEcrit("x", 7), /^TypeError: SocketEcrit: a message is a string/)
  SocketConnecte("x", URL_)
  assert.equal(SocketEcrit("x", "m".repeat(2 ** 20 + 1)), false)
  assert.match(warned.at(-1), /^SocketEcrit: not connected, and 0 messages of 0 bytes wait; at most 1000 of/)
  SocketFerme("x")
})

test("the English names do the same, and the events have the same numbers", () => {
  assert.deepEqual(
    [library.SocketOpening, library.SocketMessage, library.SocketClosing, library.SocketError],
    [library.SocketOuverture, library.SocketMessage, library.SocketFermeture, library.SocketErreur],
  )
  assert.equal(library.SocketConnect("T", URL_), true)
  assert.equal(library.SocketExist("T"), true)
  assert.equal(library.SocketWrite("T", "x"), true)
  last().open()
  assert.deepEqual(last().sent, ["x"])
  assert.equal(library.SocketClose("T"), true)
  assert.equal(library.SocketExist("T"), false)
})

test("the types declare what there is, and no more", () => {
  const declared = readFileSync(new URL("../../wstwist/web/wstwist.d.ts", import.meta.url), "utf8")
  const names = [...declared.matchAll(/^export (?:function|const) (\w+)/gm)].map(match => match[1])
  assert.deepEqual(names.sort(), Object.keys(library).sort())
})
