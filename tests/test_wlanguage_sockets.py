# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WLanguage's sockets, in the events of a project and in a script, against real servers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar
from unittest.mock import patch

from twisted.internet.threads import deferToThread

from tests.support import PATIENCE, ServedCase, pair, until
from wstwist import Client, Project
from wstwist.wlanguage import en, fr
from wstwist.wlanguage.arguments import url_of
from wstwist.wlanguage.kept import Sockets
from wstwist.wlanguage.sockets import _of_script

FRENCH = {
    "connect": fr.WebSocketClientConnecte,
    "connect_ssl": fr.WebSocketClientConnecteSSL,
    "connect_url": fr.SocketConnecte,
    "write": fr.SocketEcrit,
    "read": fr.SocketLit,
    "close": fr.SocketFerme,
    "exist": fr.SocketExiste,
    "error": fr.ErreurInfo,
    "opening": fr.SocketOuverture,
    "message": fr.SocketMessage,
    "closing": fr.SocketFermeture,
    "failing": fr.SocketErreur,
    "tls": fr.ProtocoleTLS1_2 + fr.ProtocoleTLS1_3,
}
ENGLISH = {
    "connect": en.WebSocketClientConnect,
    "connect_ssl": en.WebSocketClientConnectSSL,
    "connect_url": en.SocketConnect,
    "write": en.SocketWrite,
    "read": en.SocketRead,
    "close": en.SocketClose,
    "exist": en.SocketExist,
    "error": en.ErrorInfo,
    "opening": en.SocketOpening,
    "message": en.SocketMessage,
    "closing": en.SocketClosing,
    "failing": en.SocketError,
    "tls": en.ProtocolTLS1_2 + en.ProtocolTLS1_3,
}


class Echo(Project):
    """Says welcome, and echoes; "bye" closes."""

    interval = "1 h"
    protocols = ("b",)

    async def on_connect(self, client: Client) -> None:
        client.send(f"welcome {client.protocol}")

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(message)
        if message == "bye":
            client.disconnect(3000, "as you wish")


