# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Groups of clients, and who is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wstwist import Client, Limits, Project, Refuse
from wstwist.testing import MemoryServer


class Chat(Project):
    limits = Limits(groups=3)
    told: list[tuple[str, list[Client], list[Client]]] = []

    async def on_connect(self, client: Client) -> None:
        for group in client.query_all.get("room", ()):
            client.join(group)
        if "refused" in client.query:
            raise Refuse(403)
        if "room" in client.query:
            self.broadcast("somebody comes", group=client.query["room"])

    async def on_message(self, client: Client, message: str | bytes) -> None:
        kind, group, *text = str(message).split(" ", 2)
        match kind:
            case "join":
                client.join(group)
            case "leave":
                client.leave(group)
            case "tell":
                await self.broadcast(text[0], group=group, exclude=client)
            case "ask":
                clients = await self.connected_clients(group)
                client.send(f"{await self.count_clients(group)} {[each.query['name'] for each in clients]}")
            case "count":
                client.send(str(await self.count_clients()))

    async def on_presence(self, group: str, joined: Sequence[Client], left: Sequence[Client]) -> None:
        self.told.append((group, list(joined), list(left)))

    def put_all_into(self, group: str) -> None:
        for client in self.connected_clients().wait():
            client.join(group)


class MembersTests(SynchronousTestCase):
    """Who is in a group, and gets what is sent to it."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Chat))
        self.ann, self.bob, self.cid = (
            self.server.connect(f"?name={name}") for name in ("ann", "bob", "cid")
        )

    def received(self) -> list[list[str | bytes]]:
        """Give what each has received since the last time."""
        found = [list(each.received) for each in (self.ann, self.bob, self.cid)]
        for each in (self.ann, self.bob, self.cid):
            each.received.clear()
        return found

    def test_broadcast(self) -> None:
        """What is sent to a group reaches those who are in it, but whom it excludes."""
        self.ann.send("join red")
        self.bob.send("join red")
        self.ann.send("tell red x")
        self.cid.send("tell red y")
        self.assertEqual(self.received(), [["y"], ["x", "y"], []])
        self.bob.send("leave red")
        self.bob.send("leave red")
        self.cid.send("tell red z")
        self.cid.send("tell nobody z")
        self.assertEqual(self.received(), [["z"], [], []])

    def test_lists(self) -> None:
        """A group is listed and counted, in the order of joining; all are counted, too."""
        for client in (self.bob, self.ann, self.bob):
            client.send("join red")
        self.cid.send("ask red")
        self.cid.send("ask blue")
        self.cid.send("count all")
        self.assertEqual(self.received()[2], ["2 ['bob', 'ann']", "0 []", "3"])

    def test_gone(self) -> None:
        """A client that goes is in no group any more; nothing is kept of groups without members."""
        for group in ("red", "blue"):
            self.ann.send(f"join {group}")
        self.bob.send("join red")
        self.ann.close()
        self.cid.send("ask red")
        self.assertEqual(self.received()[2], ["1 ['bob']"])
        self.bob.close()
        self.assertEqual(len(self.server._host.groups), 0)
        client = self.ann.instance.client
        client.join("red")
        client.leave("red")
        self.assertEqual(len(self.server._host.groups), 0)

    def test_who_still_connects(self) -> None:
        """Who joins in on_connect is sent to from then on, and in lists once it is accepted."""
        dan = self.server.connect("?name=dan&room=red")
        self.assertEqual(list(dan.received), ["somebody comes"])
        self.cid.send("ask red")
        self.assertEqual(self.received()[2], ["1 ['dan']"])

    def test_refused(self) -> None:
        """Who is turned away leaves nothing behind."""
        self.assertRaises(Refuse, self.server.connect, "?room=red&refused")
        self.assertEqual(len(self.server._host.groups), 0)

    def test_from_another_context_and_thread(self) -> None:
        """Any context and any thread may have a client join."""
        self.server.run(self.server.service.execute_global_service(Chat.put_all_into, "red"))
        self.cid.send("ask red")
        self.assertEqual(self.received()[2], ["3 ['ann', 'bob', 'cid']"])

    def test_most(self) -> None:
        """Beyond the limit a client does not join, which is counted; then it leaves one, and may."""
        for group in "abcd":
            self.ann.send(f"join {group}")
        self.assertEqual(list(self.server._host.groups.of(self.ann.instance.client.id)), ["a", "b", "c"])
        self.assertEqual(self.server._host.counters["joins_refused"], 1)
        self.ann.send("leave b")
        self.ann.send("join d")
        self.assertEqual(list(self.server._host.groups.of(self.ann.instance.client.id)), ["a", "c", "d"])

    def test_wrong_names(self) -> None:
        """What is no name of a group is an error where it is given."""
        client: Any = self.ann.instance.client
        self.assertRaisesRegex(TypeError, "join: a group is named by a str", client.join, 7)
        self.assertRaisesRegex(ValueError, "leave: .* 1 to 200 characters, not 0", client.leave, "")
        self.assertRaisesRegex(ValueError, "join: .* not 201", client.join, "x" * 201)
        self.assertRaisesRegex(ValueError, "lone surrogate", client.join, "\ud800")
        bus = self.server._host.bus
        self.assertRaisesRegex(ValueError, "either the clients", bus.broadcast, "x", [client], "red", ())
        self.assertRaisesRegex(TypeError, "count_clients: ", bus.count_clients, 7)
        self.assertRaisesRegex(TypeError, "connected_clients: ", bus.clients, 7)


class PresenceTests(SynchronousTestCase):
    """The global service is told who has come and gone."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Chat))

    def told(self) -> list[Any]:
        """Give what the service was told since the last time: groups, and ids of clients."""
        self.server.advance(0.1)
        told = self.server.service.told
        found = [
            (group, [each.query["name"] for each in joined], [each.query["name"] for each in left])
            for group, joined, left in told
        ]
        told.clear()
        return found

    def connect(self, name: str, more: str = "") -> Any:
        return self.server.connect(f"?name={name}&{more}")

    def test_batches(self) -> None:
        """What happens within a tenth of a second is told together, group by group."""
        ann, bob = self.connect("ann", "room=red"), self.connect("bob")
        bob.send("join red")
        bob.send("join blue")
        self.assertEqual(self.server.service.told, [])
        self.assertEqual(self.told(), [("red", ["ann", "bob"], []), ("blue", ["bob"], [])])
        ann.close()
        bob.send("leave red")
        self.connect("cid", "room=red")
        self.assertEqual(self.told(), [("red", ["cid"], ["ann", "bob"])])
        self.assertEqual(self.told(), [])

    def test_there_and_back(self) -> None:
        """Who comes and goes between two batches is told of in neither."""
        ann = self.connect("ann")
        ann.send("join red")
        ann.send("leave red")
        self.assertEqual(self.told(), [])
        ann.send("join red")
        self.assertEqual(self.told(), [("red", ["ann"], [])])
        ann.send("leave red")
        ann.send("join red")
        self.assertEqual(self.told(), [])

    def test_refused(self) -> None:
        """Of who is turned away nobody is told."""
        self.assertRaises(Refuse, self.connect, "ann", "room=red&refused")
        self.assertEqual(self.told(), [])

    def test_stop(self) -> None:
        """Those who go with the server are told of before on_service_stop."""
        order: list[object] = []

        class Room(Chat):
            async def on_presence(self, group: str, joined: Sequence[Client], left: Sequence[Client]) -> None:
                order.append((group, len(joined), len(left)))

            async def on_service_stop(self) -> None:
                order.append("stop")

        with MemoryServer(Room) as server:
            server.connect("?room=red")
            server.advance(0.1)
        self.assertEqual(order, [("red", 1, 0), ("red", 0, 1), "stop"])

    def test_error(self) -> None:
        """What on_presence raises is logged, and the next batch is told."""
        told: list[str] = []

        class Room(Chat):
            async def on_presence(self, group: str, joined: Sequence[Client], left: Sequence[Client]) -> None:
                told.append(group)
                raise ValueError(group)

        with MemoryServer(Room) as server:
            client = server.connect("?room=red")
            server.advance(0.1)
            client.send("join blue")
            server.advance(0.1)
            self.assertEqual(told, ["red", "blue"])
            server.stop()
            self.assertEqual([event for _, event, _ in server.errors], ["on_presence"] * 4)
            server.errors.clear()

    def test_busy(self) -> None:
        """While the service is told of one batch the next one grows."""
        waits: list[Deferred[None]] = []
        told: list[tuple[int, int]] = []

        class Room(Chat):
            async def on_presence(self, group: str, joined: Sequence[Client], left: Sequence[Client]) -> None:
                told.append((len(joined), len(left)))
                waits.append(Deferred())
                await waits[-1]

        with MemoryServer(Room) as server:
            server.connect("?room=red")
            server.advance(0.1)
            for _ in range(5):
                server.connect("?room=red")
                server.advance(0.2)
            self.assertEqual(told, [(1, 0)])
            server._do(lambda: waits[0].callback(None))
            server.advance(0.2)
            self.assertEqual(told, [(1, 0), (5, 0)])
            server._do(lambda: waits[1].callback(None))
            server.advance(0.2)
            self.assertEqual(len(told), 2)
            server.stop()  # what it is told then does not end, and is cancelled
            server.errors.clear()
