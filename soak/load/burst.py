# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients that all come at once; it prints the seconds until each of them has its 101."""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from soak.frames import handshake

_PATIENCE = 15.0


def burst(host: str, port: int, count: int, path: str = "/Echo") -> float:
    """Connect, and give the time.

    Raises:
        TimeoutError: One of them has got no answer.
        ConnectionError: One of them was not let in.
    """
    request = handshake(path)
    clients = [socket.socket() for _ in range(count)]
    waiting = {}
    try:
        with select.epoll() as poll:
            began = time.perf_counter()
            for client in clients:
                client.setblocking(False)
                client.connect_ex((host, port))
                waiting[client.fileno()] = client
                poll.register(client, select.EPOLLOUT)
            while waiting:
                for event in _ready(poll):
                    _go_on(poll, waiting, event, request)
            return time.perf_counter() - began
    finally:
        for client in clients:
            client.close()


def _ready(poll: select.epoll) -> list[tuple[int, int]]:
    events = poll.poll(_PATIENCE)
    if not events:
        raise TimeoutError("a client has got no answer")
    return events


def _go_on(
    poll: select.epoll, waiting: dict[int, socket.socket], event: tuple[int, int], request: bytes
) -> None:
    number, kind = event
    if kind & select.EPOLLOUT:
        waiting[number].send(request)
        poll.modify(number, select.EPOLLIN)
        return
    answer = waiting.pop(number).recv(65536)
    poll.unregister(number)
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"a client was not let in: {answer!r}")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(burst(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
