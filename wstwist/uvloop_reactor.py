# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N803 - the names are Twisted's
"""Twisted's asyncio reactor, as it has to be on uvloop."""

from __future__ import annotations

import asyncio
import signal
import socket
from importlib import import_module
from typing import Any

from twisted.internet import main, process
from twisted.internet.asyncioreactor import AsyncioSelectorReactor


class UvloopReactor(AsyncioSelectorReactor):
    """Learns of the end of child processes, and of connections that were reset.

    When a peer resets a connection uvloop lets it be read once more, and then watches it no longer, without a
    word, and raises where it is to be watched for something else. Where that one read still found data, the
    asyncio reactor would wait for the connection's end for ever (https://github.com/MagicStack/uvloop/issues/552).
    """

    def startRunning(self, installSignalHandlers: bool = True) -> None:
        """Begin to run, and have the ends of child processes noticed.

        uvloop takes the wake-up of signals for itself, and Twisted's watch over SIGCHLD learns of nothing.
        """
        super().startRunning(installSignalHandlers)
        if installSignalHandlers:
            signal.signal(signal.SIGCHLD, self._child_ended)

    def _child_ended(self, *_: object) -> None:
        self.callFromThread(process.reapAllProcesses)  # type: ignore[no-untyped-call] # Twisted has no types here

    def _readOrWrite(self, selectable: Any, read: bool) -> None:
        """Let a selectable read or write; one that was reset is watched anew."""
        AsyncioSelectorReactor._readOrWrite(self, selectable, read)
        if read and selectable in self._readers and _is_reset(selectable):
            AsyncioSelectorReactor.callLater(self, 0, self._watch_anew, selectable)

    def addReader(self, reader: Any) -> None:
        """Watch for what can be read."""
        try:
            AsyncioSelectorReactor.addReader(self, reader)
        except RuntimeError:
            self._watch_anew(reader)
            AsyncioSelectorReactor.addReader(self, reader)

    def addWriter(self, writer: Any) -> None:
        """Watch for when it can be written to."""
        try:
            AsyncioSelectorReactor.addWriter(self, writer)
        except RuntimeError:
            self._watch_anew(writer)
            AsyncioSelectorReactor.addWriter(self, writer)

    def _watch_anew(self, selectable: Any) -> None:
        """Have uvloop forget a watch that is dead, and begin a new one for the same."""
        number = selectable.fileno()
        if number == -1:
            return
        self._asyncioEventloop.remove_reader(number)
        self._asyncioEventloop.remove_writer(number)
        if self._readers.pop(selectable, None) is not None:
            AsyncioSelectorReactor.addReader(self, selectable)
        if self._writers.pop(selectable, None) is not None:
            AsyncioSelectorReactor.addWriter(self, selectable)


def install(loop: asyncio.AbstractEventLoop | None = None) -> None:
    """Install the reactor, as ``twistd --reactor=uvloop`` does.

    Args:
        loop: The event loop; None: a new one of uvloop's.

    Raises:
        SystemExit: uvloop is not installed. (Of any other error twistd would print all of its help first.)
    """
    if loop is None:
        try:
            loop = import_module("uvloop").new_event_loop()
        except ImportError:
            raise SystemExit("wstwist: --reactor=uvloop needs uvloop: pip install wstwist[fast]") from None
    asyncio.set_event_loop(loop)
    main.installReactor(UvloopReactor(loop))


def _is_reset(selectable: Any) -> bool:
    """Tell whether there is an error that was not read yet; that clears it, and the end can be read."""
    connection = getattr(selectable, "socket", None)
    return connection is not None and connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
