// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// The scenario of tests/test_real_clients.py, for whatever has the WebSocket class of browsers.

const MESSAGES = [
  "héllo ☃ 🐍",
  new Uint8Array([0, 1, 128, 254, 255]),
  "é".repeat(512 * 1024),
  Uint8Array.from({ length: 1024 * 1024 }, (_, index) => index % 251),
]

// Plays it with connections that `connect` makes, and gives what the client sees.
export async function play(connect) {
  const socket = await open(connect)
  const echoes = []
  for (const message of MESSAGES) {
    socket.send(message)
    echoes.push(same(message, (await next(socket, "message")).data))
  }
  const closed = next(socket, "close")
  socket.close(4001, "that was áll")

  const other = await open(connect)
  const closing = next(other, "close")
  other.send("close 4002 gó away")
  return {
    echoes,
    compressed: socket.extensions.startsWith("permessage-deflate"),
    closed_by_client: end(await closed),
    closed_by_server: end(await closing),
  }
}

async function open(connect) {
  const socket = connect()
  socket.binaryType = "arraybuffer"
  await next(socket, "open")
  return socket
}

function next(socket, type) {
  return new Promise((resolve, reject) => {
    socket.addEventListener(type, resolve, { once: true })
    socket.addEventListener("error", event => reject(new Error(event.message ?? "error")), { once: true })
  })
}

function same(sent, received) {
  if (typeof sent === "string") return sent === received
  const bytes = new Uint8Array(received)
  return bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index])
}

function end({ code, reason, wasClean }) {
  return [wasClean ? code : 1006, reason]
}
