# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Autobahn's logging, turned down: what a peer does wrong is nothing that an operator has to read."""

from __future__ import annotations

from twisted.logger import Logger


class QuietLogger:
    """Takes the place of Autobahn's logger: warnings become debug events, debug lines nothing at all."""

    def __init__(self, namespace: str) -> None:
        """Log under this namespace."""
        self._log = Logger(namespace)

    def debug(self, *_args: object, **_fields: object) -> None:
        """Drop it: Autobahn formats several of them for each frame."""

    trace = debug

    def info(self, text: str, **fields: object) -> None:
        """Log it as a debug event."""
        self._log.debug(text, **fields)

    warn = error = critical = failure = info
