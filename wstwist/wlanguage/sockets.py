# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WLanguage's sockets: connections to WebSocket servers, under names that a program gives them.

A context has sockets of its own, which are closed when it ends; so has a script. `fr` and `en` have these
functions under their names; ``called`` is that name, for errors.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any, cast

from wstwist import blocking
from wstwist.connection.address import parse_url
from wstwist.connection.blocking.tls import Versions
from wstwist.connection.options import Options
from wstwist.durations import describe
from wstwist.exceptions import ConnectError, ConnectionClosed, ReceiveTimeout, WstwistError
from wstwist.wlanguage import arguments
from wstwist.wlanguage.arguments import Wait
from wstwist.wlanguage.kept import Opening, Socket, Sockets
from wstwist.wlanguage.place import calling_context, renamed
from wstwist.wlanguage.telling import CLOSING, ERROR, MESSAGE, OPENING, Callback, Teller, callback_of

LEAST_WAIT = 1.0
"""Seconds that `read` waits where it is told neither to wait for ever nor how long."""

_LOOK = 1.0  # seconds after which whoever waits for a message looks whether the client has gone

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
    callback, args = _split(called, args)
    names = ("port", "path", "protocols", *(["SSL option"] if secure else []), "maximum wait")
    if not args or not isinstance(args[0], str) or len(args) > 1 + len(names):
        raise TypeError(f"{called}: after the socket's name come the server's address, {', '.join(names)}")
    given = dict(zip(names, args[1:], strict=False))
    versions = arguments.versions_of(called, given.get("SSL option"))
    url = arguments.url_of(called, secure, args[0], given.get("port"), given.get("path") or "")
    options: dict[str, Any] = {"protocols": arguments.protocols_of(called, given.get("protocols"))}
    longest = arguments.seconds_of(called, given.get("maximum wait") or 0)
    if longest:
        options["connect_timeout"] = longest
    return _open(called, name, url, callback, options, versions)


def connect_url(called: str, name: str, url: str, callback: Callback | str | None) -> bool:
    """Connect to a URL, and tell whether that worked; with a callback: begin to."""
    if callback is not None:
        callback = callback_of(called, callback, _context(called))
    return _open(called, name, url, callback, {}, None)


def write(called: str, name: str, message: str | bytes) -> bool:
    """Send a message, and tell whether it left."""
    sockets = _sockets(called)
    socket = _find(sockets, called, name)
    if socket is None:
        return False
    try:
        socket.connection.send(message)
    except WstwistError as error:
        sockets.error = f"{called}: {name!r}: {error}"
        return False
    except (TypeError, ValueError) as error:
        raise renamed(called, error) from None
    return True


def read(called: str, name: str, wait: bool, longest: Wait | None, most: int | None) -> str | bytes:
    """Give the next message, or as much of it as is wanted; "" if none comes.

    Args:
        called: The function's name.
        name: The socket's name.
        wait: Whether to wait until there is one.
        longest: How long to wait if not; 0: not at all.
        most: How many bytes to give at most.
    """
    sockets = _sockets(called)
    seconds = LEAST_WAIT if longest is None else arguments.seconds_of(called, longest)
    until_one_comes = arguments.flag_of(called, wait)
    arguments.most_of(called, most)
    socket = _find(sockets, called, name)
    opening = sockets.opening(name)
    if socket.is_told if socket is not None else opening is not None and opening.teller is not None:
        raise RuntimeError(f"{called}: the messages of {name!r} go to its callback")
    if socket is None:
        return ""
    try:
        return _next(socket, _context(called), None if until_one_comes else seconds, most)
    except ReceiveTimeout as error:
        sockets.error = f"{called}: {name!r}: {error}"
    except ConnectionClosed as error:
        sockets.error = f"{called}: {name!r}: {error}"
        sockets.remove(name, socket, f": {error}")
        socket.connection.close()
    return ""


def close(called: str, name: str) -> bool:
    """Close a socket, or give it up that is still being opened, and tell whether there was one."""
    sockets = _sockets(called)
    was_opening = sockets.give_up(arguments.name_of(called, name))
    socket = sockets.find(name)
    if socket is None:
        if not was_opening:
            _find(sockets, called, name)
        return was_opening
    if not socket.is_told:
        sockets.remove(name, socket, " has been closed")
    socket.connection.close()
    return True


def exists(called: str, name: str) -> bool:
    """Tell whether a socket of this name is open or opens, or has messages that are not read yet."""
    sockets = _sockets(called)
    socket = sockets.find(arguments.name_of(called, name))
    return sockets.opening(name) is not None or (socket is not None and socket.is_alive)


def last_error(called: str) -> str:
    """Say what went wrong last in this context, or script; "" if nothing did."""
    return _sockets(called).error


# How it is done.


def _context(called: str) -> Any:
    return calling_context(called, "connection = await wstwist.connect(url), and its methods")


def _sockets(called: str) -> Sockets:
    context = _context(called)
    return _of_script if context is None else cast("Sockets", context.belonging(Sockets))


