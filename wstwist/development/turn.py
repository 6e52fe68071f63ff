# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a server waits for its turn: its projects are there, but another one still listens.

Whoever starts it passes two pipes. The server writes one byte when it could listen, reads one before it does,
and writes another one when it has stopped. When whoever started it has gone, so must the server.
"""

from __future__ import annotations

import os
import signal
from collections.abc import MutableMapping
from contextlib import suppress
from threading import Thread
from typing import Any

VARIABLE = "WSTWIST_TURN"
"""The environment variable with the descriptors of the pipes, ``READ,WRITE``."""

TAKEN = "WSTWIST_TURN_TAKEN"
"""The environment variable of a server that has its turn, ``PID:READ,WRITE``, for when it begins again."""

GO = b"g"
LOAD = b"l"
READY = b"r"
STOPPED = b"s"


def wait(environment: MutableMapping[str, str], reactor: Any) -> None:
    """Say that this process could listen, and wait until it may; at once where nobody asks for it.

    Args:
        environment: Its variables; that which asks for it is taken out.
        reactor: What it will run on.

    Raises:
        SystemExit: It is not to serve after all.
    """
    this = f"{os.getpid()}:"
    descriptors = environment.pop(VARIABLE, "")
    has_begun_again = environment.get(TAKEN, "").startswith(this)
    if descriptors:
        environment[TAKEN] = f"{this}{descriptors}"
    if descriptors or has_begun_again:
        reading, writing = map(int, environment[TAKEN].removeprefix(this).split(","))
        if not has_begun_again:
            _tell(writing, READY)
            require(reading, GO)
        reactor.addSystemEventTrigger("after", "shutdown", _tell, writing, STOPPED)
        Thread(target=_end_with, args=[reading], name="wstwist end", daemon=True).start()


def _tell(writing: int, word: bytes) -> None:
    with suppress(BrokenPipeError):  # whoever started it has gone: that is noticed elsewhere
        os.write(writing, word)


def require(reading: int, expected: bytes) -> None:
    """Wait for a byte.

    Raises:
        SystemExit: Whoever would write it has gone.
    """
    if os.read(reading, 1) != expected:
        raise SystemExit(0)


def _end_with(reading: int) -> None:
    """End this server when whoever started it has ended."""
    while os.read(reading, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
