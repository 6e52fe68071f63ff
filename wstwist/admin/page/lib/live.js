// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// What goes on, as it goes on: topics over one WebSocket, which comes back by itself.

import { connect } from "../wstwist.js";

const RECONNECT = { least: 500, most: 8_000 };
const SILENCE = 15_000; // something is told each second: then the connection has died unnoticed

export class Live {
  #connection = null;
  #listeners = new Map(); // by topic: those who want to know
  #last = new Map(); // by topic: what was told last
  #isChanged = false;
  #returns = new Set(); // what is to be done when a connection is there again
  #onState;
  #onLost;

  /**
   * @param {(isOpen: boolean) => void} onState told at each change
   * @param {() => void} onLost called when a connection has ended or could not be made
   */
  constructor(onState, onLost) {
    this.#onState = onState;
    this.#onLost = onLost;
  }

  start() {
    this.#connection ??= connect(() => new URL("live", document.baseURI), {
      reconnect: RECONNECT,
      silence: SILENCE,
      onopen: ({ returned }) => {
        this.#subscribe();
        if (returned) for (const act of this.#returns) act();
        this.#onState(true);
      },
      onmessage: ({ data }) => this.#tell(JSON.parse(data)),
      onclose: () => {
        this.#onState(false);
        this.#onLost();
      },
    });
  }

  stop() {
    const connection = this.#connection;
    this.#connection = null;
    if (connection) {
      connection.onclose = null;
      connection.close();
    }
    this.#last.clear();
  }

  /**
   * Follow a topic.
   *
   * @param {string} topic
   * @param {(data: object) => void} onData told at once, where the topic is followed already
   * @param {(problem: object) => void} [onProblem] told when there is no such thing, or no longer
   * @returns {() => void} stops it
   */
  follow(topic, onData, onProblem = () => {}) {
    const listener = { onData, onProblem };
    if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
    this.#listeners.get(topic).add(listener);
    this.#changed();
    if (this.#last.has(topic) && !topic.startsWith("log")) onData(this.#last.get(topic));
    return () => this.#leave(topic, listener);
  }

  /** Have something done whenever the connection is there again; what it returns ends that. */
  onReturn(act) {
    this.#returns.add(act);
    return () => this.#returns.delete(act);
  }

  #leave(topic, listener) {
    const listeners = this.#listeners.get(topic);
    listeners?.delete(listener);
    if (listeners?.size === 0) {
      this.#listeners.delete(topic);
      this.#changed();
    }
  }

  /** Say what is wanted, once for all that changes in one turn. */
  #changed() {
    if (this.#isChanged) return;
    this.#isChanged = true;
    queueMicrotask(() => {
      this.#isChanged = false;
      // What is left and followed again in one turn, from tab to tab, is there at once.
      for (const topic of this.#last.keys()) if (!this.#listeners.has(topic)) this.#last.delete(topic);
      if (this.#connection?.isOpen) this.#subscribe();
    });
  }

  #subscribe() {
    this.#connection.send(JSON.stringify({ subscribe: [...this.#listeners.keys()] }));
  }

  #tell({ topic, data, error }) {
    const listeners = this.#listeners.get(topic);
    if (!listeners) return;
    if (data !== undefined) this.#last.set(topic, data);
    for (const listener of [...listeners]) {
      if (data === undefined) listener.onProblem(error ?? {});
      else listener.onData(data);
    }
  }
}
