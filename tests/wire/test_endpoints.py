# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of where a server listens."""

import gc
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint, serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

from tests.wire.certificates import Files, key_pem, new_certificate, new_key, pem
from wstwist.exceptions import ConfigurationError
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.endpoints import BACKLOG, is_fast, is_secure, listen, parse, tcp, tls
from wstwist.wire.fast_port import fast_loop
from wstwist.wire.served_tls import TlsEndpoint


class EndpointTests(TestCase):
    """Endpoints, and what is said of those that cannot be used."""

    def setUp(self) -> None:
        """Begin with a factory, and files to listen with."""
        self.factory = Factory.forProtocol(Protocol)
        self.factory.noisy = False
        self.memory = MemoryReactorClock()
        self.files = Files(self.mktemp())

    def complaint(self, function: Any, *args: Any) -> str:
        """Give the one line with which something is refused."""
        line = str(self.assertRaises(ConfigurationError, function, *args))
        self.assertNotIn("\n", line)
        return line

    def listening(self, endpoint: Any, name: str = "port 0") -> Any:
        """Listen until the end of the test."""
        port = listen(endpoint, self.factory, name)
        self.addCleanup(port.stopListening)
        return port

    def test_backlog(self) -> None:
        """Every endpoint has a long backlog, one that says another keeps its own."""
        key, chain = self.files.private, self.files.chain
        parse(self.memory, "tcp:1").listen(self.factory)
        parse(self.memory, "tcp:port=1:interface=127.0.0.1").listen(self.factory)
        parse(self.memory, "tcp6:1").listen(self.factory)
        tcp(self.memory, 1).listen(self.factory)
        tcp(self.memory, 1, "127.0.0.1").listen(self.factory)
        parse(self.memory, "tcp:1:backlog=7").listen(self.factory)
        parse(self.memory, "tcp:1:127.0.0.1:8").listen(self.factory)
        parse(self.memory, "fast:1").listen(self.factory)
        parse(self.memory, "fast:1:backlog=9").listen(self.factory)
        parse(self.memory, "haproxy:tcp:1").listen(self.factory)
        parse(self.memory, "haproxy:fast:1:backlog=10").listen(self.factory)
        pair = f"privateKey={key}:certKey={chain}"
        tls(self.memory, 1, chain, key).listen(self.factory)
        parse(self.memory, f"fast:1:{pair}").listen(self.factory)
        parse(self.memory, f"fast:1:{pair}:backlog=11").listen(self.factory)
        parse(self.memory, f"haproxy:ssl:1:{pair}").listen(self.factory)
        parse(self.memory, f"haproxy:ssl:1:{pair}:backlog=12").listen(self.factory)
        backlogs = [server[2] for server in self.memory.tcpServers]
        others = [7, 8, BACKLOG, 9, BACKLOG, 10, BACKLOG, BACKLOG, 11, BACKLOG, 12]
        self.assertEqual(backlogs, [BACKLOG] * 5 + others)
        parse(self.memory, f"ssl:1:{pair}").listen(self.factory)
        self.assertEqual([server[3] for server in self.memory.sslServers], [BACKLOG])

    def test_every_interface(self) -> None:
        """Without an interface both IPv4 and, where there is one, IPv6 clients are served."""
        number = self.listening(tcp(reactor, 0)).getHost().port
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                with socket.socket(family) as probe:
                    probe.bind((address, 0))
            except OSError:
                continue
            socket.create_connection((address, number), 2).close()

    def test_bad_strings(self) -> None:
        """What describes no endpoint is refused with the string in the line."""
        for text in (
            "",
            "foo:1",
            "tcp",
            "tcp:x",
            "tcp:70000",
            "tcp:-1",
            "tcp:1:a=b",
            "unix",
            "tcp:1:2:3:4:5",
            "fast",
            "fast:x",
            "fast:70000",
            "fast:1:a=b",
            "fast:1:2",
        ):
            self.assertIn(repr(text), self.complaint(parse, reactor, text))

    def test_bad_backlog(self) -> None:
        """A backlog is a number."""
        self.assertIn("not 'many'", self.complaint(parse, reactor, "fast:0:backlog=many"))

    def test_bad_ports(self) -> None:
        """A port is a number from 0 to 65535."""
        for port in (-1, 65536):
            self.assertIn("0 to 65535", self.complaint(tcp, reactor, port))

    def test_in_use(self) -> None:
        """A port that is taken is told by its name."""
        number = self.listening(tcp(reactor, 0, "127.0.0.1")).getHost().port
        endpoint = tcp(reactor, number, "127.0.0.1")
        line = self.complaint(listen, endpoint, self.factory, f"port {number} on 127.0.0.1")
        self.assertIn(f"port {number} on 127.0.0.1 is in use", line)

    def test_no_such_address(self) -> None:
        """An address that the machine does not have is told."""
        line = self.complaint(listen, tcp(reactor, 0, "203.0.113.7"), self.factory, "port 0 on 203.0.113.7")
        self.assertIn("this machine has no such address", line)

    def test_late(self) -> None:
        """An endpoint that does not listen at once is refused."""

        class Late:
            def listen(self, factory: Any) -> Deferred[Any]:
                return Deferred()

        self.assertIn("at once", self.complaint(listen, Late(), self.factory, "x"))

    def test_files(self) -> None:
        """Each thing that is wrong with certificate or key has a line of its own."""
        files = self.files
        noise = files.write("noise.pem", b"noise")
        secret = files.write("secret.pem", key_pem(files.key, b"passphrase"))
        other = files.write("other.pem", key_pem(new_key()))
        for certificate, key, words in (
            ("nowhere.pem", files.private, "the certificate nowhere.pem is not there"),
            (files.chain, "nowhere.pem", "the key nowhere.pem is not there"),
            (noise, files.private, "is no certificate in PEM format"),
            (files.private, files.private, "is no certificate in PEM format"),
            (files.chain, noise, "is no private key in PEM format"),
            (files.chain, files.chain, "is no private key in PEM format"),
            (files.chain, secret, "is encrypted"),
            (files.chain, other, "does not belong to the certificate"),
            (str(files.folder), files.private, "cannot be read"),
        ):
            self.assertIn(words, self.complaint(tls, reactor, 0, certificate, key))
            for kind in ("ssl", "fast"):
                description = f"{kind}:0:privateKey={key}:certKey={certificate}"
                self.assertIn(words, self.complaint(parse, reactor, description))

    def test_one_file(self) -> None:
        """Certificate and key may stand in one file."""
        key = new_key()
        both = self.files.write("both.pem", key_pem(key) + pem(new_certificate(key, "a", key, "a")))
        TlsSettings.load(both, both)
        for text in (f"ssl:0:privateKey={both}", f"fast:0:privateKey={both}", f"fast:0:certKey={both}"):
            parse(reactor, text)

    def test_secure(self) -> None:
        """It can be told from a string whether connections are TLS."""
        for text, expected in (
            ("tcp:1", False),
            ("fast:1", False),
            ("unix:ssl", False),
            ("", False),
            ("ssl:1:privateKey=a", True),
            ("fast:1:privateKey=a", True),
            ("fast:port=1:certKey=a", True),
            ("tls:folder:443", True),
            ("haproxy:tcp:1", False),
            ("haproxy:ssl:1", True),
            ("haproxy:fast:1:privateKey=a", True),
        ):
            self.assertEqual(is_secure(text), expected, text)

    def test_plugin(self) -> None:
        """Twisted itself knows the strings, too."""
        endpoint = serverFromString(reactor, "fast:0:interface=127.0.0.1:backlog=7")
        self.assertEqual(is_fast(self.listening(endpoint)), fast_loop(reactor) is not None)

    def test_without_aiofastnet(self) -> None:
        """Where aiofastnet is not installed, or too old, or the reactor not asyncio's, Twisted's do it."""
        on_loop = mock.Mock(_asyncioEventloop=mock.sentinel.loop)
        old = mock.Mock(Transport=object)
        for installed in (None, old):
            with mock.patch.dict(sys.modules, {"aiofastnet": installed}):
                self.assertIsNone(fast_loop(on_loop))
                self.assertIsInstance(tcp(on_loop, 1), TCP4ServerEndpoint)
                self.assertIsInstance(tls(on_loop, 1, self.files.chain, self.files.private), TlsEndpoint)
        self.assertIs(fast_loop(on_loop), mock.sentinel.loop)
        self.assertIsInstance(tcp(self.memory, 1), TCP4ServerEndpoint)