class Script:
    """What a script does; it runs in a thread, as the server runs in this process."""

    use: dict[str, Any]

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(lambda: deferToThread(_of_script.close))
        _of_script.is_closed = False

    async def run_script(self, script: Callable[[], Any]) -> Any:
        return await deferToThread(script)

    async def served(self) -> int:
        await self.serve(Echo)
        return self.service.ports[0].getHost().port

    async def test_synchronous(self):
        """Connect, write, read, close: as the original's example does."""
        port, use = await self.served(), self.use

        def script() -> None:
            self.assertFalse(use["exist"]("s"))
            self.assertIs(use["connect"]("s", "127.0.0.1", port, "Echo"), True)
            self.assertTrue(use["exist"]("s"))
            self.assertFalse(use["exist"]("S"))
            self.assertEqual(use["read"]("s", True), "welcome None")
            for message in ("Grüße", b"\0\xff", ""):
                self.assertIs(use["write"]("s", message), True)
                self.assertEqual(use["read"]("s"), message)
            self.assertEqual(use["read"]("s", False, 5), "")
            self.assertEqual(use["read"]("s", False, "10 ms"), "")
            self.assertIs(use["close"]("s"), True)
            self.assertFalse(use["exist"]("s"))
            self.assertIs(use["write"]("s", "x"), False)
            self.assertIn("'s' has been closed", use["error"]())

        await self.run_script(script)
        await until(lambda: not self.host.contexts, "the end")

    async def test_options(self):
        """A path may begin with a slash; protocols are a list or a text; the wait is the last."""
        port, use = await self.served(), self.use

        def script() -> None:
            for protocols in (["a", "b"], "a, b"):
                self.assertTrue(use["connect"]("s", "127.0.0.1", port, "/Echo", protocols, "5 s"))
                self.assertEqual(use["read"]("s"), "welcome b")
            self.assertTrue(use["connect_url"]("t", f"ws://127.0.0.1:{port}/Echo"))
            self.assertEqual(use["read"]("t"), "welcome None")

        await self.run_script(script)
        self.assertEqual(url_of("x", False, "::1", None, "/a"), "ws://[::1]/a")
        self.assertEqual(url_of("x", True, "host", 1, ""), "wss://host:1/")

    async def test_parts(self):
        """A message that is larger than the maximum comes in parts, a text in whole characters."""
        port, use = await self.served(), self.use

        def script() -> None:
            use["connect"]("s", "127.0.0.1", port, "Echo")
            use["read"]("s")
            for message, most, parts in (
                ("aüb", 2, ["a", "ü", "b"]),
                ("ü", 1, ["ü"]),
                (b"abcde", 2, [b"ab", b"cd", b"e"]),
            ):
                use["write"]("s", message)
                self.assertEqual([use["read"]("s", True, 0, most) for _ in parts], parts)
            use["write"]("s", "bye")
            self.assertEqual(use["read"]("s", True, None, 2), "by")
            self.assertTrue(use["exist"]("s"))
            self.assertEqual(use["read"]("s"), "e")
            self.assertEqual(use["read"]("s"), "")
            self.assertIn("3000 as you wish", use["error"]())
            self.assertFalse(use["exist"]("s"))

        await self.run_script(script)

    async def test_unread(self):
        """A socket whose end has come exists as long as there are messages to be read."""
        port, use = await self.served(), self.use

        def script() -> None:
            use["connect"]("s", "127.0.0.1", port, "Echo")
            use["write"]("s", "bye")
            end = time.monotonic() + PATIENCE
            socket = _of_script.find("s")
            while socket.connection.is_open and time.monotonic() < end:
                time.sleep(0.01)
            read = []
            while use["exist"]("s"):
                read.append(use["read"]("s"))
            self.assertEqual(read, ["welcome None", "bye"])

        await self.run_script(script)

    async def test_asynchronous(self):
        """A callback is told everything, one thing after another, in a thread that is not the script's."""
        port, use = await self.served(), self.use
        told: list[tuple[int, Any]] = []
        threads = set()
        is_seen, is_over = threading.Event(), threading.Event()

        def callback(event: int, message: str | bytes) -> None:
            threads.add(threading.get_ident())
            told.append((event, message))
            if event == use["opening"]:
                is_seen.wait(PATIENCE)
                use["write"]("s", b"x")
                use["write"]("s", "bye")
            if event == use["closing"]:
                is_over.set()
            if message == b"x":
                raise ValueError("an author's mistake")

        def script() -> None:
            self.assertIs(use["connect"]("s", callback, "127.0.0.1", port, "Echo"), True)
            self.assertTrue(use["exist"]("s"))
            is_seen.set()
            self.assertTrue(is_over.wait(PATIENCE))
            self.assertNotIn(threading.get_ident(), threads)
            end = time.monotonic() + PATIENCE
            while use["exist"]("s") and time.monotonic() < end:
                time.sleep(0.01)
            self.assertFalse(use["exist"]("s"))

        await self.run_script(script)
        messages = [(use["message"], message) for message in ("welcome None", b"x", "bye")]
        self.assertEqual(told, [(use["opening"], ""), *messages, (use["closing"], "as you wish")])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    async def test_failures(self):
        """What cannot be connected is False, and the error is told."""
        port, use = await self.served(), self.use
        told: list[tuple[int, Any]] = []
        nobody = f"ws://127.0.0.1:{port}/Nobody"

        def script() -> None:
            self.assertIs(use["connect"]("s", "127.0.0.1", port, "Nobody"), False)
            self.assertIn(f"{nobody}: the server answers 404", use["error"]())
            self.assertIs(use["connect_url"]("s", "http://127.0.0.1/"), False)
            self.assertIn("as ws://127.0.0.1/", use["error"]())
            self.assertIs(use["connect_url"]("s", "http://127.0.0.1/", lambda *_: None), False)
            self.assertIs(use["connect"]("s", "no such host.invalid"), False)
            self.assertTrue(use["connect_url"]("s", nobody, lambda *what: told.append(what)))

        await self.run_script(script)
        await until(lambda: told, "the callback")
        self.assertEqual(told[0][0], use["failing"])
        self.assertIn(nobody, told[0][1])

    async def test_mistakes(self):
        """What a program gets wrong is one clear line that names the function."""
        port, use = await self.served(), self.use
        name = use["connect"].__name__

        def script() -> None:
            use["connect"]("told", lambda *_: None, "127.0.0.1", port, "Echo")
            use["connect"]("s", "127.0.0.1", port, "Echo")
            for call, words in (
                (lambda: use["connect"]("x"), f"{name}: after the socket's name come"),
                (lambda: use["connect"]("x", 1), "come the server's address, port, path, protocols, max"),
                (lambda: use["connect"]("x", "h", 1, "p", [], 1, 1), "come the server's address"),
                (lambda: use["connect"]("", "h"), "the socket's name is a text, not ''"),
                (lambda: use["connect"]("x", "h", "80"), "the port is a number from 1 to 65535, not '80'"),
                (lambda: use["connect"]("x", "h", 80, 1), "the path is a text, not 1"),
                (lambda: use["connect"]("x", "h", 80, "p", 1), "protocols are a list of names"),
                (lambda: use["connect"]("x", "h", 80, "p", "", "soon"), "'soon' is no time"),
                (lambda: use["connect_ssl"]("x", "h", 80, "p", "", 4), "the SSL option is TLS 1.2, TLS 1.3"),
                (lambda: use["connect_url"]("x", "ws://h/", 1), "the callback is a procedure, not 1"),
                (lambda: use["read"]("s", False, -1), "the maximum wait: -1 is no time: write"),
                (lambda: use["read"]("s", True, 0, 0), "the maximum of bytes is a number above 0, not 0"),
                (lambda: use["write"]("s", 1), "a message is str (text) or bytes (binary), not int"),
            ):
                with self.assertRaises((TypeError, ValueError)) as caught:
                    call()
                self.assertIn(words, str(caught.exception))
            end = time.monotonic() + PATIENCE
            while _of_script.find("told") is None and time.monotonic() < end:
                time.sleep(0.01)
            with self.assertRaises(RuntimeError) as caught:
                use["read"]("told")
            self.assertIn("the messages of 'told' go to its callback", str(caught.exception))

        await self.run_script(script)


