// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The life of what is shown: what it follows and repeats ends with it.

export class Scope {
  #ends = [];
  #live;

  /** @param {import("./live.js").Live} live */
  constructor(live) {
    this.#live = live;
  }

  get isOver() {
    return this.#ends === null;
  }

  /** Have something done at the end; at once, where it is over. */
  onEnd(act) {
    if (this.isOver) act();
    else this.#ends.push(act);
  }

  /** Follow a topic until the end; what it returns stops it before. */
  follow(topic, onData, onProblem) {
    const stop = this.#live.follow(topic, onData, onProblem);
    this.onEnd(stop);
    return stop;
  }

  /** Have something done, until the end, whenever the connection is there again. */
  onReturn(act) {
    this.onEnd(this.#live.onReturn(act));
  }

  /** Do something now and again and again, but not while nobody looks. */
  every(seconds, act) {
    const turn = () => document.hidden || act();
    const timer = setInterval(turn, seconds * 1000);
    document.addEventListener("visibilitychange", turn);
    this.onEnd(() => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", turn);
    });
    act();
  }

  /** Make a scope that ends with this one, or before. */
  inner() {
    const scope = new Scope(this.#live);
    this.onEnd(() => scope.end());
    return scope;
  }

  end() {
    const ends = this.#ends ?? [];
    this.#ends = null;
    for (const act of ends.reverse()) act();
  }
}