def _find(sockets: Sockets, called: str, name: str) -> Socket | None:
    socket = sockets.find(arguments.name_of(called, name))
    if socket is None:
        sockets.error = f"{called}: {sockets.absence(name)}"
    return socket


def _split(called: str, args: tuple[Any, ...]) -> tuple[Callback | None, tuple[Any, ...]]:
    """Take a callback off the arguments; a text is its name where another text follows that is no port."""
    is_named = isinstance(args[0], str) and isinstance(args[1], str) if len(args) > 1 else False
    if is_named and not args[1].isdecimal():
        return callback_of(called, args[0], _context(called), before=args[1]), args[1:]
    if args and callable(args[0]):
        return callback_of(called, args[0], _context(called)), args[1:]
    return None, args


def _open(
    called: str,
    name: str,
    url: str,
    callback: Callback | None,
    given: dict[str, Any],
    versions: Versions | None,
) -> bool:
    """Connect; with a callback in a thread of the socket's own, which then tells it what happens."""
    if not isinstance(name, str) or not name:
        raise TypeError(f"{called}: the socket's name is a text, not {name!r}")
    sockets = _sockets(called)
    try:
        parse_url(url)
        options = Options.checked(given)
    except ConnectError as error:
        sockets.error = f"{called}: {error}"
        return False
    except (TypeError, ValueError) as error:
        raise renamed(called, error) from None
    teller = None if callback is None else Teller(callback, _context(called), sockets, name)
    attempt = _Attempt(called, sockets, Opening(name, teller), url, options, versions)
    return attempt.make() if teller is None else attempt.make_and_tell(teller)


class _Attempt:
    """An attempt to connect, and what becomes of it."""

    def __init__(
        self,
        called: str,
        sockets: Sockets,
        opening: Opening,
        url: str,
        options: Options,
        versions: Versions | None,
    ) -> None:
        self._called = called
        self._sockets = sockets
        self._opening = opening
        self._url = url
        self._options = options
        self._versions = versions
        sockets.begin(opening)

    def make(self) -> bool:
        """Make the connection, and tell whether that worked."""
        try:
            socket = self._socket()
        except ConnectError as error:
            self._sockets.failed(self._opening)
            self._sockets.error = f"{self._called}: {error}"
            return False
        except BaseException:
            self._sockets.failed(self._opening)
            raise
        if socket is None:
            self._sockets.error = f"{self._called}: {self._opening.name!r}: {self._opening.given_up}"
        return socket is not None

    def make_and_tell(self, teller: Teller) -> bool:
        """Do so in a thread, which tells the callback."""
        name = self._opening.name
        try:
            threading.Thread(target=self._talk, args=(teller,), name=f"socket {name}", daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads
            self._sockets.failed(self._opening)
            self._sockets.error = f"{self._called}: {name!r}: {error}"
            return False
        return True

    def _socket(self) -> Socket | None:
        """Connect; None: meanwhile somebody else has the name, or it was closed."""
        connection = blocking.connect_as(self._url, self._options, self._versions)
        socket = Socket(connection, is_told=self._opening.teller is not None)
        if self._sockets.opened(self._opening, socket):
            return socket
        connection.close()
        return None

    def _talk(self, teller: Teller) -> None:
        """Connect, and tell a callback everything, one after another, until the end."""
        try:
            socket = self._socket()
        except Exception as error:  # noqa: BLE001 - whatever it is, the callback is who hears of it
            self._sockets.error = f"{self._called}: {error}"
            if self._sockets.failed(self._opening):
                teller.tell(ERROR, str(error))
            return
        if socket is not None:
            self._tell_all(teller, socket)

    def _tell_all(self, teller: Teller, socket: Socket) -> None:
        name = self._opening.name
        teller.tell(OPENING, "")
        try:
            while True:
                teller.tell(MESSAGE, socket.connection.receive())
        except ConnectionClosed as end:
            socket.connection.close()
            self._sockets.error = f"{self._called}: {name!r}: {end}"
            teller.tell(CLOSING, end.reason)
            self._sockets.remove(name, socket, f": {end}")


def _next(socket: Socket, context: Any, seconds: float | None, most: int | None) -> str | bytes:
    """Wait for a message; None is no end, but for that of the context's client.

    Raises:
        ReceiveTimeout: None has come in time, or the client goes while it is waited for.
        ConnectionClosed: None comes any more.
    """
    has_gone = context is not None and context.is_gone
    if seconds is None and has_gone:
        seconds = LEAST_WAIT
    end = None if seconds is None else monotonic() + seconds
    while True:
        left = _LOOK if end is None else min(_LOOK, end - monotonic())
        try:
            return socket.read(max(0.0, left), most)
        except ReceiveTimeout:
            if end is not None and monotonic() >= end:
                within = f"no message within {describe(seconds)}" if seconds else "there is no message"
                raise ReceiveTimeout(within) from None
            if context is not None and context.is_gone and not has_gone:
                raise ReceiveTimeout("no message has come, and the client has gone") from None
