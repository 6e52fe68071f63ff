# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One healthy client: how long does an echo take it while others do what they do?

It echoes until its standard input ends, and prints the times in seconds. It needs the standard library only,
so that it is there quickly.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from soak.frames import Reader, handshake, text

_PATIENCE = 30.0


def connect(host: str, port: int, path: str) -> socket.socket:
    """Connect, and shake hands."""
    client = socket.create_connection((host, port), timeout=_PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(handshake(path))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1) or b"\r\n\r\n"
    if not answer.startswith(b"HTTP/1.1 101 "):
        sys.exit(f"the healthy client was not let in: {answer!r}")
    return client


def echo(client: socket.socket, reader: Reader, number: int) -> float:
    """Send a message, wait until it comes back, and give the time; pings of the server are answered."""
    message = text(f"{number:08}" + "." * 56)
    began = time.perf_counter()
    client.sendall(message)
    while True:
        data = client.recv(65536)
        if not data:
            sys.exit("the healthy client was thrown out")
        for opcode, payload in reader.feed(data):
            if opcode == 9:  # noqa: PLR2004 - a ping
                client.sendall(bytes((0x8A, 0x80 | len(payload))) + bytes(4) + payload)
            elif int(payload[:8]) == number:
                return time.perf_counter() - began


def main(host: str, port: str, path: str, pause: str) -> None:
    """Echo until standard input ends."""
    client, reader, times = connect(host, int(port), path), Reader(), []
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    is_over = False
    while not is_over:
        times.append(echo(client, reader, len(times)))
        is_over = bool(select.select([sys.stdin], [], [], float(pause))[0])
    sys.stdout.write(json.dumps(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
