# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Settings and certificates that change while clients stay connected: on SIGHUP, and by `reload`."""

from __future__ import annotations

import re
import signal
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import trustme
from cryptography import x509
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests import processes
from tests.processes import until
from tests.wire.tls import ask
from wstwist import ConfigurationError, Limits, Project
from wstwist.reload import Changes
from wstwist.service import ProjectService
from wstwist.testing import MemoryServer

LONG = 20.0
PROJECT = """
from wstwist import Project

class Chat(Project):
    interval = "1 h"

    async def global_service(self):
        await self.broadcast("tick")

    async def on_connect(self, client):
        certificate = self.request.certificate
        client.send(certificate.common_name if certificate else "nobody")

    async def on_message(self, client, message):
        client.send(str(len(message)))
"""
CONFIGURATION = """
    [projects.Chat]
    import = "served:Chat"
"""


class Server(processes.Server):
    """``twistd wsproject`` with a configuration file."""

    def __init__(self, folder: Path, reactor: str) -> None:
        options = ["--config", "wstwist.toml"]
        super().__init__(folder, *options, before=(f"--reactor={reactor}",) if reactor else ())
        (folder / "served.py").write_text(PROJECT)

    def start(self) -> None:
        """Start it, and wait for the last line of the start."""
        super().start()
        until(lambda: re.search(r"codec: .*\n", self.log.read_text()), "the start")

    def reload(self, *words: str) -> str:
        """Send SIGHUP, wait for what it says, and give that."""
        before = len(self.log.read_text())
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)
        for word in words:
            until(
                lambda word=word: word in self.log.read_text()[before:],
                f"{word!r} in the log: {self.log.read_text()}",
            )
        until(lambda: self.log.read_text().endswith("\n"), "whole lines")
        return self.log.read_text()[before:]


