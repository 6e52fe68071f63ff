# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Autobahn's logging, turned off."""

from __future__ import annotations


class QuietLogger:
    """Takes the place of Autobahn's logger, and drops what it is given.

    What a peer does wrong is nothing that an operator has to read, and twistd writes debug events, too: any
    peer could fill the disk.
    """

    def debug(self, *_args: object, **_fields: object) -> None:
        """Drop it."""

    trace = info = warn = error = critical = failure = debug
