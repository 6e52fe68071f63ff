// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// What tsc --strict says to authors who use wstwist.js: nothing, but where an error is expected.

import {
  type Closing,
  type Connection,
  type Received,
  SocketConnecte,
  SocketEcrit,
  SocketErreur,
  SocketExist,
  SocketFermeture,
  connect,
} from "../../wstwist/web/wstwist.js"

const chat: Connection = connect("/Chat", {
  protocols: ["v2", "v1"],
  reconnect: { least: 100, most: 5_000, queue: 10 },
  silence: 15_000,
  onopen({ attempt, returned }) {
    const line: string = `${returned ? "back" : "here"} after ${attempt.toFixed()}`
    chat.send(line)
  },
  onmessage({ data }) {
    const size: number = typeof data === "string" ? data.length : data.byteLength
    chat.send(new Uint8Array(size))
  },
  onclose: async (event: Closing) => console.log(event.willReconnect && event.delay > 0),
})
connect(() => new URL("wss://localhost/Chat"), { WebSocket, reconnect: true })
connect(async () => "wss://localhost/Chat")
chat.onmessage = ({ data }) => console.log(data)
chat.onclose = null
if (chat.isOpen && chat.queued === 0) chat.close(4000, chat.protocol)
const code: number = chat.closeCode ?? 1000

SocketConnecte("chat", "/Chat", (event, message: Received) => {
  if (event === SocketFermeture || event === SocketErreur) console.log(code, message)
})
const sent: boolean = SocketEcrit("chat", new Blob(["x"])) && SocketExist("chat")

// @ts-expect-error: there is no such option
connect("/Chat", { reconect: true })
// @ts-expect-error: an object is no message
chat.send({ sent })
// @ts-expect-error: only the connection says so
chat.isOpen = true
// @ts-expect-error: binary messages are no strings
connect("/Chat", { onmessage: ({ data }) => data.toUpperCase() })
// @ts-expect-error: a promise is promised anew at each attempt
connect(Promise.resolve("wss://localhost/Chat"))
// @ts-expect-error: 5 is no event
SocketConnecte("chat", "/Chat", (event) => console.log(event === 5))
