# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the blocking client where there is no connection: each reason has an error of its own."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import trustme

from tests.connection.servers import (
    PATIENCE,
    LeftoverCase,
    Peer,
    Proxy,
    Server,
    clients_threads,
    echo_server,
    read_head,
    reset,
    switch,
    until,
)
from wstwist import blocking
from wstwist.exceptions import (
    CertificateRefused,
    ConnectError,
    ConnectionFailed,
    ConnectTimeout,
    HandshakeRefused,
    HostNotFound,
    InvalidURL,
    NotWebSocket,
    ProxyRefused,
)


class Case(LeftoverCase):
    """A test in which no connection is made."""

    def fails(self, kind: type[ConnectError], words: str, url: str, **options: Any) -> ConnectError:
        """See that an attempt to connect fails, with these words, the address, and nothing behind it."""
        with self.assertRaises(kind) as caught:
            blocking.connect(url, **options)
        error = caught.exception
        self.assertIs(type(error), kind)
        self.assertTrue(str(error).startswith(f"{url}: "), str(error))
        self.assertIn(words, str(error))
        self.assertTrue(error.__suppress_context__ or error.__context__ is None)
        return error

    def serve(self, talk: Callable[[Any], object]) -> str:
        """Serve until the end of the test, and give the URL."""
        return self.enterContext(Server(talk)).url()


class InputTests(Case):
    """What cannot be asked for."""

    def test_url(self) -> None:
        """A URL that is no WebSocket's."""
        self.fails(InvalidURL, "ws://", "http://localhost/")
        self.assertRaises(TypeError, blocking.connect, 1)

    def test_options(self) -> None:
        """An option that there is not, or whose value cannot be."""
        with self.assertRaises(TypeError) as caught:
            blocking.connect("ws://localhost", protocol=["a"])  # type: ignore[call-arg]
        self.assertIn("did you mean protocols?", str(caught.exception))
        self.assertRaises(ValueError, blocking.connect, "ws://localhost", connect_timeout=0)
        self.assertRaises(ValueError, blocking.connect, "ws://localhost", proxy="ftp://localhost")


class NetworkTests(Case):
    """What stands in the way before anybody answers."""

    def test_unknown(self) -> None:
        """A host that does not resolve, or could not."""
        for trouble, words in (
            (socket.gaierror(-2, "Name or service not known"), "no.example is not found: Name or service"),
            (UnicodeError("label too long"), "no.example cannot be a host's name"),
        ):
            with mock.patch("socket.getaddrinfo", side_effect=trouble):
                self.fails(HostNotFound, words, "ws://no.example/")

    def test_slow_resolver(self) -> None:
        """A resolver that hangs is not waited for; its thread ends when it does."""
        ends = threading.Event()

        def hang(host: str, *_: Any, flags: int = 0, **__: Any) -> Any:
            if not flags:
                ends.wait(PATIENCE)
            raise socket.gaierror(-2, "no")

        with mock.patch("socket.getaddrinfo", hang):
            error = self.fails(
                ConnectTimeout, "within 50 ms: no.example", "ws://no.example/", connect_timeout=0.05
            )
            self.assertIsInstance(error, TimeoutError)
            ends.set()
            until(lambda: not clients_threads(), "the end of the thread")

    def test_refused(self) -> None:
        """A port on which nobody listens; all addresses are tried, and told."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.fails(ConnectionFailed, f"127.0.0.1 port {port}: Connection refused", f"ws://127.0.0.1:{port}/")
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]
        with mock.patch("socket.getaddrinfo", return_value=found):
            words = f"127.0.0.2 port {port}: Connection refused; 127.0.0.1 port {port}: Connection refused"
            self.fails(ConnectionFailed, words, f"ws://two.example:{port}/")

    def test_second_address(self) -> None:
        """Where the first of two addresses does not work the second is used."""
        with echo_server() as port:
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in ("127.0.0.2", "127.0.0.1")
            ]
            with (
                mock.patch("socket.getaddrinfo", return_value=found),
                blocking.connect(f"ws://two.example:{port}/") as connection,
            ):
                self.assertEqual(connection.peer, ("127.0.0.1", port))

    def test_no_answer(self) -> None:
        """A host that does not answer."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            words = f"within 100 ms: 127.0.0.1 port {port} does not answer"
            self.fails(ConnectTimeout, words, f"ws://127.0.0.1:{port}/", connect_timeout=0.1)
            for filler in fillers:
                filler.close()

    def test_no_room(self) -> None:
        """A system that gives no sockets, or no threads."""
        with mock.patch("socket.socket.__init__", side_effect=OSError(24, "Too many open files")):
            self.fails(ConnectionFailed, "Too many open files", "ws://127.0.0.1:9/")
        start = threading.Thread.start

        def start_no_links(thread: threading.Thread) -> None:
            if thread.name == "wstwist-connection":
                raise RuntimeError("can't start new thread")
            start(thread)

        url = self.serve(lambda connection: Peer(connection).rest())
        with mock.patch("socket.socketpair", side_effect=OSError(24, "Too many open files")):
            self.fails(ConnectionFailed, "Too many open files", url)
        with mock.patch("threading.Thread.start", start_no_links):
            self.fails(ConnectionFailed, "can't start new thread", url)


