# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the event that says who a client is."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Closed, ServedCase, handshake
from wstwist import CannotCross, Client, Limits, Project, Refuse
from wstwist.project import HandshakeRequest
from wstwist.testing import MemoryServer


@dataclass
class Person:
    """Somebody."""

    name: str
    roles: list[str]


class Noting(Project):
    """Notes what happens, and in which order."""

    events: list[str] = []
    seen: Any = None

    async def on_connect(self, client: Client) -> None:
        self.events.append(f"on_connect {client.user!r}")

    def user_of(self, client: Client) -> Any:
        return client.user


class Async(Noting):
    async def authenticate(self, request: HandshakeRequest) -> Any:
        self.events.append("authenticate")
        return await succeed(request.query.get("user"))


class Plain(Noting):
    def authenticate(self, request: HandshakeRequest) -> Any:
        self.events.append("authenticate")
        return request.query.get("user")


class Twisted(Noting):
    @inlineCallbacks
    def authenticate(self, request: HandshakeRequest) -> Generator[Deferred[Any], Any, Any]:
        self.events.append("authenticate")
        return (yield succeed(request.query.get("user")))


KINDS = (Async, Plain, Twisted)


class UserTests(SynchronousTestCase):
    """What `authenticate` gives is the client's `user`."""

    def test_kinds(self) -> None:
        """It may be def, async def or decorated with inlineCallbacks; it comes before on_connect."""
        for kind in KINDS:
            with MemoryServer(kind) as server:
                client = server.connect("?user=ann")
                self.assertEqual(client.instance.events, ["authenticate", "on_connect 'ann'"])
                self.assertEqual(client.instance.client.user, "ann")

    def test_none_is_401(self) -> None:
        """Who is nobody may not come in, and on_connect does not run."""
        for kind in KINDS:
            with MemoryServer(kind) as server:
                with self.assertRaises(Refuse) as caught:
                    server.connect()
                self.assertEqual((caught.exception.status, caught.exception.headers), (401, {}))
                self.assertEqual((server._host.contexts, server.clients), ({}, []))

    def test_without_the_event(self) -> None:
        """Without it everybody comes in, and user is None."""
        with MemoryServer(Noting) as server:
            self.assertIsNone(server.connect().instance.client.user)

    def test_falsehood_is_no_refusal(self) -> None:
        """Only None is a refusal: an empty name is a user, too."""
        with MemoryServer(Async) as server:
            self.assertEqual(server.connect("?user=").instance.client.user, "")

    def test_refuse(self) -> None:
        """It may refuse with a status, a reason and header fields of its own."""

        class Banned(Project):
            async def authenticate(self, request: HandshakeRequest) -> None:
                raise Refuse(403, "not you", {"X-Why": "banned"})

        with MemoryServer(Banned) as server:
            with self.assertRaises(Refuse) as caught:
                server.connect()
            refusal = caught.exception
            self.assertEqual(
                (refusal.status, refusal.reason, refusal.headers), (403, "not you", {"X-Why": "banned"})
            )

    def test_error(self) -> None:
        """What it raises is reported, as of every event, and the client gets 500."""

        class Broken(Project):
            told: ClassVar[list[str]] = []

            async def authenticate(self, request: HandshakeRequest) -> None:
                raise OSError("the directory is away")

            async def on_error(self, event: str, error: Exception) -> None:
                self.told.append(f"{event}: {error}")

        with MemoryServer(Broken) as server:
            with self.assertRaises(Refuse) as caught:
                server.connect()
            self.assertEqual(caught.exception.status, 500)
            ((_, event, error),) = server.errors
            self.assertEqual((event, type(error)), ("authenticate", OSError))
            self.assertEqual(Broken.told, ["authenticate: the directory is away"])
            server.errors.clear()

    def test_by_value(self) -> None:
        """The user is a value: whoever changes what was given, or what he gets, changes nothing."""

        class Listed(Noting):
            person: Any = None

            async def authenticate(self, request: HandshakeRequest) -> Person:
                self.person = Person("ann", ["guest"])
                return self.person

            async def on_connect(self, client: Client) -> None:
                self.person.roles.append("admin")
                client.user.roles.append("admin")

        with MemoryServer(Listed) as server:
            instance = server.connect().instance
            self.assertEqual(instance.client.user, Person("ann", ["guest"]))
            self.assertIsNot(instance.client.user, instance.client.user)

    def test_in_other_contexts(self) -> None:
        """Other contexts see it on the handle, before and after the handle has crossed by value."""
        with MemoryServer(Async) as server:
            client = server.connect("?user=ann").instance.client
            other = server.connect("?user=bob").instance
            self.assertEqual(server.run(server.service.execute_global_service(Async.user_of, client)), "ann")
            (first, second) = server.run(other.connected_clients())
            self.assertEqual({first.user, second.user}, {"ann", "bob"})
            values = server._host.values
            self.assertEqual(values.loads(values.dumps(client)).user, "ann")

    def test_handle_packed_before(self) -> None:
        """A handle that has crossed while authenticate ran has the user afterwards all the same."""

        class Early(Noting):
            async def authenticate(self, request: HandshakeRequest) -> str:
                await self.execute_global_service(self.user_of, self.client)
                return "ann"

        with MemoryServer(Early) as server:
            client = server.connect().instance.client
            values = server._host.values
            self.assertEqual(values.loads(values.dumps(client)).user, "ann")

    def test_what_cannot_cross(self) -> None:
        """A user that cannot go to other contexts is an error that says so, and 500; a client in it, too."""
        for given, words in (({"who": object()}, "object"), ([Client], "type")):

            class Odd(Project):
                async def authenticate(self, request: HandshakeRequest) -> Any:
                    return given  # noqa: B023 - served before the next turn of the loop

            with MemoryServer(Odd) as server:
                self.assertRaises(Refuse, server.connect)
                ((_, event, error),) = server.errors
                self.assertEqual((event, type(error)), ("authenticate", CannotCross))
                self.assertIn("what authenticate returned[", str(error))
                self.assertIn(words, str(error))
                server.errors.clear()

    def test_a_client_is_no_user(self) -> None:
        """A handle within a handle is refused."""

        class Odd(Project):
            async def authenticate(self, request: HandshakeRequest) -> Any:
                return {"me": self.client}

        with MemoryServer(Odd) as server:
            self.assertRaises(Refuse, server.connect)
            self.assertIn("a client cannot stand within a client", str(server.errors.pop()[2]))