class UnixTests(TestCase):
    """Unix sockets."""

    def setUp(self) -> None:
        """Begin with a short path."""
        self.factory = Factory.forProtocol(Protocol)
        self.factory.noisy = False
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/s"

    def complaint(self, path: str) -> str:
        """Give the one line with which a path is refused."""
        endpoint = parse(reactor, f"unix:{path}")
        return str(self.assertRaises(ConfigurationError, listen, endpoint, self.factory, f"unix:{path}"))

    def test_stale(self) -> None:
        """The file of a server that was killed does not stop the next one."""
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(self.path)
        port = listen(parse(reactor, f"unix:{self.path}:mode=600"), self.factory, "the socket")
        self.addCleanup(port.stopListening)
        self.assertEqual(Path(self.path).stat().st_mode & 0o777, 0o600)

    def test_in_use(self) -> None:
        """A socket on which another server listens is left alone."""
        port = listen(parse(reactor, f"unix:{self.path}"), self.factory, "the socket")
        self.addCleanup(port.stopListening)
        self.assertIn("is in use", self.complaint(self.path))
        self.assertTrue(Path(self.path).exists())

    def test_other_file(self) -> None:
        """Another file at the path is left alone."""
        Path(self.path).touch()
        self.assertIn("is no socket", self.complaint(self.path))
        self.assertTrue(Path(self.path).exists())

    def test_unusable(self) -> None:
        """A folder that is not there, or a path that is too long, is told."""
        self.assertIn("cannot listen on", self.complaint(f"{self.path}/nowhere"))
        self.assertIn("cannot listen on", self.complaint(f"{self.path}{'x' * 200}"))
        gc.collect()  # Twisted forgets to close the socket that it could not bind
        self.flushWarnings()
