# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WLanguage's sockets while they open, when they end, and where a program is mistaken: in scripts."""

from __future__ import annotations

import os
import queue
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from tests.connection.servers import PATIENCE, LeftoverCase, Peer, Server, echo_server, until
from tests.support import pair
from wstwist.wlanguage import en, fr
from wstwist.wlanguage.sockets import _of_script

OPENING, MESSAGE, CLOSING, ERROR = range(1, 5)
HOST = "127.0.0.1"


class Callback(queue.Queue):
    """A callback, and what it was told."""

    def __call__(self, event: int, message: str | bytes) -> None:
        self.put((event, message))

    def next(self) -> tuple[int, str | bytes]:
        return self.get(timeout=PATIENCE)


class SlowServer(Server):
    """A server that answers the opening handshake only when it is let; then it reads until the end.

    Attributes:
        asked: Set when a client has come.
        go: To be set.
        ended: Set when a client has gone.
    """

    def __init__(self) -> None:
        super().__init__(self._dawdle)
        self.asked, self.go, self.ended = threading.Event(), threading.Event(), threading.Event()

    def _dawdle(self, connection: Any) -> None:
        self.asked.set()
        assert self.go.wait(PATIENCE)
        with suppress(EOFError, OSError):
            Peer(connection).answer_close()
        self.ended.set()


class ScriptCase(LeftoverCase):
    def setUp(self) -> None:
        super().setUp()
        _of_script.is_closed = False
        _of_script.error = ""
        self.addCleanup(_of_script.close)

    def refused(self, kind: type[Exception], words: str, call: Any, *args: Any) -> None:
        """See that a call is refused, in one line that begins with the function's name."""
        with self.assertRaises(kind) as caught:
            call(*args)
        self.assertTrue(str(caught.exception).startswith(f"{call.__name__}: "), str(caught.exception))
        self.assertIn(words, str(caught.exception))


class Attempts(ScriptCase):
    """While a socket opens."""

    def test_mistakes_are_raised_at_once(self) -> None:
        """With a callback, too, what cannot be asked for is an error of the call, and no socket is left."""
        for callback in ([], [Callback()]):
            self.refused(
                ValueError,
                "'a b' is no name of a sub-protocol",
                fr.WebSocketClientConnecte,
                *("p", *callback, "localhost", 1, "", "a b"),
            )
            self.assertFalse(fr.SocketExiste("p"))

    def test_whatever_stands_in_the_way_is_told(self) -> None:
        """What keeps the socket's thread from connecting goes to the callback, and the socket is no more."""
        callback = Callback()
        with patch.dict(os.environ, {"http_proxy": "ftp://proxy.invalid"}):
            self.assertTrue(fr.WebSocketClientConnecte("p", callback, "example.org"))
            event, message = callback.next()
        self.assertEqual(event, fr.SocketErreur)
        self.assertIn("only HTTP proxies are used", message)
        self.assertIn("only HTTP proxies are used", fr.ErreurInfo())
        self.assertFalse(fr.SocketExiste("p"))

    def test_the_last_one_wins(self) -> None:
        """An older attempt that comes to its end later does not take the name, and its connection ends."""
        callback = Callback()
        with SlowServer() as slow, echo_server() as port:
            fr.WebSocketClientConnecte("a", callback, HOST, slow.port)
            self.assertTrue(slow.asked.wait(PATIENCE))
            self.assertTrue(fr.WebSocketClientConnecte("a", HOST, port))
            self.assertEqual(callback.next(), (CLOSING, "its name was given to another connection"))
            slow.go.set()
            self.assertTrue(slow.ended.wait(PATIENCE))
            self.assertTrue(fr.SocketEcrit("a", "still here"))
            self.assertEqual(fr.SocketLit("a"), "still here")
            fr.SocketFerme("a")
        self.assertTrue(callback.empty())

    def test_an_older_one_that_waits(self) -> None:
        """The same where the older attempt is a call that waits in another thread: it gives False."""
        done: queue.Queue[tuple[bool, str]] = queue.Queue()
        with SlowServer() as slow, echo_server() as port:

            def wait() -> None:
                done.put((fr.WebSocketClientConnecte("a", HOST, slow.port), fr.ErreurInfo()))

            thread = threading.Thread(target=wait)
            thread.start()
            self.assertTrue(slow.asked.wait(PATIENCE))
            self.assertTrue(fr.WebSocketClientConnecte("a", HOST, port))
            slow.go.set()
            connected, error = done.get(timeout=PATIENCE)
            thread.join()
            self.assertIs(connected, False)
            self.assertIn("'a': its name was given to another connection", error)
            fr.SocketEcrit("a", "still here")
            self.assertEqual(fr.SocketLit("a"), "still here")
            fr.SocketFerme("a")

    def test_it_can_be_closed(self) -> None:
        """A socket that opens can be closed: it is no more, its callback is told, and nobody comes late."""
        callback = Callback()
        with SlowServer() as slow:
            fr.WebSocketClientConnecte("a", callback, HOST, slow.port)
            self.assertTrue(fr.SocketExiste("a"))
            self.assertTrue(fr.SocketFerme("a"))
            self.assertFalse(fr.SocketExiste("a"))
            self.assertEqual(callback.next(), (CLOSING, "it was closed before it was open"))
            self.assertFalse(fr.SocketFerme("a"))
            slow.go.set()
            self.assertTrue(slow.ended.wait(PATIENCE))
        self.assertTrue(callback.empty())

    def test_it_cannot_be_used_yet(self) -> None:
        """Who writes to a socket that opens learns that it does."""
        with SlowServer() as slow:
            fr.WebSocketClientConnecte("a", Callback(), HOST, slow.port)
            self.assertIs(fr.SocketEcrit("a", "x"), False)
            self.assertEqual(fr.ErreurInfo(), "SocketEcrit: 'a' is still being opened")
            self.refused(RuntimeError, "the messages of 'a' go to its callback", fr.SocketLit, "a")
            slow.go.set()
            until(lambda: fr.SocketEcrit("a", "x"), "the connection")
            fr.SocketFerme("a")


