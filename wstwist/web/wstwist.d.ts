// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

/** What can be sent: text, or binary. */
export type Message = string | ArrayBuffer | ArrayBufferView | Blob;

/** What comes: text as a string, binary as an ArrayBuffer. */
export type Received = string | ArrayBuffer;

export interface Opening {
  /** How many attempts it took, since the connection was last open. */
  readonly attempt: number;
  /** Whether it was open before. */
  readonly returned: boolean;
}

export interface Closing {
  /** The close code (RFC 6455, section 7.4); 1006 where there was no close frame, or no connection. */
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  /** Whether a further attempt follows; false is told once, at the end. */
  readonly willReconnect: boolean;
  /** Milliseconds until that attempt; it comes sooner where the browser is back on line. */
  readonly delay: number;
  /** How many messages waited, and will never be sent. */
  readonly unsent: number;
}

/** How a connection comes back. The delay before an attempt is random() * min(most, least * 2 ** failures). */
export interface Reconnect {
  /** Milliseconds that the first delay has at most: 500. */
  least?: number;
  /** Milliseconds that any delay has at most: 30,000. */
  most?: number;
  /** Milliseconds that a connection must have been open for the delays to begin anew: 5,000. */
  stable?: number;
  /** How many messages may wait: 1,000. Beyond, `send` throws. */
  queue?: number;
  /** How many bytes they may have: 1 MiB. Beyond, `send` throws. */
  queueBytes?: number;
  /** Gives a number from 0 to 1: Math.random. */
  random?: () => number;
}

export interface Options {
  /** Sub-protocols to offer, in order of preference. */
  protocols?: string | readonly string[];
  /** Whether to connect again when the connection is lost, and how: false. */
  reconnect?: boolean | Reconnect;
  /** Milliseconds that one attempt may take: 15,000. null: as long as the platform lets it. */
  connectTimeout?: number | null;
  /** Milliseconds without a message after which the connection counts as lost: null, no matter how long. */
  silence?: number | null;
  onopen?: ((event: Opening) => void) | null;
  onmessage?: ((event: { data: Received }) => void) | null;
  /** Called for each connection that is lost, and each attempt that fails; once with willReconnect false, at the end. */
  onclose?: ((event: Closing) => void) | null;
  /** The class to use: the platform's. `WebSocket` of the npm package ws will do. */
  WebSocket?: new (url: string, protocols: string[]) => object;
}

/** A connection, which `connect` makes. */
export interface Connection {
  /** The callbacks of the options; they may be set later, too. */
  onopen: Options["onopen"];
  onmessage: Options["onmessage"];
  onclose: Options["onclose"];
  readonly isOpen: boolean;
  /** The sub-protocol that the server has chosen; "" for none, and while there is no connection. */
  readonly protocol: string;
  /** The code with which it has ended for good; null before. */
  readonly closeCode: number | null;
  /** How many messages wait. */
  readonly queued: number;
  /** Send a message; while there is no connection it waits. Throws where too much waits, and after the end. */
  send(message: Message): void;
  /**
   * Close it for good. The code is 1000, or 3000 to 4999; the reason has at most 123 bytes. Before it is open, what
   * was sent still leaves if the attempt succeeds, and onopen is not called.
   */
  close(code?: number, reason?: string): void;
}

/** Where to: ws:, wss:, http: or https:, or relative to the page. */
export type Address = string | URL;

/** Connect to a WebSocket server. A function gives the address anew at each attempt, or promises it. */
export function connect(url: Address | (() => Address | PromiseLike<Address>), options?: Options): Connection;

// WLanguage's sockets.

export const SocketOuverture: 1;
export const SocketMessage: 2;
export const SocketFermeture: 3;
export const SocketErreur: 4;

/** Called with SocketOuverture and "", SocketMessage and a message, SocketFermeture and the reason, or SocketErreur. */
export type SocketCallback = (event: 1 | 2 | 3 | 4, message: Received) => void;

/** Begin to connect to a server, and tell whether that could begin. */
export function SocketConnecte(name: string, url: string | URL, callback?: SocketCallback | null): boolean;
/** Send a message, or have it wait while the connection is being made; tell whether that worked. */
export function SocketEcrit(name: string, message: Message): boolean;
/** Close a socket, and tell whether there was one. */
export function SocketFerme(name: string): boolean;
/** Tell whether there is a socket of this name. */
export function SocketExiste(name: string): boolean;

export const SocketOpening: 1;
export const SocketClosing: 3;
export const SocketError: 4;

/** SocketConnecte's English name. */
export function SocketConnect(name: string, url: string | URL, callback?: SocketCallback | null): boolean;
/** SocketEcrit's English name. */
export function SocketWrite(name: string, message: Message): boolean;
/** SocketFerme's English name. */
export function SocketClose(name: string): boolean;
/** SocketExiste's English name. */
export function SocketExist(name: string): boolean;
