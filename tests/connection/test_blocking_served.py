# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the blocking client with servers of ours: in threads beside their reactor, and in events."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest import TestCase, mock, skipUnless

from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_PEM, load_certificate
from twisted.internet import reactor
from twisted.internet.endpoints import SSL4ServerEndpoint
from twisted.internet.threads import deferToThread

from tests.connection.servers import LeftoverCase, clients_threads, echo_server
from tests.connection.test_blocking_tls import Certificates
from tests.support import ServedCase, pair, until
from wstwist import Client, Project, Refuse, blocking
from wstwist.exceptions import (
    CertificateRefused,
    ConnectionClosed,
    HandshakeRefused,
)
from wstwist.testing import MemoryServer
from wstwist.wire import endpoints
from wstwist.wire.certificates import TlsSettings

PATIENCE = 10.0


class Echo(Project):
    """Sends back what comes."""

    compress = True
    protocols = ("two", "one")

    async def on_connect(self, client: Client) -> None:
        if client.query.get("token") == "wrong":
            raise Refuse(403, "bad token")
        client.send("welcome")

    async def on_message(self, client: Client, message: str | bytes) -> None:
        if message == "bye":
            client.disconnect(4001, "you said so")
        else:
            client.send(message)


class Relay(Project):
    """Asks the other project, in an event that may block."""

    url: ClassVar[str]

    def on_message(self, client: Client, message: str | bytes) -> None:
        with blocking.connect(self.url) as connection:
            connection.receive(timeout=PATIENCE)
            connection.send(message)
            client.send(f"it says {connection.receive(timeout=PATIENCE)!r}")


class Impatient(Project):
    """Blocks where it must not."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        try:
            blocking.connect("ws://localhost:9/")
        except RuntimeError as error:
            client.send(str(error))


class ServedTests(ServedCase):
    """Projects that are served in this process."""

    @property
    def url(self) -> str:
        """Where the first project is."""
        (port,) = self.service.ports
        scheme = "wss" if self.transport == "tls" else "ws"
        return f"{scheme}://localhost:{port.getHost().port}{self.service.hosts[0].path}"

    @property
    def trust(self) -> dict[str, Any]:
        """What makes a client trust the server."""
        return {"ca_file": pair().cert, "proxy": None} if self.transport == "tls" else {"proxy": None}

    async def in_thread(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Run blocking code, and see that it leaves no thread."""
        result = await deferToThread(function, *args, **kwargs)
        await until(lambda: not clients_threads(), "the end of all threads of clients")
        return result

    async def test_echo(self) -> None:
        """Messages come back, compressed too; the sub-protocol is agreed on."""
        await self.serve(Echo)
        messages = ["", "ü" * 1000, b"\x00\xff" * 300_000]

        def talk(compress: bool) -> Any:
            with blocking.connect(
                self.url, compress=compress, protocols=["one", "two"], **self.trust
            ) as connection:
                self.assertEqual(connection.receive(timeout=PATIENCE), "welcome")
                for message in messages:
                    connection.send(message)
                return connection.protocol, [connection.receive(timeout=PATIENCE) for _ in messages]

        for compress in (False, True):
            self.assertEqual(await self.in_thread(talk, compress), ("two", messages))

    async def test_ends(self) -> None:
        """The server's close is told, and so is its refusal."""
        await self.serve(Echo)

        def talk() -> Any:
            with blocking.connect(self.url, **self.trust) as connection:
                connection.send("bye")
                received = []
                with self.assertRaises(ConnectionClosed) as caught:
                    received.extend(connection)
                return connection.close_code, connection.close_reason, caught.exception.was_clean

        self.assertEqual(await self.in_thread(talk), (4001, "you said so", True))

        def ask() -> Any:
            with self.assertRaises(HandshakeRefused) as caught:
                blocking.connect(f"{self.url}?token=wrong", **self.trust)
            return caught.exception.status, caught.exception.body

        self.assertEqual(await self.in_thread(ask), (403, "bad token"))

    async def test_on_the_reactor(self) -> None:
        """On the reactor's thread it raises at once, and says what to write."""
        await self.serve(Echo)
        connection = await deferToThread(blocking.connect, self.url, **self.trust)
        for function, args in (
            (blocking.connect, (self.url,)),
            (connection.send, ("x",)),
            (connection.receive, ()),
            (connection.close, ()),
        ):
            error = self.assertRaises(RuntimeError, function, *args)
            self.assertIn("would block the reactor's thread", str(error))
        error = self.assertRaises(RuntimeError, blocking.connect, self.url)
        self.assertIn("await wstwist.connect(...)", str(error))
        await self.in_thread(connection.close)

    async def test_server_stops(self) -> None:
        """A server that stops says so."""
        service = await self.serve(Echo)
        connection = await deferToThread(blocking.connect, self.url, **self.trust)
        stopping = service.stopService()
        messages = await self.in_thread(list, connection)
        await stopping
        self.assertEqual((messages, connection.close_code), (["welcome"], 1001))


