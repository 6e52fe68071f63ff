# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WLanguage's sockets: connections to WebSocket servers, under names that a program gives them.

A context has sockets of its own, which are closed when it ends; so has a script. `fr` and `en` have these
functions under their names; ``called`` is that name, for errors.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from wstwist import blocking, durations
from wstwist.connection.address import parse_url
from wstwist.exceptions import ConnectError, ConnectionClosed, WstwistError
from wstwist.wlanguage.place import calling_context
from wstwist.wlanguage.telling import Callback, Teller

Wait = int | str | timedelta
"""A time: hundredths of a second, a text such as ``"5 s"``, or a timedelta."""

Protocols = str | Iterable[str]
"""Sub-protocols: a list of names, or one text with commas between them."""

OPENING, MESSAGE, CLOSING, ERROR = range(1, 5)
"""What happens to a socket that has a callback."""

TLS1_2, TLS1_3 = 16, 32
"""SSL options: which versions may be spoken. Those before TLS 1.2 are not spoken here."""

LEAST_WAIT = 100
"""Hundredths of a second that `read` waits where it is told not to wait for ever, and not how long."""

_HUNDREDTHS = 100
_OLD_TLS = TLS1_2 - 1


class Socket:
    """A connection under a name.

    Args:
        connection: The connection.
        is_told: Whether its messages go to a callback.
    """

    def __init__(self, connection: blocking.Connection, *, is_told: bool) -> None:
        """Begin with nothing read."""
        self.connection = connection
        self.is_told = is_told
        self._next: str | bytes | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it is open, there are messages that are not read yet, or its end is still to be told."""
        if self.is_told:
            return True
        if not self.connection.is_open and self._next is None:
            with suppress(ConnectionClosed):
                self._next = self.connection.receive()
        return self.connection.is_open or self._next is not None

    def read(self, seconds: float | None, most: int | None) -> str | bytes:
        """Give the next message, or as much of it as is wanted; what is left of it comes next."""
        message, self._next = self._next, None
        if message is None:
            message = self.connection.receive(timeout=seconds)
        part = message if most is None else _first(message, most)
        if len(part) < len(message):
            self._next = message[len(part) :]
        return part


class Sockets:
    """The sockets of a context, or of a script.

    Attributes:
        error: What went wrong last, as text.
        is_closed: Whether the context has ended.
        opening: Names for which a connection is being made.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.error = ""
        self.is_closed = False
        self.opening: set[str] = set()
        self._lock = threading.Lock()
        self._sockets: dict[str, Socket] = {}

    def add(self, name: str, socket: Socket) -> None:
        """Keep a socket under a name; one that has it already is closed."""
        with self._lock:
            is_late, before = self.is_closed, self._sockets.get(name)
            self._sockets[name] = socket
        if before is not None:
            before.connection.close()
        if is_late:
            self.close()

    def find(self, name: str) -> Socket | None:
        """Give the socket of this name."""
        return self._sockets.get(name)

    def remove(self, name: str, socket: Socket) -> None:
        """Forget a socket, unless its name has been given to another one meanwhile."""
        with self._lock:
            if self._sockets.get(name) is socket:
                del self._sockets[name]

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            self.is_closed = True
            sockets, self._sockets = list(self._sockets.values()), {}
        for socket in sockets:
            socket.connection.close()


_of_script = Sockets()


def connect(called: str, secure: bool, name: str, args: tuple[Any, ...]) -> bool:
    """Connect to a host, and tell whether that worked; with a callback: begin to.

    Args:
        called: The function's name.
        secure: Whether by TLS.
        name: The socket's name.
        args: A callback, if any; the host's address, then, each optional, the port, the path, sub-protocols,
            where it is secure an SSL option, and the longest time to wait.
    """
    callback, args = (args[0], args[1:]) if args and callable(args[0]) else (None, args)
    names = ("port", "path", "protocols", *(["SSL option"] if secure else []), "maximum wait")
    if not args or not isinstance(args[0], str) or len(args) > 1 + len(names):
        raise TypeError(f"{called}: after the socket's name come the server's address, {', '.join(names)}")
    given = dict(zip(names, args[1:], strict=False))
    _check_tls(called, given.get("SSL option"))
    url = _url(called, secure, args[0], given.get("port"), given.get("path") or "")
    options: dict[str, Any] = {"protocols": _protocols(called, given.get("protocols"))}
    if given.get("maximum wait"):
        options["connect_timeout"] = _seconds(called, given["maximum wait"])
    return _open(called, name, url, callback, options)


def connect_url(called: str, name: str, url: str, callback: Callback | None) -> bool:
    """Connect to a URL, and tell whether that worked; with a callback: begin to."""
    if callback is not None and not callable(callback):
        raise TypeError(f"{called}: the callback is a procedure, not {callback!r}")
    return _open(called, name, url, callback, {})


def write(called: str, name: str, message: str | bytes) -> bool:
    """Send a message, and tell whether it left."""
    sockets = _sockets(called)
    socket = _find(sockets, called, name)
    if socket is None:
        return False
    try:
        socket.connection.send(message)
    except WstwistError as error:
        sockets.error = f"{called}: {name}: {error}"
        return False
    return True


