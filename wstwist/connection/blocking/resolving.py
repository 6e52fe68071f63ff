# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Looking up a host's addresses, for no longer than one has time."""

from __future__ import annotations

import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any

Found = list[tuple[Any, Any, int, str, Any]]
"""What `socket.getaddrinfo` gives."""


def resolve(host: str, port: int, seconds: float) -> Found:
    """Look up the addresses of a host.

    The system's resolver cannot be interrupted. It is asked in a thread of its own, for which nobody waits
    once the time is up; it ends when the resolver gives up.

    Raises:
        OSError: There is none.
        UnicodeError: The name cannot be one.
        TimeoutError: The time is up.
    """
    try:
        return _ask(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        return _ask_in_thread(host, port, seconds)


def _ask(host: str, port: int, flags: int = 0) -> Found:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)


def _ask_in_thread(host: str, port: int, seconds: float) -> Found:
    answer: Future[Found] = Future()

    def ask() -> None:
        try:
            answer.set_result(_ask(host, port))
        except BaseException as error:  # noqa: BLE001 - it goes to whoever waits
            answer.set_exception(error)

    thread = Thread(target=ask, name=f"wstwist-resolve-{host}", daemon=True)
    thread.start()
    try:
        found = answer.result(seconds)
    finally:
        if answer.done():
            thread.join()
    return found
