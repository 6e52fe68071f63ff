# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Waiting for sockets, any number of which a process may have."""

from __future__ import annotations

import selectors
import socket

# It needs no file descriptor of its own, and knows no largest one; Windows has only the other.
Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Poller:
    """Waits for a socket, and for a second one with which others wake it.

    Args:
        plain: The socket.
        woken: What becomes readable when the wait is to end early.
    """

    def __init__(self, plain: socket.socket, woken: socket.socket | None = None) -> None:
        """Wait for nothing yet."""
        self._selector = Selector()
        self._socket = plain
        self._events = 0
        if woken is not None:
            self._selector.register(woken, selectors.EVENT_READ)

    def wait(self, seconds: float | None, *, to_read: bool, to_write: bool) -> bool:
        """Wait, and tell whether anything has happened within the time; None is no end."""
        self._watch(to_read * selectors.EVENT_READ | to_write * selectors.EVENT_WRITE)
        return bool(self._selector.select(seconds))

    def close(self) -> None:
        """Let the sockets go."""
        self._selector.close()

    def _watch(self, events: int) -> None:
        if events != self._events:
            if self._events:
                self._selector.unregister(self._socket)
            if events:
                self._selector.register(self._socket, events)
            self._events = events


def wait_for(plain: socket.socket, seconds: float, *, to_write: bool) -> bool:
    """Wait until a socket can be read, or written; False: not within the time."""
    poller = Poller(plain)
    try:
        return poller.wait(seconds, to_read=True, to_write=to_write)
    finally:
        poller.close()