class ServedOverTlsTests(ServedTests):
    """The same over TLS."""

    transport = "tls"


class EventTests(ServedCase):
    """Clients in events."""

    async def test_def(self) -> None:
        """A ``def`` event of a project may ask another project of the same server."""
        await self.serve(Echo, Relay)
        (port,) = self.service.ports
        Relay.url = f"ws://localhost:{port.getHost().port}/Echo"
        with mock.patch.dict("os.environ", {"NO_PROXY": "*"}):
            clients = [await self.connect("/Relay") for _ in range(3)]
            for number, client in enumerate(clients):
                client.send(f"hello {number}")
            for number, client in enumerate(clients):
                self.assertEqual(await client.receive(), f"it says 'hello {number}'")
        await until(lambda: not clients_threads(), "the end of all threads of clients")

    async def test_async(self) -> None:
        """An ``async def`` event may not block."""
        await self.serve(Impatient)
        client = await self.connect()
        self.assertIn("would block the reactor's thread", str(await client.ask("x")))


class MemoryTests(TestCase):
    """Events in the test kit."""

    def test_async(self) -> None:
        """An ``async def`` event may not block there, either."""
        with MemoryServer(Impatient) as server:
            client = server.connect()
            client.send("x")
            self.assertIn("would block the reactor's thread", str(client.received))


class CertificateTests(ServedCase):
    """Certificates of real servers, on the fastest transports that can be had."""

    def setUp(self) -> None:
        super().setUp()
        self.files = Certificates(self.enterContext(TemporaryDirectory()))

    def endpoint(self, certificate: str, demands: str | None) -> Any:
        """Give the endpoint to serve on; the file is that of the authority whose certificates it demands."""
        return endpoints.tls(reactor, 0, certificate, certificate, "127.0.0.1", client_ca=demands or "")

    async def fails(self, shown: str, words: str, demands: str | None = None) -> None:
        """See that a server's certificate is not accepted, or ours by it."""

        def ask() -> None:
            url = f"wss://localhost:{port}/Echo"
            with self.assertRaises(CertificateRefused) as caught:
                blocking.connect(url, ca_file=self.files.ca_file, proxy=None)
            self.assertEqual(str(caught.exception), f"{url}: {words}")

        port = await self.listen(shown, demands)
        await deferToThread(ask)

    async def works(self, shown: str, demands: str | None = None, **options: Any) -> None:
        """See that a server's certificate is accepted."""

        def ask() -> None:
            with blocking.connect(
                f"wss://localhost:{port}/Echo", ca_file=self.files.ca_file, proxy=None, **options
            ) as connection:
                self.assertEqual(connection.receive(timeout=PATIENCE), "welcome")

        port = await self.listen(shown, demands)
        await deferToThread(ask)

    async def listen(self, certificate: str, demands: str | None) -> int:
        """Serve with a certificate, and give the port."""
        self.place = mock.Mock(endpoint=self.endpoint(certificate, demands))
        service = await self.serve(Echo)
        return int(service.ports[0].getHost().port)

    async def test_certificates(self) -> None:
        """Each certificate that is not right is told from the others."""
        nobody = "the certificate is signed by nobody we know"
        names = "other.example, *.other.example, 192.0.2.1"
        await self.works(self.files.right())
        await self.fails(self.files.for_another(), f"the certificate is for {names}, not for localhost")
        await self.fails(self.files.expired(), "the certificate has expired")
        await self.fails(self.files.of_nobody(), nobody)
        await self.fails(self.files.self_signed(), f"{nobody} (self-signed certificate)")

    async def test_demanded(self) -> None:
        """A server that demands a certificate of ours gets it, or refuses us."""
        right, trusted = self.files.right(), self.files.ca_file
        await self.works(right, trusted, certificate=self.files.clients())
        await self.fails(right, "the server demands a certificate of ours", trusted)