class AnswerTests(Case):
    """What answers is not what was asked for."""

    def test_refused(self) -> None:
        """A server that refuses says with which status, and why."""

        def talk(connection: Any) -> None:
            read_head(connection)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nX-A: b\r\n\r\nbad token")

        error = self.fails(HandshakeRefused, "403 Forbidden: bad token", self.serve(talk))
        assert isinstance(error, HandshakeRefused)
        self.assertEqual((error.status, error.headers["x-a"]), (403, "b"))

    def test_no_websocket(self) -> None:
        """What is no WebSocket server is told, whatever it does."""

        def banner(connection: Any) -> None:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            read_head(connection)

        def key(connection: Any) -> None:
            connection.sendall(switch(read_head(connection)).replace(b"Accept: ", b"Accept: x") + b"\r\n")

        self.fails(NotWebSocket, "no HTTP", self.serve(banner))
        self.fails(NotWebSocket, "Sec-WebSocket-Accept", self.serve(key))
        self.fails(ConnectionFailed, "without an answer", self.serve(read_head))

    def test_lost(self) -> None:
        """A connection that is reset before it is open."""

        def talk(connection: Any) -> None:
            read_head(connection)
            reset(connection)

        self.fails(ConnectionFailed, "lost before it was open: Connection reset", self.serve(talk))

    def test_slow(self) -> None:
        """A server that does not answer, or not to the end, is given up in time."""
        ends = threading.Event()

        def drip(connection: Any) -> None:
            connection.sendall(b"HTTP/1.1 101 x\r\nX-A: ")
            try:
                while not ends.wait(0.01):
                    connection.sendall(b"x")
            except OSError:
                pass

        for talk in (lambda _: ends.wait(PATIENCE), drip):
            began = time.monotonic()
            words = "within 200 ms: the server does not answer the opening handshake"
            self.fails(ConnectTimeout, words, self.serve(talk), connect_timeout="200 ms")
            self.assertLess(time.monotonic() - began, 5)
        ends.set()


