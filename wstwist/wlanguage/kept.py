# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The sockets of a context, or of a script, under their names: those that are open, and those that open."""

from __future__ import annotations

import threading
from contextlib import suppress

from wstwist import blocking
from wstwist.exceptions import ConnectionClosed
from wstwist.wlanguage.telling import CLOSING, Teller

ENDS = 100
"""Names of sockets of which is kept how they have ended."""


class Opening:
    """An attempt to make a connection under a name.

    Args:
        name: The name.
        teller: Tells the callback; None: whoever connects waits.

    Attributes:
        name: As above.
        teller: As above.
        given_up: Why it counts no longer; "" while it does.
    """

    def __init__(self, name: str, teller: Teller | None) -> None:
        """Begin."""
        self.name = name
        self.teller = teller
        self.given_up = ""

    def give_up(self, why: str) -> None:
        """Have it count no longer. It goes on, as a name that is being looked up does, but for nobody."""
        self.given_up = why
        if self.teller is not None:
            threading.Thread(target=self.teller.tell, args=(CLOSING, why), daemon=True).start()


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

    def read(self, seconds: float, most: int | None) -> str | bytes:
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
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.error = ""
        self.is_closed = False
        self._lock = threading.Lock()
        self._openings: dict[str, Opening] = {}
        self._sockets: dict[str, Socket] = {}
        self._ends: dict[str, str] = {}

    # Those that open. Of several under one name the last one counts.

    def begin(self, opening: Opening) -> None:
        """Have an attempt count; an older one under its name does so no longer."""
        with self._lock:
            before = self._openings.get(opening.name)
            self._openings[opening.name] = opening
        if before is not None:
            before.give_up("its name was given to another connection")

    def failed(self, opening: Opening) -> bool:
        """Forget an attempt that has failed, and tell whether it has counted."""
        with self._lock:
            counts = self._openings.get(opening.name) is opening
            if counts:
                del self._openings[opening.name]
        return counts

    def opened(self, opening: Opening, socket: Socket) -> bool:
        """Keep the socket that an attempt has made, and close the one before; False: it does not count."""
        with self._lock:
            if self.is_closed or self._openings.get(opening.name) is not opening:
                return False
            del self._openings[opening.name]
            before = self._sockets.get(opening.name)
            self._sockets[opening.name] = socket
            self._ends.pop(opening.name, None)
        if before is not None:
            before.connection.close()
        return True

    def opening(self, name: str) -> Opening | None:
        """Give the attempt under a name."""
        return self._openings.get(name)

    def give_up(self, name: str) -> bool:
        """Give the attempt under a name up, and tell whether there was one."""
        with self._lock:
            opening = self._openings.pop(name, None)
        if opening is not None:
            self._ended(name, " was closed before it was open")
            opening.give_up("it was closed before it was open")
        return opening is not None

    # Those that are open.

    def find(self, name: str) -> Socket | None:
        """Give the socket of this name."""
        return self._sockets.get(name)

    def remove(self, name: str, socket: Socket, how: str) -> None:
        """Forget a socket, but not how it has ended, unless its name was given to another one meanwhile."""
        with self._lock:
            if self._sockets.get(name) is socket:
                del self._sockets[name]
                self._ended(name, how)

    def absence(self, name: str) -> str:
        """Say why there is no socket of this name."""
        if name in self._openings:
            return f"{name!r} is still being opened"
        if name in self._ends:
            return f"{name!r}{self._ends[name]}"
        return f"there is no socket {name!r}; mind capitals"

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            self.is_closed = True
            sockets, self._sockets = list(self._sockets.values()), {}
            self._openings.clear()
        for socket in sockets:
            socket.connection.close()

    def _ended(self, name: str, how: str) -> None:
        self._ends.pop(name, None)
        self._ends[name] = how
        if len(self._ends) > ENDS:
            del self._ends[next(iter(self._ends))]


def _first(message: str | bytes, most: int) -> str | bytes:
    """Give as much of a message as its first bytes hold; of a text whole characters, and one at least."""
    if isinstance(message, bytes):
        return message[:most]
    return message.encode("utf-8")[:most].decode("utf-8", "ignore") or message[:1]