class SignalTests(TestCase):
    """SIGHUP, to a server on the fastest transports."""

    reactor = ""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.authority = trustme.CA()
        self.trust = ssl.create_default_context()
        self.authority.configure_trust(self.trust)
        self.server = Server(self.folder, self.reactor)
        self.addCleanup(self.server.kill)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(dedent(text))

    def certify(self, name: str, common_name: str) -> trustme.LeafCert:
        """Write a certificate and its key into a file."""
        issued = self.authority.issue_cert("localhost", "127.0.0.1", common_name=common_name)
        issued.private_key_and_cert_chain_pem.write_to_path(str(self.folder / name))
        return issued

    def start(self, text: str) -> None:
        self.write("wstwist.toml", text)
        self.server.start()

    def common_name(self, port: int) -> str:
        """Give the common name of the server's certificate."""
        with (
            socket.create_connection(("127.0.0.1", port), timeout=LONG) as plain,
            self.trust.wrap_socket(plain, server_hostname="127.0.0.1") as client,
        ):
            certificate = x509.load_der_x509_certificate(client.getpeercert(True) or b"")
        return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)

    def test_settings(self) -> None:
        """New limits hold for new clients, the interval for all; nobody is disconnected."""
        self.start("port = 0\n" + dedent(CONFIGURATION))
        url = f"ws://127.0.0.1:{self.server.port}/Chat"
        with connect(url) as old:
            self.assertEqual(old.recv(LONG), "nobody")
            self.write(
                "wstwist.toml",
                """
                port = 0
                [projects.Chat]
                import = "served:Chat"
                interval = "50 ms"
                [projects.Chat.limits]
                message_size = 10
                """,
            )
            said = self.server.reload("reloaded: ")
            self.assertIn("reloaded: Chat.interval, Chat.limits.message_size\n", said)
            self.assertNotIn("restart", said)
            for _ in range(2):
                self.assertEqual(old.recv(LONG), "tick")
            old.send("x" * 11)
            self.assertEqual(self.answer(old), "11")
            with connect(url) as new:
                new.send("x" * 10)
                self.assertEqual(self.answer(new), "10")
                new.send("x" * 11)
                with self.assertRaises(ConnectionClosed) as caught:
                    self.answer(new)
                self.assertEqual(caught.exception.rcvd.code, 1009)
            old.send("still here")
            self.assertEqual(self.answer(old), "10")
        self.assertIn("reloaded: nothing has changed\n", self.server.reload("reloaded: "))

    def answer(self, client: object) -> str:
        """Give the next message that is an answer."""
        while not (message := client.recv(LONG)).isdecimal():
            pass
        return message

    def test_wrong(self) -> None:
        """Where anything is wrong one line says so, and nothing changes."""
        self.certify("pair.pem", "first")
        files = 'tls_port = 0\ncert = "pair.pem"\nkey = "pair.pem"\n'
        self.start(files + dedent(CONFIGURATION))
        self.certify("pair.pem", "second")
        good = dedent(CONFIGURATION) + 'interval = "50 ms"\n'
        for text, words in (
            (f"{files}{good}thread = 1\n", "wstwist.toml:8: [projects.Chat] thread is no setting"),
            (f'{files}{good}reply_timeout = "soon"\n', "wstwist.toml:8: Chat.reply_timeout: "),
            (
                f"{files}{good}[projects.Chat.limits]\nmessage_size = 0\n",
                "message_size must be",
            ),
            (f"{files}[projects.Chat", "wstwist.toml: is not TOML"),
            (f'cert = "pair.pem"\n{good}', "TLS needs all three"),
            (files.replace("pair", "no", 1) + good, "no.pem is not there"),
            (f'{files}client_ca = "pair.pem"\n{good}', "which is no CA"),
        ):
            self.write("wstwist.toml", text)
            said = self.server.reload("not reloaded, everything stays as it was: ", words)
            self.assertEqual(said.count("\n"), 1, said)
        (self.folder / "wstwist.toml").unlink()
        self.server.reload("not reloaded", "wstwist.toml: cannot be read: No such file")
        self.assertEqual(self.common_name(self.server.port), "first")

    def test_restart(self) -> None:
        """What cannot change is named, each time; the rest changes."""
        self.start("port = 0\n" + dedent(CONFIGURATION))
        self.write(
            "wstwist.toml",
            """
            port = 1
            interface = "127.0.0.2"
            listen = ["tcp:0"]
            [projects.Chat]
            import = "served:Chat"
            path = "/talk"
            threads = 3
            database = "sqlite://"
            compress = true
            """,
        )
        said = self.server.reload("reloaded: ", "needs a restart: ")
        self.assertIn("reloaded: Chat.compress\n", said)
        self.assertIn("needs a restart: port, listen, Chat.path, Chat.database, Chat.threads\n", said)
        said = self.server.reload("needs a restart: port, listen, Chat.path")
        self.assertIn("reloaded: nothing has changed\n", said)
        with connect(f"ws://127.0.0.1:{self.server.port}/Chat") as client:
            self.assertEqual(client.recv(LONG), "nobody")

    def test_command_line(self) -> None:
        """The command line goes before the file, then too."""
        self.server = Server(self.folder, self.reactor)
        self.addCleanup(self.server.kill)
        self.server._options = ("--config", "wstwist.toml", "--port=0")
        self.start(CONFIGURATION)
        self.write("wstwist.toml", "port = 1\n" + dedent(CONFIGURATION) + "compress = true\n")
        said = self.server.reload("reloaded: ")
        self.assertIn("reloaded: Chat.compress\n", said)
        self.assertNotIn("restart", said)

    def test_certificates(self) -> None:
        """A new certificate is served, on all ports of ours, and no connection is dropped."""
        self.certify("pair.pem", "first")
        self.start(
            f"""
            tls_port = 0
            cert = "pair.pem"
            key = "pair.pem"
            listen = [
                "fast:0:interface=127.0.0.1:privateKey={self.folder}/pair.pem",
                "haproxy:fast:0:interface=127.0.0.1:privateKey={self.folder}/pair.pem",
            ]
            [projects.Chat]
            import = "served:Chat"
            """
        )
        self.assertIn("/Chat (PROXY protocol)", self.server.log.read_text())
        ports = [self.server.port, *self.other_ports()]
        self.assertEqual([self.common_name(port) for port in ports[:2]], ["first"] * 2)
        with connect(f"wss://127.0.0.1:{ports[0]}/Chat", ssl=self.trust) as old:
            self.assertEqual(old.recv(LONG), "nobody")
            self.certify("pair.pem", "second")
            said = self.server.reload("reloaded: ")
            self.assertRegex(said, r"reloaded: certificate \S+pair.pem \(valid until \d{4}-\d\d-\d\d\)")
            self.assertEqual([self.common_name(port) for port in ports[:2]], ["second"] * 2)
            self.write("pair.pem", "broken")
            self.server.reload("not reloaded", "pair.pem is no certificate in PEM format")
            self.assertEqual([self.common_name(port) for port in ports[:2]], ["second"] * 2)
            old.send("still here")
            self.assertEqual(self.answer(old), "10")

    def other_ports(self) -> list[int]:
        """Give the further ports that the log names."""
        line = next(line for line in self.server.log.read_text().splitlines() if " at wss" in line)
        return [int(part.partition("/")[0]) for part in line.split("localhost:")[2:]]

    def test_client_ca(self) -> None:
        """Who signs clients' certificates can change, and whether they must have one; clients stay."""
        self.certify("pair.pem", "server")
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        files = 'tls_port = 0\ncert = "pair.pem"\nkey = "pair.pem"\n'
        self.start(files + dedent(CONFIGURATION))
        url = f"wss://127.0.0.1:{self.server.port}/Chat"
        ours = ssl.create_default_context()
        self.authority.configure_trust(ours)
        self.authority.issue_cert("ann.example", common_name="Ann").configure_cert(ours)
        with connect(url, ssl=self.trust) as old:
            self.assertEqual(old.recv(LONG), "nobody")
            self.write("wstwist.toml", f'{files}client_ca = "ca.pem"\n' + dedent(CONFIGURATION))
            self.assertRegex(self.server.reload("reloaded: "), r"client CA \S+ca.pem \(required\)")
            with connect(url, ssl=ours) as new:
                self.assertEqual(new.recv(LONG), "Ann")
            self.assertIn("CERTIFICATE_REQUIRED", ask(self.server.port, self.trust))
            old.send("still here")
            self.assertEqual(self.answer(old), "10")
            trustme.CA().cert_pem.write_to_path(str(self.folder / "ca.pem"))
            self.assertIn("client CA", self.server.reload("reloaded: "))
            self.assertIn("UNKNOWN_CA", ask(self.server.port, ours))
        self.write("wstwist.toml", files + dedent(CONFIGURATION))
        self.assertIn("no client CA", self.server.reload("reloaded: "))
        with connect(url, ssl=self.trust) as new:
            self.assertEqual(new.recv(LONG), "nobody")
        self.assertNotIn("Traceback", self.server.log.read_text())


