// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// node connect.js SCENARIO URL WHOSE: plays one of connections.js with Node's own WebSocket, or that of ws. A line
// of JSON on stdout is what the test is asked to do, answered by a line on stdin, or at last what was seen.

import { createInterface } from "node:readline"

import * as library from "../../wstwist/web/wstwist.js"
import { scenarios } from "./connections.js"

const [name, url, whose] = process.argv.slice(2)
const WebSocket = whose === "ws" ? (await import("ws")).WebSocket : globalThis.WebSocket
const connect = (to, options) => library.connect(to, { ...options, WebSocket })
globalThis.WebSocket = WebSocket // SocketConnecte takes the platform's

const say = line => process.stdout.write(`${JSON.stringify(line)}\n`)
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const ask = async asked => {
  say({ asked })
  await answers.next()
}
say({ seen: await scenarios[name]({ library, connect, url, ask }) })
process.exit()