class RequestTests(SynchronousTestCase):
    """What it is given."""

    def test_request(self) -> None:
        """It has all that the client came with, and is `self.request`."""

        class Asking(Project):
            async def authenticate(self, request: HandshakeRequest) -> Any:
                assert request is self.request
                request.response_headers["X-Seen"] = "yes"
                return {
                    name: getattr(request, name)
                    for name in (
                        "path",
                        "query",
                        "address",
                        "port",
                        "origin",
                        "secure",
                        "protocols",
                        "certificate",
                    )
                } | {"all": dict(request.query_all), "cookies": dict(request.cookies)}

        with MemoryServer(Asking, {"origins": ["*"]}) as server:
            headers = {
                "Origin": "https://a.example",
                "Sec-WebSocket-Protocol": "bearer, abc,, def",
                "Cookie": "a=b",
            }
            client = server.connect("/Asking?a=1&a=2", headers=headers, address="192.0.2.7", secure=True)
            self.assertEqual(
                client.instance.client.user,
                {
                    "path": "/Asking",
                    "query": {"a": "2"},
                    "all": {"a": ("1", "2")},
                    "address": "192.0.2.7",
                    "port": 50000,
                    "origin": "https://a.example",
                    "secure": True,
                    "protocols": ("bearer", "abc", "def"),
                    "certificate": None,
                    "cookies": {"a": "b"},
                },
            )
            self.assertEqual(client.response_headers, {"X-Seen": "yes"})

    def test_after_limits_and_origin(self) -> None:
        """Who may not come in for another reason is not asked."""

        class Never(Project):
            async def authenticate(self, request: HandshakeRequest) -> Any:
                raise AssertionError

        with MemoryServer(Never) as server, self.assertRaises(Refuse) as caught:
            server.connect(headers={"Origin": "https://evil.example"})
        self.assertEqual(caught.exception.status, 403)


class Slow(Noting):
    """One of its events waits."""

    limits = Limits(connect_time=10)
    waiting: Any = None

    async def authenticate(self, request: HandshakeRequest) -> str:
        if request.query["slow"] == "authenticate":
            await Deferred()
        return "ann"

    async def on_connect(self, client: Client) -> None:
        self.events.append("on_connect")
        await Deferred()


class TimeTests(SynchronousTestCase):
    """How long it may take."""

    def refused_after(self, server: MemoryServer[Slow], target: str, seconds: float) -> int:
        client = server.connect(target)
        server.advance(seconds - 0.1)
        self.assertIsNone(client.refused)
        server.advance(0.2)
        assert client.refused is not None
        return client.refused.status

    def test_connect_time(self) -> None:
        """It and on_connect have `connect_time` together; then it is 503, and what waits is cancelled."""
        with MemoryServer(Slow) as server:
            self.assertEqual(self.refused_after(server, "?slow=authenticate", 10), 503)
            self.assertEqual(self.refused_after(server, "?slow=on_connect", 10), 503)
            self.assertEqual(server._host.contexts, {})

    def test_the_log_names_it(self) -> None:
        """The line says which of the two took too long."""
        from twisted.logger import capturedLogs

        with MemoryServer(Slow) as server, capturedLogs() as captured:
            self.refused_after(server, "?slow=authenticate", 10)
        (event,) = (event["event"] for event in captured if event.get("event"))
        self.assertEqual(event, "authenticate")


class ServedTests(ServedCase):
    """On a real connection."""

    async def test_it(self) -> None:
        """A client that is somebody comes in, and another one gets 401."""
        await self.serve(Async)
        client = await self.connect("?user=ann")
        self.assertIsNone(client.end)
        with self.assertRaises(Closed):
            await self.connect()
        raw = await self.connect_raw(handshake("/Async"))
        self.assertIn(b"HTTP/1.1 401 Unauthorized\r\n", await raw.answer())
        self.assertEqual(self.host.counters["refused_401"], 2)

    async def test_blocking(self) -> None:
        """A def waits in a thread."""
        await self.serve(Plain)
        await self.connect("?user=ann")
        with self.assertRaises(Closed):
            await self.connect()


class ServedOverTlsTests(ServedTests):
    transport = "tls"


class ServedOverUnixTests(ServedTests):
    transport = "unix"
