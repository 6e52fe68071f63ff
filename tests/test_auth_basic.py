# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of users and passwords."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Generator
from functools import cache
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.support import Closed, Place, ServedCase, handshake
from wstwist import Client, ConfigurationError, Project, Refuse
from wstwist.auth import basic, hash_password, verify_password
from wstwist.auth.passwords import PasswordHash
from wstwist.service import ProjectService
from wstwist.testing import MemoryServer
from wstwist.wire import endpoints


@cache
def password_hash(password: str) -> str:
    """Hash a password, with little work."""
    empty = PasswordHash(4, 8, 1, b"salt", b"")
    return str(PasswordHash(4, 8, 1, b"salt", empty.compute(password)))


def credentials(text: str | bytes) -> dict[str, str]:
    """Give the header field with a user and a password."""
    data = text.encode() if isinstance(text, str) else text
    return {"Authorization": f"Basic {base64.b64encode(data).decode()}"}


def project(*arguments: Any, **more: Any) -> type[Project]:
    """Make a project whose clients need a password."""

    class Chat(Project):
        authenticate = basic(*arguments, **more)

    return Chat


class Case(SynchronousTestCase):
    """A project whose clients need a password."""

    def serve(self, *arguments: Any, **more: Any) -> MemoryServer[Project]:
        self.server = MemoryServer(project(*arguments, **more))
        self.addCleanup(self.server.stop)
        return self.server

    def user(self, text: str) -> Any:
        return self.server.connect(headers=credentials(text)).instance.client.user

    def refused(self, **headers: str) -> Refuse:
        with self.assertRaises(Refuse) as caught:
            self.server.connect(headers=headers)
        self.assertEqual(caught.exception.status, 401)
        self.assertEqual(self.server.errors, [])
        return caught.exception


class CheckTests(Case):
    """A function of the author's."""

    def test_kinds(self) -> None:
        """It may be def, async def or decorated with inlineCallbacks; what it gives is the user."""

        def plain(user: str, password: str) -> Any:
            return {"name": user} if password == "right" else None

        async def waiting(user: str, password: str) -> Any:
            return await succeed(plain(user, password))

        @inlineCallbacks
        def yielding(user: str, password: str) -> Generator[Deferred[Any], Any, Any]:
            return (yield succeed(plain(user, password)))

        def giving(user: str, password: str) -> Any:
            return waiting(user, password)

        for check in (plain, waiting, yielding, giving):
            self.serve(check)
            self.assertEqual(self.user("ann:right"), {"name": "ann"})
            self.assertEqual(
                self.refused(**credentials("ann:wrong")).reason, "the user or the password is wrong"
            )

    def test_what_it_is_given(self) -> None:
        """A password may have colons in it and be empty, and both may be of any letters."""
        seen: list[tuple[str, str]] = []

        async def check(user: str, password: str) -> bool:
            seen.append((user, password))
            return True

        self.serve(check)
        for text in ("ann:a:b:", ":", "é☃:pässwort"):
            self.assertEqual(self.user(text), True)
        self.assertEqual(seen, [("ann", "a:b:"), ("", ""), ("é☃", "pässwort")])

    def test_error(self) -> None:
        """What it raises is an error of the author's, and 500."""

        async def check(user: str, password: str) -> Any:
            raise OSError("the directory is away")

        self.serve(check)
        with self.assertRaises(Refuse) as caught:
            self.server.connect(headers=credentials("ann:right"))
        self.assertEqual(caught.exception.status, 500)
        self.assertIn("the directory is away", str(self.server.errors.pop()[2]))