class FrenchScriptTests(Script, ServedCase):
    """A script in French."""

    use = FRENCH


class EnglishScriptTests(Script, ServedCase):
    """A script in English."""

    use = ENGLISH


class TlsTests(ServedCase):
    """By TLS, with a certificate that the system trusts, or does not."""

    transport = "tls"

    async def test_trust(self):
        """The server's certificate is checked, its name too."""
        await self.serve(Echo)
        port = self.service.ports[0].getHost().port
        self.addCleanup(lambda: deferToThread(_of_script.close))
        _of_script.is_closed = False

        def script() -> None:
            self.assertIs(fr.WebSocketClientConnecteSSL("s", "localhost", port, "Echo"), False)
            self.assertIn(
                f"wss://localhost:{port}/Echo: the certificate is signed by nobody we know", fr.ErreurInfo()
            )
            with patch.dict(os.environ, {"SSL_CERT_FILE": str(pair().cert)}):
                for use in (FRENCH, ENGLISH):
                    name = "localhost"
                    assert use["connect_ssl"]("s", name, port, "Echo", "b", use["tls"], 500), use["error"]()
                    self.assertEqual(use["read"]("s"), "welcome b")
                    self.assertTrue(use["connect_url"]("s", f"wss://{name}:{port}/Echo"))
                    self.assertEqual(use["read"]("s"), "welcome None")

        await deferToThread(script)


