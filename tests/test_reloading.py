# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Contexts go over to new code of their project, each between two of its events: `MemoryServer.reload`."""

from __future__ import annotations

import gc
import weakref
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from wstwist import Client, ConfigurationError, NoSuchProcedure, Project, Refuse
from wstwist.testing import MemoryServer


def named_chat(cls: type[Project]) -> type[Project]:
    """Have a class bear the name that the projects of these tests have."""
    cls.__name__ = "Chat"
    return cls


class Reloading(TestCase):
    """What becomes of a context."""

    def serve(self, project: type[Project], **settings: Any) -> MemoryServer[Any]:
        server = MemoryServer(project, settings)
        self.addCleanup(server.stop)
        return server

    def test_new_code(self):
        """The next event is the new code's, in every context; nobody is disconnected."""

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                client.send(f"one {message}")

            def who(self) -> str:
                return "one"

        @named_chat
        class Other(Project):
            def on_message(self, client: Client, message: str) -> None:
                client.send(f"two {message}")

            def who(self) -> str:
                return "two"

        server = self.serve(Chat)
        ann, bob = server.connect(), server.connect()
        ann.send("a")
        server.reload(Other)
        ann.send("b")
        bob.send("c")
        self.assertEqual((ann.received, bob.received), (["one a", "two b"], ["two c"]))
        self.assertTrue(ann.is_open and bob.is_open)
        self.assertIs(type(ann.instance), Other)
        self.assertIs(type(server.service), Other)
        self.assertIs(type(server.connect().instance), Other)
        self.assertEqual(server.run(server.service.execute_global_service("who")), "two")

    def test_globals(self):
        """They are kept, those that only the class held too; new ones have their defaults."""

        class Chat(Project):
            number = 1
            read_only = "old"
            same = "same"
            gone = "gone"
            seen: dict[str, int] = {}

        @named_chat
        class Other(Project):
            number = 2
            read_only = "new"
            same = "same"
            seen: dict[str, int] = {"never": 0}
            added = 7
            listed: list[int] = [1]

        server = self.serve(Chat)
        ann, bob = server.connect(), server.connect()
        ann.instance.number = 10
        ann.instance.seen["Ann"] = 1
        ann.instance.made = "in an event"
        seen = ann.instance.seen
        server.reload(Other)
        self.assertIs(ann.instance.seen, seen)
        self.assertEqual((ann.instance.number, bob.instance.number), (10, 1))
        self.assertEqual((ann.instance.seen, bob.instance.seen), ({"Ann": 1}, {}))
        self.assertEqual(ann.instance.made, "in an event")
        self.assertEqual((ann.instance.read_only, ann.instance.gone, ann.instance.added), ("old", "gone", 7))
        self.assertNotIn("same", vars(ann.instance))
        ann.instance.listed.append(2)
        self.assertEqual((bob.instance.listed, Other.listed), ([1], [1]))
        eve = server.connect()
        self.assertEqual(
            (eve.instance.number, eve.instance.read_only, eve.instance.seen), (2, "new", {"never": 0})
        )
        self.assertEqual((server.service.number, server.service.read_only), (1, "old"))

    def test_assigned_to_the_class(self):
        """What somebody has assigned to the class is what its contexts keep."""

        class Chat(Project):
            motd = "first"

        @named_chat
        class Other(Project):
            motd = "other"

        server = self.serve(Chat)
        ann = server.connect()
        Chat.motd = "assigned"
        server.reload(Other)
        self.assertEqual((ann.instance.motd, server.connect().instance.motd), ("assigned", "other"))

    def test_twice(self):
        """A default is that of the code with which the context came, however often it changes after."""

        def version(value: int, *names: str) -> type[Project]:
            return named_chat(type(f"V{value}", (Project,), {"value": value} | dict.fromkeys(names, value)))

        server = self.serve(version(1))
        ann = server.connect()
        server.reload(version(2, "second"))
        bob = server.connect()
        server.reload(version(3, "second", "third"))
        self.assertEqual((ann.instance.value, bob.instance.value, server.connect().instance.value), (1, 2, 3))
        self.assertEqual((ann.instance.second, ann.instance.third), (2, 3))

    def test_no_longer_a_global(self):
        """A name that the new class has for something else is that, and not the value of before."""

        class Chat(Project):
            total = 1
            shared: list[int] = [1]
            listed: list[int] = []

        @named_chat
        class Other(Project):
            shared: ClassVar[list[int]] = [2]

            def total(self) -> int:
                return 3

            @property
            def listed(self) -> str:
                return "property"

        server = self.serve(Chat)
        ann = server.connect()
        ann.instance.total = 5
        server.reload(Other)
        self.assertEqual((ann.instance.total(), ann.instance.listed), (3, "property"))
        self.assertIs(ann.instance.shared, Other.shared)

    def test_attribute_over_method(self):
        """A method that an instance has replaced for itself stays replaced."""

        class Chat(Project):
            def name(self) -> str:
                return "method"

            def __init__(self) -> None:
                self.name = lambda: "own"

        @named_chat
        class Other(Chat):
            def name(self) -> str:
                return "other"

        server = self.serve(Chat)
        ann = server.connect()
        server.reload(Other)
        self.assertEqual(ann.instance.name(), "own")

    def test_event_in_progress(self):
        """An event in progress ends on the old code, also its on_error; what waits is the new code's."""
        going: list[Deferred[None]] = []

        class Chat(Project):
            version = 1

            async def on_message(self, client: Client, message: str) -> None:
                if message == "wait":
                    going.append(Deferred())
                    await going[-1]
                client.send(f"{message} {type(self).__qualname__[-4:]} {self.version} {self.name()}")
                if message == "wait":
                    raise ValueError

            def name(self) -> str:
                return "old"

            def on_error(self, event: str, error: Exception) -> None:
                self.client.send("old error")

        @named_chat
        class Next(Project):
            version = 2

            async def on_message(self, client: Client, message: str) -> None:
                client.send(f"new {message} {self.version} {self.name()}")

            def name(self) -> str:
                return "new"

            def on_error(self, event: str, error: Exception) -> None:
                self.client.send("new error")

        server = self.serve(Chat)
        ann, bob = server.connect(), server.connect()
        for message in ("wait", "a", "b"):
            ann.send(message)
        server.reload(Next)
        bob.send("at once")
        self.assertEqual(bob.received, ["new at once 1 new"])
        self.assertIs(type(ann.instance), Chat)
        server._do(lambda: going[0].callback(None))
        self.assertEqual(ann.received, ["wait Chat 1 old", "old error", "new a 1 new", "new b 1 new"])
        self.assertIsInstance(server.errors.pop()[2], ValueError)

    def test_twice_during_an_event(self):
        """Where the code is reloaded twice during an event, the newest follows it."""
        going: Deferred[None] = Deferred()

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                await going

        def version(number: int) -> type[Project]:
            class Version(Project):
                async def on_message(self, client: Client, message: str) -> None:
                    client.send(f"{number} {message}")

            return named_chat(Version)

        server = self.serve(Chat)
        ann = server.connect()
        ann.send("wait")
        ann.send("a")
        server.reload(version(2))
        server.reload(version(3))
        server._do(lambda: going.callback(None))
        ann.send("b")
        self.assertEqual(ann.received, ["3 a", "3 b"])

    def test_calls(self):
        """Calls that wait are the new code's; NoSuchProcedure where their procedure is gone."""
        going: Deferred[None] = Deferred()

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                await going

            def stays(self) -> str:
                return "old"

            def goes(self) -> str:
                return "old"

        @named_chat
        class Other(Project):
            def stays(self) -> str:
                return "new"

        server = self.serve(Chat)
        ann, bob = server.connect(), server.connect()
        ann.send("wait")
        waiting = {name: ann._context.client.execute(name) for name in ("stays", "goes")}
        server._do(lambda: None)
        server.reload(Other)
        server._do(lambda: going.callback(None))
        self.assertEqual(server.run(waiting["stays"]), "new")
        error = self.assertRaises(NoSuchProcedure, server.run, waiting["goes"])
        self.assertIn("Chat has no procedure goes any more", str(error))
        self.assertRaises(NoSuchProcedure, server.run, bob._context.client.execute("goes"))

    def test_calls_of_old_code(self):
        """An event in progress may still call the procedures that it knows, by its own functions."""
        going: Deferred[None] = Deferred()

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                await going
                for procedure in (Chat.count, self.count, Chat.gone):
                    try:
                        client.send(str(await self.execute_global_service(procedure, 1)))
                    except NoSuchProcedure as error:
                        client.send(type(error).__name__)

            def count(self, number: int) -> str:
                return f"old {number}"

            def gone(self, number: int) -> str:
                return "old"

        @named_chat
        class Other(Project):
            def count(self, number: int) -> str:
                return f"new {number}"

        server = self.serve(Chat)
        ann = server.connect()
        ann.send("go")
        server.reload(Other)
        server._do(lambda: going.callback(None))
        self.assertEqual(ann.received, ["new 1", "new 1", "NoSuchProcedure"])

    def test_coming_and_going(self):
        """Who comes is let in by the code with which that began; who goes is seen off by the new code."""
        going: list[Deferred[None]] = []
        ends: list[str] = []

        class Chat(Project):
            async def on_connect(self, client: Client) -> None:
                going.append(Deferred())
                await going[-1]
                if client.query:
                    raise Refuse(403, "no")
                client.send("old welcome")

            def on_disconnect(self, client: Client) -> None:
                ends.append("old")

        @named_chat
        class Other(Project):
            async def on_connect(self, client: Client) -> None:
                client.send("new welcome")

            async def on_message(self, client: Client, message: str) -> None:
                client.send(f"new {message}")

            def on_disconnect(self, client: Client) -> None:
                ends.append("new")

        server = self.serve(Chat)
        ann, eve = server.connect(), server.connect("?a=b")
        server.reload(Other)
        for each in going:
            server._do(lambda each=each: each.callback(None))
        self.assertEqual(eve.refused.status, 403)
        ann.send("a")
        self.assertEqual(ann.received, ["old welcome", "new a"])
        ann.close()
        self.assertEqual(ends, ["new"])
        self.assertEqual(server.connect().received, ["new welcome"])
        self.assertEqual(list(server._host.contexts), server.clients)

    def test_service(self):
        """The global service goes on: not started again, at the new interval, and with its globals."""

        class Chat(Project):
            interval = "10 s"
            runs = 0
            starts = 0

            def on_service_start(self) -> None:
                self.starts += 1

            def global_service(self) -> None:
                self.runs += 1

        @named_chat
        class Other(Chat):
            interval = "2 s"

            def global_service(self) -> None:
                self.runs += 100

        server = self.serve(Chat)
        server.advance(10)
        self.assertEqual(server.service.runs, 2)
        server.reload(Other)
        self.assertEqual(server.service.runs, 2)
        server.advance(4)
        self.assertEqual((server.service.runs, server.service.starts), (202, 1))

    def test_service_comes_and_goes(self):
        """A global_service that is new begins at once; one that is gone runs no more."""

        class Chat(Project):
            runs = 0

        @named_chat
        class Running(Chat):
            def global_service(self) -> None:
                self.runs += 1

        server = self.serve(Chat)
        for project, at_once, later in ((Running, 1, 3), (Chat, 3, 3), (Running, 4, 6), (Running, 6, 8)):
            server.reload(project)
            self.assertEqual(server.service.runs, at_once)
            server.advance(20)
            self.assertEqual(server.service.runs, later)

    def test_settings(self):
        """Settings of the new class hold; the configuration goes before it, and some need a restart."""

        class Chat(Project):
            interval = "10 s"

        @named_chat
        class Other(Project):
            interval = "5 s"
            reply_timeout = "7 s"
            keep_headers = True
            path = "/other"

        server = self.serve(Chat, reply_timeout="3 s")
        server.reload(Other)
        settings = server._host.definition.settings
        self.assertEqual((settings.interval, settings.reply_timeout, settings.keep_headers), (5.0, 3.0, True))
        self.assertEqual(server._host.path, "/Chat")

    def test_refused(self):
        """A class that cannot take over is refused, and nothing has changed."""

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                client.send("old")

        @named_chat
        class Slotted(Project):
            __slots__ = ("a",)

        class Renamed(Project):
            pass

        @named_chat
        class Wrong(Project):
            def on_mesage(self, client: Client, message: str) -> None: ...

        server = self.serve(Chat)
        ann = server.connect()
        for project, words in (
            (Slotted, "Chat: contexts cannot go over to its new class: "),
            (Renamed, "Renamed was Chat before, and a project keeps its name"),
            (Wrong, "did you mean on_message?"),
        ):
            error = self.assertRaises(ConfigurationError, server.reload, project)
            self.assertIn(words, str(error))
            ann.send("a")
            self.assertEqual(ann.receive(), "old")

    def test_copy_fails(self):
        """Where a new global cannot be copied for a context any more, it stays with the code that it has."""

        class Once:
            copies = 0

            def __deepcopy__(self, memo: object) -> Once:
                Once.copies += 1
                if Once.copies == 3:
                    raise ValueError("no more")
                return Once()

        class Chat(Project):
            async def on_message(self, client: Client, message: str) -> None:
                client.send("old")

        @named_chat
        class Other(Project):
            once = Once()

            async def on_message(self, client: Client, message: str) -> None:
                client.send("new")

        server = self.serve(Chat)
        ann, bob = server.connect(), server.connect()
        server.reload(Other)
        for each in (ann, bob):
            each.send("a")
        self.assertEqual((ann.received, bob.received), (["old"], ["new"]))
        self.assertEqual([(where, str(error)) for _, where, error in server.errors], [("reload", "no more")])
        server.errors.clear()
        server.reload(Other)

    def test_nothing_kept(self):
        """When all contexts have gone over, the old code is let go."""

        def version(number: int) -> type[Project]:
            class Version(Project):
                async def on_message(self, client: Client, message: str) -> None:
                    await self.execute_global_service(Version.count)
                    client.send(str(number))

                async def count(self) -> None: ...

            return named_chat(Version)

        server = self.serve(version(0))
        ann = server.connect()
        classes = []
        for number in range(1, 4):
            ann.send("a")
            classes.append(weakref.ref(type(ann.instance)))
            server.reload(version(number))
        gc.collect()
        self.assertEqual([each() for each in classes], [None] * 3)
        ann.send("a")
        self.assertEqual(ann.received, ["0", "1", "2", "3"])

    def test_user(self):
        """Who the client is, stays, and `authenticate` is not asked again."""

        class Chat(Project):
            pass

        @named_chat
        class Other(Project):
            async def authenticate(self, request: Any) -> str:
                return "new"

            async def on_message(self, client: Client, message: str) -> None:
                client.send(str(client.user))

        server = self.serve(Chat)
        ann = server.connect()
        server.reload(Other)
        ann.send("a")
        self.assertEqual(ann.received, ["None"])
        self.assertEqual(server.connect()._context.client.user, "new")