class ChallengeTests(Case):
    """What a client is told that has no right password."""

    def test_challenge(self) -> None:
        """It is told the realm, by default the project's name, and that texts are UTF-8 (RFC 7617)."""
        self.serve({})
        refusal = self.refused()
        self.assertEqual(refusal.headers, {"WWW-Authenticate": 'Basic realm="Chat", charset="UTF-8"'})
        self.assertEqual(refusal.reason, "a user and a password, please")
        self.serve({}, realm='The "Café"')
        self.assertIn('realm="The \\"Caf?\\""', self.refused().headers["WWW-Authenticate"])

    def test_malformed(self) -> None:
        """What is no user and password is a 401."""
        self.serve({"ann": password_hash("right")})
        for value in (
            "Basic",
            "Basic ",
            "Basic !",
            "Basic YQ",
            "Bearer YTpi",
            "Basic YTpi, Basic YTpi",
            "x" * 9000,
        ):
            self.refused(Authorization=value)
        for data in (b"no colon", b"\xff:\xff", b"ann\n:right", b"ann:right\0"):
            self.refused(**credentials(data))


class UsersTests(Case):
    """A dictionary of users and hashes of their passwords."""

    def setUp(self) -> None:
        self.computed: list[tuple[bytes, int]] = []
        compute = PasswordHash.compute

        def counting(own: PasswordHash, password: str) -> bytes:
            self.computed.append((own.salt, own.cost))
            return compute(own, password)

        self.patch(PasswordHash, "compute", counting)
        self.serve({"ann": password_hash("right"), "böb": password_hash("pässwort")})
        self.computed.clear()

    def test_users(self) -> None:
        """Who has the right password is the user of that name."""
        self.assertEqual(self.user("ann:right"), "ann")
        self.assertEqual(self.user("böb:pässwort"), "böb")
        for wrong in ("ann:wrong", "ann:pässwort", "ann:", "eve:right", ":right", "Ann:right"):
            self.assertEqual(self.refused(**credentials(wrong)).reason, "the user or the password is wrong")

    def test_unknown_users_take_as_long(self) -> None:
        """A name that nobody has costs as much work as a wrong password."""
        for wrong in ("ann:wrong", "eve:wrong"):
            self.refused(**credentials(wrong))
        (_, known), (salt, unknown) = self.computed
        self.assertEqual(known, unknown)
        self.assertNotEqual(salt, b"salt")

    def test_known_again(self) -> None:
        """A password that was right costs nothing any more; a wrong one always does."""
        for _ in range(3):
            self.user("ann:right")
            self.refused(**credentials("ann:wrong"))
        self.assertEqual(len(self.computed), 4)

    def test_unicode_forms(self) -> None:
        """A password is the same in whichever form of Unicode it is typed."""
        self.assertEqual(self.user("böb:pa\u0308sswort"), "böb")

    def test_wrong(self) -> None:
        """What is no hash is refused, without showing it."""
        good = password_hash("x")
        for words, given in (
            ("no hash of a password: make one with python -m wstwist.auth", {"ann": "s3cret"}),
            ("no hash", {"ann": ""}),
            ("no hash", {"ann": good[:-1]}),
            ("no hash", {"ann": good + "\n"}),
            ("more than 256 MiB", {"ann": good.replace("scrypt$4$8", "scrypt$20$8")}),
            ("none at all", {"ann": good.replace("scrypt$4$8", "scrypt$4$0")}),
            ("texts", {"ann": None}),
            ("has no colon", {"a:b": good}),
            ("has no colon", {"": good}),
            ("not str", "s3cret"),
            ("not NoneType", None),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                basic(given)  # type: ignore[arg-type]
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("s3cret", str(caught.exception))

    def test_arguments(self) -> None:
        """A function that takes something else is refused, and a realm that cannot stand in a header."""
        for check in (lambda user: user, lambda: 1, lambda user, password, more: 1):
            with self.assertRaisesRegex(
                ConfigurationError, "is called with a user and a password, and takes"
            ):
                basic(check)  # type: ignore[arg-type]
        for fine in (lambda *names: 1, lambda user, password, more=1: 1, {}.get):
            basic(fine)  # type: ignore[arg-type]
        for realm in ("a\r\nX: y", 5):
            with self.assertRaisesRegex(ConfigurationError, "basic: the realm is a text without line breaks"):
                basic({}, realm=realm)  # type: ignore[arg-type]
        basic({}, realm='the "inner" circle')


class PasswordTests(SynchronousTestCase):
    """Hashes of passwords."""

    def test_hashes(self) -> None:
        """A hash is of one password, with a salt of its own."""
        one, other = hash_password("right"), hash_password("right")
        self.assertNotEqual(one, other)
        self.assertTrue(one.startswith("scrypt$15$8$3$"))
        self.assertTrue(verify_password("right", one))
        self.assertFalse(verify_password("Right", one))
        self.assertRaises(ValueError, verify_password, "right", "right")

    def test_standard(self) -> None:
        """It is scrypt, as the standard's example has it (RFC 7914, section 12)."""
        digest = bytes.fromhex(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        )
        self.assertTrue(PasswordHash(10, 8, 16, b"NaCl", digest).is_of("password"))

    def test_constant_time(self) -> None:
        """Hashes are compared in a time that does not depend on them (CVE-2021-33880)."""
        with mock.patch("hmac.compare_digest", return_value=True) as compare:
            self.assertTrue(verify_password("wrong", password_hash("right")))
        self.assertEqual(compare.call_count, 1)

    def test_command(self) -> None:
        """``python -m wstwist.auth`` makes one of what is piped in, and wants something."""

        def run(given: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "wstwist.auth"]
            return subprocess.run(command, input=given, capture_output=True, text=True, check=False)

        made = run("right\n")
        self.assertTrue(verify_password("right", made.stdout.strip()), made.stderr)
        self.assertEqual((run("").returncode, run("").stderr), (1, "wstwist: a password, please\n"))


class Guarded(Project):
    """Its clients need a password."""

    authenticate = basic({"ann": password_hash("right")})

    async def on_connect(self, client: Client) -> None:
        client.send(f"{client.user} {threading.current_thread() is threading.main_thread()}")


class ServedTests(ServedCase):
    """On real connections."""

    async def test_it(self) -> None:
        """The right password is let in, and another one is a 401 with a challenge."""
        await self.serve(Guarded)
        client = await self.connect(headers=credentials("ann:right"))
        self.assertEqual(await client.receive(), "ann True")
        for wrong in ({}, credentials("ann:wrong"), credentials("eve:right")):
            with self.assertRaises(Closed):
                await self.connect(headers=wrong)
            lines = [f"{name}: {value}" for name, value in wrong.items()]
            answer = await (await self.connect_raw(handshake("/Guarded", *lines))).answer()
            self.assertTrue(answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n"), answer)
            self.assertIn(b'\r\nWWW-Authenticate: Basic realm="Guarded", charset="UTF-8"\r\n', answer)

    async def test_many_at_once(self) -> None:
        """Those that come all at once are let in one after the other, and nobody waits for a thread."""
        await self.serve(Guarded)
        clients = [await self.connect(headers=credentials("ann:right")) for _ in range(20)]
        self.assertEqual({await client.receive() for client in clients}, {"ann True"})


class ServedOverTlsTests(ServedTests):
    transport = "tls"


class InASiteTests(ServedCase):
    """Inside a site of twisted.web's."""

    async def test_it(self) -> None:
        """The resource asks as the server of its own does."""
        service = ProjectService(Guarded)
        self.service = service
        service.startService()
        self.addCleanup(self._stop, service)
        root = Resource()
        root.putChild(b"chat", service.resource())
        port = endpoints.listen(endpoints.tcp(reactor, 0, "127.0.0.1"), Site(root), "a site")
        self.addCleanup(port.stopListening)
        self.site_port = port.getHost().port
        client = await self.connect("/chat", headers=credentials("ann:right"))
        self.assertEqual(await client.receive(), "ann True")
        answer = await (await self.connect_raw(handshake("/chat"))).answer()
        self.assertTrue(answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n"), answer)
        self.assertIn(b"\r\nWWW-Authenticate: Basic ", answer)

    @property
    def way(self) -> Any:
        return Place("tcp", self.place.folder).way(self.site_port)