class TwistedCertificateTests(CertificateTests):
    """Certificates of real servers, on Twisted's own transports."""

    def endpoint(self, certificate: str, demands: str | None) -> Any:
        """Give the endpoint to serve on."""
        return twisted_endpoint(certificate, demands)


def twisted_endpoint(certificate: str, demands: str | None) -> SSL4ServerEndpoint:
    """Give an endpoint on Twisted's own transports."""
    options = TlsSettings.load(certificate, certificate).for_twisted()
    if demands is not None:
        context = options.getContext()
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *args: bool(args[-1]))
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(load_certificate(FILETYPE_PEM, Path(demands).read_bytes()))
    return SSL4ServerEndpoint(reactor, 0, options, interface="127.0.0.1")


FORKING = """
import os, sys, warnings, wstwist.blocking
warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
connection = wstwist.blocking.connect(URL, ca_file=CA_FILE, proxy=None)
with connection._link._changed:  # as a thread would hold it
    child = os.fork()
if child == 0:
    with connection:
        for use in (lambda: connection.send("x"), connection.receive):
            try:
                use()
            except RuntimeError as error:
                print(error)
        print(connection.is_open)
        connection.close()
        sys.exit()
assert os.waitpid(child, 0)[1] == 0
with connection._link._changed:
    child = os.fork()
if child == 0:
    del connection
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
connection.send("still here")
print(connection.receive(timeout=10))
connection.close()
print(connection.close_code)
"""
"""One child closes its copy of a connection, twice, and the next forgets it."""


class ScriptTests(LeftoverCase):
    """Programs without a reactor."""

    def run_script(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run a program."""
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_no_reactor(self) -> None:
        """Neither the import nor a connection installs a reactor."""
        code = (
            "import sys, wstwist.blocking\n"
            "try: wstwist.blocking.connect('ws://127.0.0.1:9/', proxy=None)\n"
            "except wstwist.exceptions.ConnectionFailed: pass\n"
            "sys.exit('twisted.internet.reactor' in sys.modules)"
        )
        result = self.run_script(code)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    @skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_fork(self) -> None:
        """A child's copy of a connection says so, and whatever is done with it, the parent's goes on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = Certificates(self.enterContext(TemporaryDirectory()))
        context.load_cert_chain(files.right())
        for scheme, settings in (("ws", {}), ("wss", {"ssl": context})):
            with self.subTest(scheme=scheme), echo_server(**settings) as port:
                result = self.run_script(
                    f"URL, CA_FILE = '{scheme}://localhost:{port}/', {files.ca_file!r}\n{FORKING}"
                )
                self.assertEqual((result.stderr, result.returncode), ("", 0))
                made = "the connection was made in another process; connect in this one"
                url = f"{scheme}://localhost:{port}/"
                self.assertEqual(
                    result.stdout.splitlines(),
                    [f"{url}: send: {made}", f"{url}: receive: {made}", "False", "still here", "1000"],
                )

    def test_exit(self) -> None:
        """A program that ends with an open connection ends: the connection's thread holds nobody up."""
        with echo_server() as port:
            result = self.run_script(
                "import sys, wstwist.blocking\n"
                f"connection = wstwist.blocking.connect('ws://127.0.0.1:{port}/', proxy=None)\n"
                "connection.send('x')\n"
                "print(connection.receive())\n"
            )
        self.assertEqual((result.returncode, result.stdout), (0, "x\n"))