class ProxyTests(Case):
    """The way through a proxy."""

    def setUp(self) -> None:
        super().setUp()
        self.authority = trustme.CA()
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost").configure_cert(self.server_context)
        folder = self.enterContext(self.authority.cert_pem.tempfile())
        self.ca_file = folder

    def proxy(self, *args: Any, **kwargs: Any) -> Proxy:
        """Run a proxy until the end of the test."""
        proxy = self.enterContext(Proxy(*args, **kwargs))
        assert isinstance(proxy, Proxy)
        return proxy

    def test_ways(self) -> None:
        """The server is reached, with TLS and without, through a proxy with TLS and without."""
        for outer in (None, self.server_context):
            for inner in (None, self.server_context):
                with echo_server(ssl=inner) as port:
                    proxy = self.proxy(outer)
                    scheme = "wss" if inner else "ws"
                    with blocking.connect(
                        f"{scheme}://localhost:{port}/", proxy=proxy.proxy_url, ca_file=self.ca_file
                    ) as connection:
                        connection.send("x" * 300_000)
                        self.assertEqual(len(connection.receive(timeout=PATIENCE)), 300_000)
                        self.assertEqual(connection.peer[1], proxy.port)
                    self.assertEqual(connection.close_code, 1000)
                    self.assertTrue(
                        proxy.heads[0].startswith(f"CONNECT localhost:{port} HTTP/1.1\r\n".encode())
                    )

    def test_environment(self) -> None:
        """The environment says which proxy, and for which hosts there is none."""
        with echo_server() as port:
            proxy = self.proxy(to=port)
            url = proxy.proxy_url.replace("//", "//user:secret@")
            with mock.patch.dict("os.environ", {"http_proxy": url, "no_proxy": "127.0.0.1"}):
                blocking.connect("ws://nowhere.invalid/").close()
                blocking.connect(f"ws://127.0.0.1:{port}/").close()
                with self.assertRaises(ConnectError):
                    blocking.connect("ws://nowhere.invalid/", proxy=None)
            (head,) = proxy.heads
            self.assertIn(b"\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n", head)

    def test_refused(self) -> None:
        """A proxy that makes no way, is none, or is not there."""
        url = "ws://nowhere.invalid/"
        for answer, words in (
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "it answers 407 Proxy Auth"),
            (b"SSH-2.0\r\n", "what it answers is no HTTP"),
            (b"", "it closes the connection without an answer"),
        ):
            proxy = self.proxy(answer=answer).proxy_url
            self.fails(ProxyRefused, f"the proxy {proxy}: {words}", url, proxy=proxy)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.fails(ProxyRefused, "Connection refused", url, proxy=proxy)
        with mock.patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "unknown")):
            self.fails(ProxyRefused, "no.example is not found", url, proxy="http://no.example:1")
        self.fails(ProxyRefused, "a..b cannot be a host's name", url, proxy="http://a..b:1")

    def test_certificate(self) -> None:
        """A proxy whose certificate is not trusted, or that speaks no TLS."""
        url = "ws://nowhere.invalid/"
        proxy = self.proxy(self.server_context).proxy_url
        self.fails(
            CertificateRefused, f"the proxy {proxy}: the certificate is signed by nobody", url, proxy=proxy
        )
        server = self.enterContext(Server(lambda connection: connection.sendall(b"HTTP/1.1 400 x\r\n\r\n")))
        proxy = f"https://localhost:{server.port}"
        self.fails(ProxyRefused, f"the proxy {proxy}: what answers does not speak TLS", url, proxy=proxy)

    def test_silent(self) -> None:
        """A proxy that does not answer is given up in time."""
        ends = threading.Event()
        server = self.enterContext(Server(lambda _: ends.wait(PATIENCE)))
        self.addCleanup(ends.set)
        proxy = f"http://127.0.0.1:{server.port}"
        words = f"the proxy {proxy} does not answer"
        self.fails(ConnectTimeout, words, "ws://nowhere.invalid/", proxy=proxy, connect_timeout=0.1)


class EarlyTests(Case):
    """What comes before it is asked for."""

    def test_close_at_once(self) -> None:
        """A server may close as soon as it has accepted."""
        url = self.serve(lambda connection: Peer(connection, b"\r\n\x88\x02\x03\xe9").receive())
        with blocking.connect(url) as connection:
            self.assertEqual(list(connection), [])
        self.assertEqual(connection.close_code, 1001)