def read(called: str, name: str, wait: bool, longest: Wait | None, most: int | None) -> str | bytes:
    """Give the next message, or as much of it as is wanted; "" if none comes.

    Args:
        called: The function's name.
        name: The socket's name.
        wait: Whether to wait until there is one.
        longest: How long to wait if not.
        most: How many bytes to give at most.
    """
    sockets = _sockets(called)
    socket = _find(sockets, called, name)
    seconds = None if wait else _seconds(called, LEAST_WAIT if longest is None else longest)
    if most is not None and (type(most) is not int or most <= 0):
        raise ValueError(f"{called}: the maximum of bytes is a number above 0, not {most!r}")
    if socket is None:
        return ""
    if socket.is_told:
        raise RuntimeError(f"{called}: the messages of {name} go to its callback")
    try:
        return socket.read(seconds, most)
    except TimeoutError:
        return ""
    except ConnectionClosed as error:
        sockets.error = f"{called}: {name}: {error}"
        sockets.remove(name, socket)
        socket.connection.close()
        return ""


def close(called: str, name: str) -> bool:
    """Close a socket, and tell whether there was one."""
    sockets = _sockets(called)
    socket = _find(sockets, called, name)
    if socket is None:
        return False
    if not socket.is_told:
        sockets.remove(name, socket)
    socket.connection.close()
    return True


def exists(called: str, name: str) -> bool:
    """Tell whether a socket of this name is open or opens, or has messages that are not read yet."""
    sockets = _sockets(called)
    socket = sockets.find(name)
    return name in sockets.opening or (socket is not None and socket.is_alive)


def last_error(called: str) -> str:
    """Say what went wrong last in this context, or script; "" if nothing did."""
    return _sockets(called).error


# How it is done.


def _sockets(called: str) -> Sockets:
    context = calling_context(called, "connection = await wstwist.connect(url), and its methods")
    return _of_script if context is None else cast("Sockets", context.belonging(Sockets))


def _find(sockets: Sockets, called: str, name: str) -> Socket | None:
    socket = sockets.find(name)
    if socket is None:
        sockets.error = f"{called}: there is no socket {name!r}; mind capitals"
    return socket


def _open(called: str, name: str, url: str, callback: Callback | None, options: dict[str, Any]) -> bool:
    """Connect; with a callback in a thread of the socket's own, which then tells it what happens."""
    if not isinstance(name, str) or not name:
        raise TypeError(f"{called}: the socket's name is a text, not {name!r}")
    sockets = _sockets(called)
    if callback is None:
        return _connect_now(sockets, called, name, url, options)
    try:
        parse_url(url)
    except ConnectError as error:
        sockets.error = f"{called}: {error}"
        return False
    teller = Teller(callback, calling_context(called, ""), sockets)
    thread = threading.Thread(
        target=_talk, args=(teller, sockets, called, name, url, options), name=f"socket {name}", daemon=True
    )
    sockets.opening.add(name)
    thread.start()
    return True


def _connect_now(sockets: Sockets, called: str, name: str, url: str, options: dict[str, Any]) -> bool:
    try:
        connection = blocking.connect(url, **options)
    except ConnectError as error:
        sockets.error = f"{called}: {error}"
        return False
    sockets.add(name, Socket(connection, is_told=False))
    return True


def _talk(
    teller: Teller, sockets: Sockets, called: str, name: str, url: str, options: dict[str, Any]
) -> None:
    """Connect, and tell a callback everything, one after another, until the end."""
    try:
        connection = blocking.connect(url, **options)
    except ConnectError as error:
        sockets.error = f"{called}: {error}"
        sockets.opening.discard(name)
        teller.tell(ERROR, str(error))
        return
    socket = Socket(connection, is_told=True)
    sockets.add(name, socket)
    sockets.opening.discard(name)
    teller.tell(OPENING, "")
    try:
        while True:
            teller.tell(MESSAGE, connection.receive())
    except ConnectionClosed as end:
        connection.close()
        teller.tell(CLOSING, end.reason)
        sockets.remove(name, socket)


def _url(called: str, secure: bool, address: str, port: object, path: object) -> str:
    """Put a URL together."""
    if port is not None and (type(port) is not int or not 0 < port < 1 << 16):
        raise TypeError(f"{called}: the port is a number from 1 to 65535, not {port!r}")
    if not isinstance(path, str):
        raise TypeError(f"{called}: the path is a text, not {path!r}")
    host = f"[{address}]" if address.count(":") > 1 and not address.startswith("[") else address
    where = host if port is None else f"{host}:{port}"
    return f"{'wss' if secure else 'ws'}://{where}/{path.removeprefix('/')}"


def _protocols(called: str, protocols: object) -> list[str]:
    """Give the sub-protocols one by one."""
    if not protocols:
        return []
    if isinstance(protocols, str):
        return [name.strip() for name in protocols.split(",") if name.strip()]
    if not isinstance(protocols, Iterable):
        raise TypeError(f"{called}: protocols are a list of names, or a text with commas, not {protocols!r}")
    return list(protocols)


def _check_tls(called: str, option: object) -> None:
    """Refuse to speak what is broken."""
    if option is None or option == 0:
        return
    if type(option) is not int or not option & (TLS1_2 | TLS1_3):
        raise ValueError(f"{called}: the SSL option is TLS 1.2, TLS 1.3 or both: no other is safe")


def _seconds(called: str, wait: Wait) -> float:
    """Turn a time into seconds."""
    try:
        if type(wait) is int:
            return durations.seconds(wait / _HUNDREDTHS)
        return durations.seconds(wait)
    except ValueError as error:
        raise ValueError(f"{called}: the maximum wait: {error}, or hundredths of a second") from None


def _first(message: str | bytes, most: int) -> str | bytes:
    """Give as much of a message as its first bytes hold; of a text whole characters, and one at least."""
    if isinstance(message, bytes):
        return message[:most]
    return message.encode("utf-8")[:most].decode("utf-8", "ignore") or message[:1]
