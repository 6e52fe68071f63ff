// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT
//
// node play.js URL COMPRESS: plays the scenario with the npm package ws, and prints what it sees.

import WebSocket from "ws"

import { play } from "./scenario.js"

const [url, compress] = process.argv.slice(2)
const options = {
  perMessageDeflate: compress === "true",
  rejectUnauthorized: false, // the tests' certificate is signed by itself
}
console.log(JSON.stringify(await play(() => new WebSocket(url, options))))
