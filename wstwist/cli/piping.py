# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A conversation in a pipe: lines of stdin are messages, and messages are lines of stdout."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, NamedTuple

import click

from wstwist.cli.conversation import Style, document
from wstwist.cli.output import Output
from wstwist.cli.talking import Heard, Talk, check_end
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import ConnectionClosed
from wstwist.printable import printable

_PIECE = 65536
_STDIN = 0
_WAITING = 100  # messages that wait to be written


class _InputEnded(NamedTuple):
    """There are no more lines."""


_Event = Heard | ConnectionClosed | Trouble | _InputEnded


class Piped:
    """A conversation without a person.

    Args:
        talk: The connection.
        style: How messages are written.
        out: Where to.
        wait: Seconds of silence, after the last line, after which no more is waited for.
    """

    def __init__(self, talk: Talk, style: Style, out: Output, wait: float) -> None:
        """Begin with nothing said."""
        self._talk = talk
        self._style = style
        self._out = out
        self._wait = wait
        self._events: Queue[_Event] = Queue(_WAITING)

    def run(self) -> None:
        """Send all lines, and write all messages.

        Raises:
            Trouble: A line is no message, or the connection has ended in another way than a good one.
        """
        for work in (self._listen, self._read):
            threading.Thread(target=work, daemon=True).start()
        closed = self._write()
        is_ours = closed is None
        while closed is None:
            self._talk.connection.close()
            closed = self._write()
        if self._out.as_json:
            told: dict[str, Any] = {"event": "closed", "code": closed.code, "reason": closed.reason}
            self._out.line(told | {"was_clean": closed.was_clean}, "")
        if not is_ours:
            check_end(self._talk.connection.url, closed)

    def _write(self) -> ConnectionClosed | None:
        """Write what comes, until nothing more does; give the end, if the server has made one."""
        timeout: float | None = None
        while True:
            try:
                event = self._events.get(timeout=timeout)
            except Empty:
                return None
            if isinstance(event, Heard):
                self._say(event)
            elif isinstance(event, _InputEnded):
                timeout = None if math.isinf(self._wait) else min(self._wait, threading.TIMEOUT_MAX)
            elif isinstance(event, ConnectionClosed):
                return event
            else:
                raise event

    def _say(self, heard: Heard) -> None:
        if self._out.as_json:
            self._out.line(document(*heard), "")
        else:
            line = self._style.line(*heard)
            if sys.stdout.isatty() and not self._style.is_raw:
                line = printable(line.decode("utf-8", "replace")).encode()
            click.echo(line, nl=False)
            sys.stdout.flush()

    # In threads of their own.

    def _listen(self) -> None:
        try:
            while True:
                self._events.put(self._talk.receive())
        except ConnectionClosed as closed:
            self._events.put(closed)

    def _read(self) -> None:
        end: _Event = _InputEnded()
        try:
            for number, line in enumerate(_lines(), 1):
                try:
                    message = self._style.message(line)
                except ValueError as error:
                    end = Trouble(f"line {number} {error}")
                    break
                self._talk.send(message)
        except ConnectionClosed:
            return  # who listens tells it
        self._events.put(end)


def _lines() -> Iterator[bytes]:
    """Give the lines of stdin as they come.

    Python's own stdin would be locked by the thread that waits for it, also when the process is to end.
    """
    if sys.stdin is None:
        return
    rest = b""
    with suppress(OSError):  # a terminal that has gone
        while piece := os.read(_STDIN, _PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
    if rest:
        yield rest
