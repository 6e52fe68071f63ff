# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A connection that is talked over, by somebody at a terminal or by a pipe."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple

from wstwist.blocking import Connection
from wstwist.cli.conversation import NORMAL_ENDS, Times, meaning
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import ConnectionClosed


class Heard(NamedTuple):
    """A message that came.

    Attributes:
        message: It.
        times: When.
    """

    message: str | bytes
    times: Times


class Talk:
    """Sends and receives, and knows the times of both.

    Args:
        connection: Over what.

    Attributes:
        connection: As given.
    """

    def __init__(self, connection: Connection) -> None:
        """Measure from now on."""
        self.connection = connection
        self._sent_at = time.monotonic()

    def send(self, message: str | bytes) -> None:
        """Send a message."""
        self._sent_at = time.monotonic()
        self.connection.send(message)

    def receive(self) -> Heard:
        """Wait for the next message."""
        message = self.connection.receive()
        return Heard(message, Times(datetime.now().astimezone(), time.monotonic() - self._sent_at))


def check_end(url: str, closed: ConnectionClosed) -> None:
    """Refuse an end that says that something went wrong.

    Raises:
        Trouble: It does.
    """
    if not (closed.was_clean and closed.code in NORMAL_ENDS):
        raise Trouble(f"{url}: the connection has ended with {meaning(closed.code, closed.reason)}")
