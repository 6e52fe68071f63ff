# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Servers for tests of clients: sockets in threads that do what a test says, right or wrong."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import struct
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha1
from ipaddress import IPv6Address
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest import SkipTest, TestCase

import websockets.sync.server

from wstwist.wire.codec import header

PATIENCE = 10.0
"""Seconds after which something that should have happened is given up."""

_NOT_USABLE = 0x48  # IFA_F_DADFAILED and IFA_F_TENTATIVE of Linux

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Talk = Callable[[Any], object]


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something is so; where it is not in time, the test has failed."""
    end = monotonic() + PATIENCE
    while not is_so():
        if monotonic() > end:
            raise AssertionError(f"{what}: not within {PATIENCE:g} s")
        sleep(0.002)


class Server:
    """A server on the loopback that has one function talk to each connection, in a thread.

    Args:
        talk: Called with each connection; it is closed when this returns.
        context: What TLS is spoken with, None for none.
        host: Where it listens.
    """

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._talk = talk
        self._context = context
        family, _, _, _, where = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        self._listener = socket.create_server(where, family=family)
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Server:
        self._start(self._accept)
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a server's thread goes on"
        self._listener.close()
        if self._errors and error is None:
            raise self._errors[0]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Give the URL of a path on this server."""
        return f"{'wss' if self._context else 'ws'}://{host}:{self.port}{path}"

    def _start(self, function: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=function, args=args, name="server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        try:
            if self._context is not None:
                try:
                    connection = self._context.wrap_socket(connection, server_side=True)
                except OSError:
                    return  # a client that does not want us
            self._talk(connection)
        except BaseException as error:
            self._errors.append(error)
        finally:
            connection.close()


class Peer:
    """The server's side of a WebSocket, frame by frame.

    Args:
        connection: A connection whose client sends its opening handshake.
        more: Header lines for the answer, and bytes behind it.
    """

    def __init__(self, connection: socket.socket, more: bytes = b"\r\n") -> None:
        self.socket = connection
        self.head = read_head(connection)
        connection.sendall(switch(self.head) + more)

    def send(self, opcode: int, payload: bytes, *, final: bool = True) -> None:
        """Send a frame."""
        head = bytearray(header(opcode, len(payload)))
        if not final:
            head[0] &= 0x7F
        self.socket.sendall(bytes(head) + payload)

    def receive(self) -> tuple[int, bytes]:
        """Give opcode and payload of the next frame; EOFError where there is none."""
        first, second = self._exactly(2)
        assert second & 0x80, "a client masks"
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        mask = self._exactly(4)
        payload = self._exactly(size)
        whole = int.from_bytes(payload, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return first & 0x0F, whole.to_bytes(size, "big")

    def close(self, code: int = 1000, reason: str = "") -> tuple[int, bytes]:
        """Close, and give the answer."""
        self.send(CLOSE, code.to_bytes(2, "big") + reason.encode())
        return self.receive()

    def rest(self) -> list[tuple[int, bytes]]:
        """Give all frames until the connection ends."""
        frames = []
        with suppress(EOFError, OSError):
            while True:
                frames.append(self.receive())
        return frames

    def answer_close(self) -> None:
        """Read on to the client's close frame, and answer it."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                self.send(CLOSE, payload)
                return

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(min(size - len(data), 65536))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)


def read_head(connection: socket.socket) -> bytes:
    """Read a request's head."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            raise EOFError
        head += piece
    return head


def switch(head: bytes) -> bytes:
    """Give the answer to an opening handshake, but for the line that ends it."""
    (key,) = (line[19:] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: "))
    accept = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n"
    )


def reset(connection: socket.socket) -> None:
    """End a connection by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def leave(connection: socket.socket) -> None:
    """End a connection in good order, also where something is left to read."""
    connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        while connection.recv(65536):
            pass


def demand_in_silence(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Do a server's part of a TLS handshake, and stop without a word where it fails: no alert leaves."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while data := connection.recv(65536):
        incoming.write(data)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
        except ssl.SSLError:
            return


@contextmanager
def echo_server(**settings: Any) -> Iterator[int]:
    """Serve echoes with the websockets library, and give the port."""

    def echo(connection: Any) -> None:
        for message in connection:
            connection.send(message)

    with websockets.sync.server.serve(echo, "127.0.0.1", 0, **settings) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join(PATIENCE)


class Proxy(Server):
    """A proxy that knows CONNECT and nothing else.

    Args:
        context: What TLS is spoken with, None for none.
        answer: What is answered instead of making a way.
        to: Where all ways lead, whatever is asked for.

    Attributes:
        heads: The heads of the requests.
    """

    def __init__(
        self, context: ssl.SSLContext | None = None, answer: bytes | None = None, to: int | None = None
    ) -> None:
        super().__init__(self._make_way, context)
        self.heads: list[bytes] = []
        self._answer = answer
        self._to = to

    @property
    def proxy_url(self) -> str:
        """Its URL."""
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def _make_way(self, client: socket.socket) -> None:
        self.heads.append(head := read_head(client))
        if self._answer is not None:
            client.sendall(self._answer)
            return
        port = self._to or int(head.split(b" ")[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join(PATIENCE)


def _copy(source: Any, target: Any) -> None:
    """Copy bytes to their end, and end it there, too."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def link_local() -> str:
    """Give an IPv6 address of this machine that is none without its zone.

    Raises:
        SkipTest: It has none, or does not tell.
    """
    with suppress(OSError):
        for line in Path("/proc/net/if_inet6").read_text().splitlines():
            digits, _, _, _, flags, zone = line.split()
            if digits.startswith("fe80") and not int(flags, 16) & _NOT_USABLE:
                host = str(IPv6Address(int(digits, 16)))
                return f"{host}%{zone}"
    raise SkipTest("this machine has no link-local address")


class LeftoverCase(TestCase):
    """A test after which no socket and no thread of a client may be left."""

    def setUp(self) -> None:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                value = os.environ.pop(name)
                self.addCleanup(os.environ.__setitem__, name, value)
        gc.collect()
        before = sockets()
        self.addCleanup(self._nothing_left, before)

    def _nothing_left(self, before: int) -> None:
        gc.collect()
        until(lambda: not clients_threads(), f"the end of {clients_threads()}")
        until(lambda: sockets() <= before, "the end of all sockets")


def clients_threads() -> list[threading.Thread]:
    """Give the threads that clients have."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("wstwist-")]


def sockets() -> int:
    """Give how many sockets this process has, where the system tells."""
    if not sys.platform.startswith("linux"):
        return 0
    count = 0
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            count += str(file.readlink()).startswith("socket:")
    return count
