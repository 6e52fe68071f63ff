# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A client that writes down what it is sent, with the time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 10.0


class Witness:
    """A client in a thread of its own; it does not connect again by itself.

    Args:
        url: Where it connects.
        told: Called with the time and what has come, in that thread.
    """

    def __init__(self, url: str, told: Callable[[float, Any], None]) -> None:
        """Connect.

        Raises:
            OSError: Nobody is there.
        """
        self._told = told
        self._socket: ClientConnection = connect(
            url, compression=None, proxy=None, open_timeout=_PATIENCE, ping_interval=None, close_timeout=0.1
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def is_connected(self) -> bool:
        """Whether the connection has not ended."""
        return self._thread.is_alive()

    def send(self, message: Any) -> bool:
        """Send something, and tell whether it could be."""
        try:
            self._socket.send(json.dumps(message))
        except (OSError, WebSocketException):
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError, WebSocketException):
            self._socket.close()
        self._thread.join(_PATIENCE)

    def _read(self) -> None:
        with suppress(OSError, WebSocketException):
            for message in self._socket:
                self._told(time.monotonic(), json.loads(message))