class EpollSignalTests(SignalTests):
    """SIGHUP, to a server on Twisted's own transports."""

    reactor = "epoll"


class Chat(Project):
    """Has settings."""

    limits = Limits(drain_time=1)


class Other(Project):
    """Has others."""


class ServiceTests(TestCase):
    """`ProjectService.reload`, of a program that embeds it."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.service = ProjectService(Chat, Other, settings={"Chat": {"threads": 3}}, reactor=self.reactor)
        self.addCleanup(lambda: [host.close() for host in self.service.hosts])
        self.chat, self.other = self.service.hosts

    def test_changes(self) -> None:
        """What has changed is told; what is no longer named is the class's again."""
        settings = {"threads": 3, "keep_headers": True, "limits": {"end_time": 3}}
        changes = self.service.reload({"Chat": settings})
        self.assertEqual(changes, Changes(("Chat.keep_headers", "Chat.limits.end_time"), ()))
        self.assertEqual(self.chat.definition.settings.limits, Limits(drain_time=1, end_time=3))
        self.assertEqual(self.chat.wire.limits.end_time, 3)
        changes = self.service.reload({"Chat": {"protocols": ["a"]}, "Other": {"path": "/else"}})
        self.assertEqual(
            changes,
            Changes(
                ("Chat.protocols", "Chat.keep_headers", "Chat.limits.end_time"),
                ("Chat.threads", "Other.path"),
            ),
        )
        self.assertEqual(self.chat.definition.settings.threads, 3)
        self.assertEqual(self.other.path, "/Other")
        self.assertEqual(self.chat.wire.protocols, ("a",))

    def test_nothing(self) -> None:
        """Without settings these stay."""
        before = self.chat.definition.settings
        self.assertEqual(self.service.reload(), Changes())
        self.assertIs(self.service.hosts[0].definition.settings.limits, before.limits)

    def test_wrong(self) -> None:
        """An error in one project changes nothing in another."""
        for settings, words in (
            ({"Chat": {"compress": True}, "Other": {"interval": 0}}, "Other.interval"),
            ({"Chat": {"compress": True}, "Chatt": {}}, "settings for Chatt, which is not served"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                self.service.reload(settings)
            self.assertIn(words, str(caught.exception))
            self.assertFalse(self.chat.definition.settings.compress)

    def test_guarded(self) -> None:
        """What holds before it is known for which project a request is changes, too."""
        site = self.service._site
        self.service.reload({"Chat": {"limits": {"header_size": 99_999}}})
        self.assertEqual(site.limits.header_size, 99_999)

    def test_web(self) -> None:
        """Another web folder is served to whoever comes then."""
        folder = Path(self.enterContext(TemporaryDirectory()))
        (folder / "index.html").write_text("new")
        site = self.service._site
        before = site.web
        self.service.reload({"Chat": {"compress": True}})
        self.assertIs(site.web, before)
        changes = self.service.reload({"Chat": {"compress": True, "web": str(folder)}})
        self.assertEqual(changes, Changes(("Chat.web",), ("Chat.threads",)))
        self.assertIsNot(site.web, before)
        with self.assertRaises(ConfigurationError) as caught:
            self.service.reload({"Chat": {"web": str(folder)}, "Other": {"web": str(Path.cwd())}})
        self.assertIn("web", str(caught.exception))

    def test_interval(self) -> None:
        """The global service runs every new interval, the first time after one; the old one is over."""

        class Counted(Project):
            runs = 0
            interval = "10 s"

            def global_service(self) -> None:
                self.runs += 1

        with MemoryServer(Counted) as server:
            settings = server._host.definition.settings
            for seconds, interval, runs in ((10.0, 10.0, 2), (3.0, 2.0, 3), (1.0, 2.0, 4), (9.0, 10.0, 4)):
                if interval != server._host.definition.settings.interval:
                    server._host.change(replace(settings, interval=interval))
                server.advance(seconds)
                self.assertEqual(server.service.runs, runs, (seconds, interval))