class ContextTests(ServedCase):
    """In the events of a project."""

    async def test_sockets_of_contexts(self):
        """Each context has sockets of its own, which are closed when it ends."""

        class Asking(Echo):
            path = "/Asking"

            def on_connect(self, client: Client) -> None:
                port = client.query["port"]
                assert fr.WebSocketClientConnecte("echo", "127.0.0.1", int(port), "Echo"), fr.ErreurInfo()
                assert fr.SocketLit("echo") == "welcome None"

            def on_message(self, client: Client, message: str | bytes) -> None:
                fr.SocketEcrit("echo", f"{self.client.id} {message}")
                client.Envoie(fr.SocketLit("echo"))

        service = await self.serve(Echo, Asking)
        port = service.ports[0].getHost().port
        echo, asking = service.hosts
        clients = [await self.connect(f"/Asking?port={port}") for _ in range(2)]
        answers = [await client.ask("x") for client in clients]
        self.assertEqual({str(answer).split()[0] for answer in answers}, set(asking.contexts))
        self.assertEqual(len(echo.contexts), 2)
        await clients[0].close()
        await until(lambda: len(echo.contexts) == 1, "the end of its socket")
        self.assertEqual(await clients[1].ask("y"), f"{next(iter(asking.contexts))} y")

    async def test_callbacks_of_contexts(self):
        """A callback runs in the context that connected, in its order of events; its errors are reported."""

        class Asking(Project):
            path = "/Asking"
            told: list[Any] = []
            errors: list[str] = []

            def on_message(self, client: Client, message: str | bytes) -> None:
                if message == "connect":
                    fr.WebSocketClientConnecte(
                        "echo", self.Told, "127.0.0.1", int(client.query["port"]), "Echo"
                    )
                else:
                    client.Envoie(repr((self.told, self.errors)))

            def Told(self, event: int, message: str | bytes) -> None:
                time.sleep(0.01)
                self.told.append((event, message))
                if event == fr.SocketOuverture:
                    fr.SocketEcrit("echo", "bye")
                elif event == fr.SocketFermeture:
                    self.client.Envoie("over")
                elif message == "bye":
                    raise ValueError("an author's mistake")

            def on_error(self, event: str, error: Exception) -> None:
                self.errors.append(f"{event}: {error}")

        service = await self.serve(Echo, Asking)
        client = await self.connect(f"/Asking?port={service.ports[0].getHost().port}")
        self.assertEqual(await client.ask("connect"), "over")
        told = [(1, ""), (2, "welcome None"), (2, "bye"), (3, "as you wish")]
        self.assertEqual(await client.ask("?"), repr((told, ["Told: an author's mistake"])))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    async def test_procedures_as_callbacks(self):
        """A callback may be a procedure's name or its function, and no other text."""

        class Asking(Project):
            path = "/Asking"

            def on_message(self, client: Client, message: str | bytes) -> None:
                port = int(client.query["port"])
                try:
                    match message:
                        case "name":
                            fr.WebSocketClientConnecte("a", "Told", "127.0.0.1", port, "Echo")
                        case "function":
                            fr.WebSocketClientConnecte("a", Asking.Told, "127.0.0.1", port, "Echo")
                        case "url":
                            fr.SocketConnecte("a", f"ws://127.0.0.1:{port}/Echo", "Told")
                        case "wrong":
                            fr.WebSocketClientConnecte("a", "Toldd", "127.0.0.1", port, "Echo")
                except TypeError as error:
                    client.Envoie(str(error))

            async def Told(self, event: int, message: str | bytes) -> None:
                if event == fr.SocketMessage:
                    self.client.send(f"told {message}")

        service = await self.serve(Echo, Asking)
        client = await self.connect(f"/Asking?port={service.ports[0].getHost().port}")
        for how in ("name", "function", "url"):
            self.assertEqual(await client.ask(how), "told welcome None")
        self.assertEqual(
            await client.ask("wrong"),
            "WebSocketClientConnecte: '127.0.0.1' is no port, "
            "and 'Toldd' no procedure of Asking's that could be the callback",
        )

    async def test_a_client_that_goes(self):
        """A wait for a message ends when the client has gone; sockets still work, later waits are short."""

        class Asking(Project):
            path = "/Asking"
            threads = 1
            seen: ClassVar[list[str]] = []

            def on_message(self, client: Client, message: str | bytes) -> None:
                if message == "ping":
                    client.Envoie("pong")
                    return
                fr.WebSocketClientConnecte("echo", "127.0.0.1", int(client.query["port"]), "Echo")
                self.seen.append(str(fr.SocketLit("echo")))
                client.Envoie("waiting")
                self.seen.append(str(fr.SocketLit("echo")))
                self.seen.append(fr.ErreurInfo())

            def on_disconnect(self, client: Client) -> None:
                fr.SocketEcrit("echo", "still here")
                self.seen.append(str(fr.SocketLit("echo", True)))
                self.seen.append(str(fr.SocketLit("echo", True)))
                self.seen.append(fr.ErreurInfo())

        service = await self.serve(Echo, Asking)
        echo, asking = service.hosts
        path = f"/Asking?port={service.ports[0].getHost().port}"
        first, second = await self.connect(path), await self.connect(path)
        self.assertEqual(await first.ask("wait"), "waiting")
        second.send("ping")
        await until(lambda: any(map(waits, asking.contexts.values())), "the wait")
        await first.close()
        self.assertEqual(await second.receive(), "pong")
        await until(lambda: len(asking.contexts) == 1 and not echo.contexts, "the end of its socket")
        self.assertEqual(
            Asking.seen,
            [
                *("welcome None", ""),
                "SocketLit: 'echo': no message has come, and the client has gone",
                *("still here", ""),
                "SocketLit: 'echo': no message within 1 s",
            ],
        )

    async def test_a_service_that_stops(self):
        """A wait of the global service's ends when the server stops."""

        class Waiting(Project):
            path = "/Waiting"
            port: ClassVar[int] = 0
            seen: ClassVar[list[str]] = []

            def global_service(self) -> None:
                fr.WebSocketClientConnecte("echo", "127.0.0.1", self.port, "Echo")
                self.seen.append(str(fr.SocketLit("echo")))
                self.seen.append(str(fr.SocketLit("echo")))

            def on_service_stop(self) -> None:
                self.seen.append("stopped")

        await self.serve(Echo)
        Waiting.port = self.service.ports[0].getHost().port
        service = await self.serve(Waiting)
        await until(lambda: Waiting.seen, "the first message")
        await service.stopService()
        self.assertEqual(Waiting.seen, ["welcome None", "", "stopped"])

    async def test_async_events(self):
        """In an async def they say what to write."""

        class Asynchronous(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                for use in (
                    lambda: fr.WebSocketClientConnecte("s", "127.0.0.1"),
                    lambda: fr.SocketLit("s"),
                    en.ErrorInfo,
                ):
                    try:
                        use()
                    except RuntimeError as error:
                        client.send(str(error))

        await self.serve(Asynchronous)
        client = await self.connect()
        client.send("x")
        for name in ("WebSocketClientConnecte", "SocketLit", "ErrorInfo"):
            said = await client.receive()
            self.assertTrue(str(said).startswith(f"{name} works in def events and procedures; in an async"))
            self.assertIn("await wstwist.connect(url)", said)


def waits(context: Any) -> bool:
    """Tell whether somebody waits for a message of a context's socket."""
    socket = context.belonging(Sockets).find("echo")
    return socket is not None and bool(socket.connection._link._changed._waiters)
