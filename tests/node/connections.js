// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// What tests/test_javascript.py does with wstwist.js and a real server, in Node and in a browser's page. Each
// scenario gives what it has seen. `ask` has the test do something with the server: "kill", "start" or "freeze".

export const scenarios = {
  // Text and binary come back as they were; the sub-protocol is agreed on; both sides close.
  async talk({ connect, url }) {
    const { connection, next } = follow(connect, url, { protocols: ["z", "a", "b"] })
    connection.send("sent at once")
    const seen = { opened: await next("opened"), isOpen: connection.isOpen, protocol: connection.protocol }
    seen.echoes = [await next("message")]
    const bytes = new Uint8Array([0, 1, 128, 254, 255])
    for (const message of ["héllo ☃ 🐍", "", bytes, bytes.buffer, bytes.subarray(1, 3), new Blob([bytes])]) {
      connection.send(message)
      const echo = await next("message")
      seen.echoes.push(typeof echo === "string" ? echo : [echo.constructor.name, ...new Uint8Array(echo)])
    }
    connection.close(4001, "that was áll")
    seen.byClient = await next("closed")
    const other = follow(connect, url)
    other.connection.send("close 4002 gó away")
    seen.byServer = await other.next("closed")
    return { ...seen, isOpenAtLast: connection.isOpen, closeCodes: [connection.closeCode, other.connection.closeCode] }
  },

  // After the server was killed and started again what was sent meanwhile has come once, and in order.
  async return({ connect, url, ask }) {
    const { connection, next } = follow(connect, url, { reconnect: { least: 50, most: 200 } })
    connection.send("note at first")
    const seen = { opened: await next("opened"), notesAtFirst: await notes(connection, next) }
    await ask("kill")
    seen.lost = await next("closed")
    for (let number = 0; number < 100; number += 1) connection.send(`note ${number}`)
    seen.failed = await next("closed")
    seen.queued = connection.queued
    await ask("start")
    const { attempt, returned } = await next("opened")
    Object.assign(seen, { returned, tookMore: attempt > 1, notes: await notes(connection, next) })
    connection.close()
    return { ...seen, queuedAtLast: connection.queued, closed: await next("closed") }
  },

  // A server that says nothing any more, and then does not answer, is left; when another is there it goes on.
  async silence({ connect, url, ask }) {
    const times = { silence: 1000, connectTimeout: 1000 }
    const { connection, next } = follow(connect, url, { ...times, reconnect: { least: 10, most: 10 } })
    const seen = { opened: await next("opened") }
    await ask("freeze")
    seen.reasons = [(await next("closed")).reason, (await next("closed")).reason]
    connection.send("still here")
    await ask("kill")
    await ask("start")
    seen.echo = await next("message")
    connection.close()
    return seen
  },

  // Which of the codes that a server closes with bring the connection back.
  async codes({ connect, url }) {
    const comesBack = {}
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4999]) {
      const { connection, next } = follow(connect, url, { reconnect: true })
      connection.send(`close ${code} because`)
      const closed = await next("closed")
      comesBack[closed.code] = [closed.willReconnect, closed.reason]
      connection.close()
    }
    return comesBack
  },

  // A handshake that is refused is 1006, whatever the server has answered.
  async refused({ connect, url }) {
    const once = follow(connect, `${url}/nowhere`)
    once.connection.send("in vain")
    const seen = { once: await once.next("closed") }
    const delays = []
    const random = () => 0.5
    const again = follow(connect, `${url}/nowhere`, { reconnect: { least: 20, most: 50, random } })
    for (let attempt = 0; attempt < 4; attempt += 1) delays.push((await again.next("closed")).delay)
    again.connection.close()
    return { ...seen, delays }
  },

  // A function that gives the URL may fail at any attempt but the first, at once or later; the next one follows.
  async urls({ connect, url }) {
    const given = [
      async () => url,
      () => { throw new Error("not now") },
      async () => { throw new Error("no token yet") },
      async () => `${url}?token=1`,
    ]
    const { connection, next } = follow(connect, () => given.shift()(), { reconnect: { least: 10, most: 10 } })
    await next("opened")
    connection.send("close 1012 again")
    const reasons = []
    for (let end = 0; end < 3; end += 1) reasons.push((await next("closed")).reason)
    const { attempt, returned } = await next("opened")
    connection.send("still here")
    const echo = await next("message")
    connection.close()
    return { reasons, attempt, returned, echo }
  },

  // WLanguage's functions connect, write, tell and close, and a socket exists meanwhile.
  async wlanguage({ library, url }) {
    const { SocketConnecte, SocketEcrit, SocketExiste, SocketFerme } = library
    const events = inbox()
    const began = SocketConnecte("Chat", url, (event, message) => events.put([event, message]))
    const seen = { began, exists: SocketExiste("Chat"), wrote: SocketEcrit("Chat", "bonjour") }
    seen.told = [await events.take(), await events.take()]
    seen.closed = SocketFerme("Chat")
    seen.told.push(await events.take())
    seen.existsAtLast = SocketExiste("Chat")
    SocketConnecte("Chat", `${url}/nowhere`, (event, message) => events.put([event, message]))
    seen.told.push(await events.take())
    return seen
  },
}

// Connects, and gives the connection, and a function that waits for its next event of a kind; no message is skipped.
function follow(connect, url, options = {}) {
  const events = inbox()
  const connection = connect(url, {
    ...options,
    onopen: event => events.put(["opened", event]),
    onmessage: ({ data }) => events.put(["message", data]),
    onclose: event => events.put(["closed", event]),
  })
  const next = async wanted => {
    for (;;) {
      const [kind, event] = await events.take()
      if (kind === wanted) return event
      if (kind === "message") throw new Error(`a message, and not ${wanted}`)
    }
  }
  return { connection, next }
}

// Asks the server for what it has noted.
async function notes(connection, next) {
  connection.send("notes")
  return JSON.parse(await next("message"))
}

function inbox() {
  const there = [], waiting = []
  return {
    put: item => (waiting.length > 0 ? waiting.shift()(item) : there.push(item)),
    take: () => new Promise(resolve => (there.length > 0 ? resolve(there.shift()) : waiting.push(resolve))),
  }
}
