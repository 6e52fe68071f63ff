// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// Node's ws, with bufferutil, as its documentation recommends.

import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";

const HOST = "127.0.0.1";
const BACKLOG = 4096;
const BROADCAST = "abcdefghijklmnopqrstuvwxyz".repeat(3).slice(0, 64);

const { values: given } = parseArgs({
  options: {
    mode: { type: "string" },
    port: { type: "string" },
    cert: { type: "string" },
    key: { type: "string" },
    deflate: { type: "boolean", default: false },
  },
});

const server = given.cert
  ? createSecure({ cert: readFileSync(given.cert), key: readFileSync(given.key) })
  : createPlain();
const sockets = new WebSocketServer({ server, perMessageDeflate: given.deflate && { threshold: 0 } });

function broadcast(times) {
  for (let time = 0; time < times; time++)
    for (const socket of sockets.clients) socket.send(BROADCAST);
}

sockets.on("connection", (socket) => {
  if (given.mode === "echo")
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  else socket.on("message", (data) => broadcast(Number(data)));
});
server.listen({ host: HOST, port: Number(given.port), backlog: BACKLOG });