class Versions(ScriptCase):
    """The SSL option."""

    def test_it_is_kept(self) -> None:
        """No version of TLS is spoken but those that the option has."""
        for option, served, works in (
            (fr.ProtocoleTLS1_2, ssl.TLSVersion.TLSv1_2, True),
            (fr.ProtocoleTLS1_3, ssl.TLSVersion.TLSv1_2, False),
            (fr.ProtocoleTLS1_2, ssl.TLSVersion.TLSv1_3, False),
            (fr.ProtocoleTLS1_3, ssl.TLSVersion.TLSv1_3, True),
            (fr.ProtocoleTLS1_2 + fr.ProtocoleTLS1_3, ssl.TLSVersion.TLSv1_2, True),
            (None, ssl.TLSVersion.TLSv1_3, True),
        ):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair().cert, pair().key)
            context.minimum_version = context.maximum_version = served
            with (
                self.subTest(option=option, served=served),
                echo_server(ssl=context) as port,
                patch.dict(os.environ, {"SSL_CERT_FILE": str(pair().cert)}),
            ):
                done = fr.WebSocketClientConnecteSSL("s", "localhost", port, "", "", option)
                self.assertIs(done, works, fr.ErreurInfo())
                if works:
                    fr.SocketFerme("s")
                else:
                    self.assertIn("alert protocol version", fr.ErreurInfo())

    def test_what_it_may_be(self) -> None:
        """It is one of the two constants, or their sum."""
        for option in (99, 4, 24, -16, "TLS", True):
            self.refused(
                ValueError,
                "the SSL option is TLS 1.2, TLS 1.3 or both",
                fr.WebSocketClientConnecteSSL,
                *("s", "localhost", 1, "", "", option),
            )


class Reading(ScriptCase):
    """SocketLit's arguments, and what ErreurInfo says afterwards."""

    def test_times(self) -> None:
        """A number of any kind is hundredths of a second, 0 is no wait; ErreurInfo says that none came."""
        with echo_server() as port:
            fr.WebSocketClientConnecte("a", HOST, port)
            for longest, said in (
                (1, "no message within 10 ms"),
                (1 / 2, "no message within 5 ms"),
                ("2 ms", "no message within 2 ms"),
                (timedelta(milliseconds=3), "no message within 3 ms"),
                (0, "there is no message"),
                (0.0, "there is no message"),
                ("0 s", "there is no message"),
                (timedelta(), "there is no message"),
            ):
                _of_script.error = "an older error"
                self.assertEqual(fr.SocketLit("a", False, longest), "")
                self.assertEqual(fr.ErreurInfo(), f"SocketLit: 'a': {said}")
            fr.SocketEcrit("a", "x")
            until(lambda: fr.SocketLit("a", False, 0) == "x", "the echo")
            fr.SocketFerme("a")

    def test_mistakes(self) -> None:
        """The second argument is True or False, and a time is one, also where it does not matter."""
        with echo_server() as port:
            en.WebSocketClientConnect("a", HOST, port)
            for wait in ("5 s", 200, None, 2, 1.0, "False"):
                self.refused(TypeError, "whether to wait is True or False, not", en.SocketRead, "a", wait)
            for wait in (True, False, 0, 1):
                for longest in (-1, float("nan"), float("inf"), "soon", 10**400, True, "-1 s"):
                    self.refused(ValueError, "the maximum wait: ", en.SocketRead, "a", wait, longest)
            self.refused(ValueError, "-1 is no time: write hundredths", en.SocketRead, "a", 0, -1)
            fr.SocketEcrit("a", "x")
            self.assertEqual(en.SocketRead("a", 1), "x")
            self.assertEqual(en.SocketRead("a", 0, 1), "")
            en.SocketClose("a")

    def test_after_the_end(self) -> None:
        """Who has read the end of a connection and goes on learns again how it has ended."""

        def talk(connection: Any) -> None:
            Peer(connection).close(3000, "as you wish")

        with Server(talk) as server:
            fr.WebSocketClientConnecte("k", HOST, server.port)
            self.assertEqual(fr.SocketLit("k"), "")
            end = "'k': the connection is closed: 3000 as you wish"
            self.assertEqual(fr.ErreurInfo(), f"SocketLit: {end}")
            self.assertFalse(fr.SocketEcrit("k", "x"))
            self.assertEqual(fr.ErreurInfo(), f"SocketEcrit: {end}")
            self.assertEqual(fr.SocketLit("k"), "")
            self.assertEqual(fr.ErreurInfo(), f"SocketLit: {end}")
        self.assertFalse(fr.SocketEcrit("K", "x"))
        self.assertEqual(fr.ErreurInfo(), "SocketEcrit: there is no socket 'K'; mind capitals")

    def test_the_code_of_an_end(self) -> None:
        """When a callback is told of the end ErreurInfo has its code."""
        told: queue.Queue[tuple[int, Any, str]] = queue.Queue()

        def talk(connection: Any) -> None:
            Peer(connection).close(3001, "enough")

        def callback(event: int, message: str | bytes) -> None:
            told.put((event, message, fr.ErreurInfo()))

        with Server(talk) as server:
            fr.WebSocketClientConnecte("a", callback, HOST, server.port)
            self.assertEqual(told.get(timeout=PATIENCE)[0], OPENING)
            said = "WebSocketClientConnecte: 'a': the connection is closed: 3001 enough"
            self.assertEqual(told.get(timeout=PATIENCE), (CLOSING, "enough", said))
            until(lambda: not fr.SocketExiste("a"), "the end")


class Mistakes(ScriptCase):
    """What a program gets wrong."""

    def test_addresses(self) -> None:
        """An address is a host's name, and no part of a URL."""
        for address in ("localhost/Tout", "localhost?a=b", "ws://localhost", "me@localhost", "a#b", "a\\b"):
            for call, instead in (
                (fr.WebSocketClientConnecte, "SocketConnecte"),
                (en.WebSocketClientConnectSSL, "SocketConnect"),
            ):
                words = (
                    f"the server's address is a host's name, not {address!r}; for a URL there is {instead}"
                )
                self.refused(ValueError, words, call, "a", address, 29001)

    def test_callbacks(self) -> None:
        """In a script a callback is a function that is no async def; a name is refused."""

        async def later(event: int, message: str | bytes) -> None: ...

        connect = fr.WebSocketClientConnecte
        self.refused(
            TypeError, "in a script the callback is a def, not an async def", connect, "w", later, "h"
        )
        self.refused(TypeError, "not an async def", fr.SocketConnecte, "w", "ws://h", later)
        words = "'localhost' is no port, and in a script the callback is a function, not a name such"
        self.refused(TypeError, words, connect, "w", "Cb", "localhost", 29020)
        self.refused(TypeError, "a procedure, not 'Cb'", fr.SocketConnecte, "w", "ws://h", "Cb")
        self.refused(TypeError, "the port is a number from 1 to 65535, not '80'", connect, "w", "h", "80")

    def test_names(self) -> None:
        """Every function wants a name that is a text."""
        for call, *args in (
            (fr.WebSocketClientConnecte, 5, "localhost"),
            (fr.SocketEcrit, 5, "x"),
            (fr.SocketLit, 5),
            (fr.SocketFerme, 5),
            (fr.SocketExiste, 5),
        ):
            self.refused(TypeError, "the socket's name is a text, not 5", call, *args)

    def test_messages(self) -> None:
        """What is no message is refused under the function's name."""
        with echo_server() as port:
            fr.WebSocketClientConnecte("a", HOST, port)
            self.refused(TypeError, "a message is str (text) or bytes (binary)", fr.SocketEcrit, "a", 5)
            self.refused(ValueError, "lone surrogate", fr.SocketEcrit, "a", "\ud800")
            fr.SocketFerme("a")

    def test_a_callback_that_fails(self) -> None:
        """The log names the socket whose callback has failed."""

        def callback(event: int, message: str | bytes) -> None:
            raise ValueError("an author's mistake")

        logged: queue.Queue[str] = queue.Queue()

        def log(text: str, _failure: object, **fields: object) -> None:
            logged.put(text.format(**fields))

        with patch("wstwist.wlanguage.telling._log.failure", log), echo_server() as port:
            fr.WebSocketClientConnecte("a", callback, HOST, port)
            self.assertEqual(logged.get(timeout=PATIENCE), "The callback of the socket 'a' failed")
            fr.SocketFerme("a")
            until(lambda: not fr.SocketExiste("a"), "the end")
