# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What contexts hold of classes and functions of reloaded code becomes of those of today, and crosses."""

from __future__ import annotations

import gc
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

from tests.fresh import ModulesCase
from wstwist import CannotCross, NoSuchProcedure, ProcedureError
from wstwist.fresh_code import FreshCode
from wstwist.testing import MemoryServer

GAME = """
    import asyncio
    from collections import namedtuple
    from dataclasses import dataclass, field
    from enum import Enum, Flag
    from types import MethodType
    from wstwist import Project
    from parts import *

    class Game(Project):
        colour = Colour.RED
        both = (Rights.READ | Rights.WRITE, 1)
        held: dict[str, object] = {}
        going = {}

        async def authenticate(self, request):
            return User("Ann", Colour.RED)

        async def on_message(self, client, message):
            self.going[client.id] = asyncio.get_running_loop().create_future()
            await self.going[client.id]
            client.send(await self.execute_global_service("give", Card(Colour.RED, [1])))

        async def keep(self, *values):
            self.kept = values

        async def give(self, card):
            return f"{type(card) is Card} {card.colour is Colour.RED}"

        async def given(self, what):
            return self.held[what]

        async def waiting(self):
            return "waiting of old"
"""
PARTS = """
    from collections import namedtuple
    from dataclasses import dataclass, field
    from enum import Enum, Flag

    class Colour(Enum):
        RED = 1
        GREEN = 2
        BLUE = 3

    class Rights(Flag):
        READ = 1
        WRITE = 2

    @dataclass
    class Card:
        colour: Colour
        numbers: list

    @dataclass(frozen=True)
    class User:
        name: str
        colour: Colour

    @dataclass(slots=True)
    class Slotted:
        first: object
        second: int = 2

    class Plain:
        def __init__(self, inner):
            self.inner = inner
        def name(self):
            return "old"

    Pair = namedtuple("Pair", "first second")

    def function():
        return "old"
"""
NEW_PARTS = (
    PARTS.replace("GREEN = 2", "GRÜN = 2")
    .replace("BLUE = 3", "")
    .replace(
        "numbers: list",
        "numbers: list\n        added: int = 7\n        more: list = field(default_factory=list)",
    )
    .replace("second: int = 2", "third: int = 3")
    .replace('"first second"', '"second first third", defaults=[3]')
    .replace('"old"', '"new"')
)


class Games(ModulesCase):
    """A project with classes of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.write(game=GAME, parts=PARTS)
        self.old = self.load("parts")
        self.server = MemoryServer(self.load("game").Game)
        self.addCleanup(self.server.stop)
        self.ann, self.bob = self.server.connect(), self.server.connect()
        self.held: dict[str, Any] = self.ann.instance.held

    def reload(self, **modules: str) -> Any:
        """Reload, and give the new module with the classes."""
        self.write(**(modules or {"parts": NEW_PARTS}))
        fresh = FreshCode([self.server._host], "Game")
        self.server._do(fresh.carry_out)
        return self.load("parts")

    def ask(self, *call: Any) -> Any:
        """Have the global service execute a procedure in Ann's context."""
        return self.server.run(self.ann._context.client.execute(*call))

    def test_enums(self):
        """Members of Enums are the new ones: of the same name, else of the same value."""
        old = self.old.Colour
        self.held |= {"red": old.RED, "green": old.GREEN, "blue": old.BLUE}
        new = self.reload().Colour
        self.assertIsNot(old, new)
        self.assertEqual(self.held, {"red": new.RED, "green": new.GRÜN, "blue": old.BLUE})
        self.assertIs(self.ask("given", "red"), new.RED)
        error = self.assertRaises(CannotCross, self.ask, "given", "blue")
        self.assertIn("a parts.Colour that is none of its class any more: the code was reloaded", str(error))

    def test_held_by_the_class(self):
        """So it is with what only the class held; what is the same as the new default stays there."""
        self.write(game=GAME.replace("both = (", "both = (3, "))
        old = self.old.Rights
        new = self.reload()
        self.assertIs(self.ann.instance.colour, new.Colour.RED)
        self.assertNotIn("colour", vars(self.ann.instance))
        self.assertIsInstance(self.ann.instance.both[0], new.Rights)
        self.assertNotIsInstance(self.ann.instance.both[0], old)
        self.assertEqual(self.ann.instance.both, (new.Rights.READ | new.Rights.WRITE, 1))
        self.assertEqual(self.server.connect().instance.both[0], 3)

    def test_dataclasses(self):
        """An instance stays the object that it is, with new fields and without those that are gone."""
        card = self.held["card"] = self.old.Card(self.old.Colour.RED, [self.old.Colour.RED])
        self.held["again"] = [card]
        new = self.reload()
        self.assertIs(self.held["card"], card)
        self.assertIs(self.held["again"][0], card)
        self.assertEqual(card, new.Card(new.Colour.RED, [new.Colour.RED], 7, []))
        self.assertEqual(self.ask("given", "card"), card)
        self.assertEqual(self.ask("give", card), "True True")
        new = self.reload(parts=PARTS)
        self.assertEqual(vars(card), {"colour": new.Colour.RED, "numbers": [new.Colour.RED]})
        self.assertEqual(self.ask("given", "card"), card)

    def test_frozen(self):
        """Of a frozen one there is a new one: the other may be somebody else's, too."""
        user = self.old.User("Ann", self.old.Colour.RED)
        self.held |= {"user": user, "by": {user: 1}, "all": {user}, "some": frozenset([user]), "of": (user,)}
        by, several = self.held["by"], self.held["all"]
        new = self.reload()
        renewed = new.User("Ann", new.Colour.RED)
        self.assertIsNot(self.held["user"], user)
        self.assertIs(self.held["of"][0], self.held["user"])
        self.assertEqual(
            self.held,
            {
                "user": renewed,
                "by": {renewed: 1},
                "all": {renewed},
                "some": frozenset([renewed]),
                "of": (renewed,),
            },
        )
        self.assertIs(self.held["by"], by)
        self.assertIs(self.held["all"], several)
        self.assertIs(type(user), self.old.User)
        for name, value in self.held.items():
            self.assertEqual(self.ask("given", name), value)

    def test_slots(self):
        """Where the slots are others, there is a new instance, too; everywhere the same."""
        slotted = self.old.Slotted(self.old.Colour.RED)
        self.held |= {"a": slotted, "b": [slotted], "c": self.old.Slotted(slotted)}
        new = self.reload()
        self.assertEqual(self.held["a"], new.Slotted(new.Colour.RED, 3))
        self.assertIs(self.held["b"][0], self.held["a"])
        self.assertIs(self.held["c"].first, self.held["a"])
        self.assertEqual(self.ask("given", "c"), self.held["c"])

    def test_other_objects(self):
        """Objects of other classes get the new class, and what they hold; named tuples new fields."""
        plain = self.held["plain"] = self.old.Plain([self.old.Colour.RED])
        plain.me = plain
        self.held["pair"] = self.old.Pair(self.old.Colour.RED, 2)
        new = self.reload()
        self.assertIs(self.held["plain"], plain)
        self.assertEqual((plain.name(), plain.inner), ("new", [new.Colour.RED]))
        self.assertEqual(self.held["pair"], new.Pair(2, new.Colour.RED, 3))
        self.assertIs(type(self.held["pair"]), new.Pair)

    def test_functions(self):
        """Functions, classes and methods that a context holds are the new ones."""
        ann, old = self.ann.instance, self.old
        self.held |= {"f": old.function, "m": old.Plain(1).name, "c": old.Colour, "s": ann.waiting, "l": len}
        self.write(game=GAME.replace("waiting of old", "waiting of new"))
        new = self.reload()
        self.assertIs(self.held["f"], new.function)
        self.assertEqual(self.held["m"](), "new")
        self.assertIs(self.held["c"], new.Colour)
        self.assertIs(self.held["s"].__func__, type(ann).waiting)
        self.assertIs(self.held["s"].__self__, ann)
        self.assertIs(self.held["l"], len)

    def test_containers(self):
        """Every container stays what it is, in its order."""
        red, green = self.old.Colour.RED, self.old.Colour.GREEN
        ordered = OrderedDict({green: 1, red: 2, "x": 3})
        ordered.move_to_end(green)
        self.held |= {
            "deque": deque([red], maxlen=3),
            "ordered": ordered,
            "default": defaultdict(list, {1: [red]}),
            "counter": Counter([red, red]),
            "set": {red, 1},
            "deep": [[[(red, [red])]]],
        }
        before = dict(self.held)
        new = self.reload().Colour
        self.assertEqual([self.held[name] is value for name, value in before.items()], [True] * 6)
        self.assertEqual(self.held["deque"], deque([new.RED], maxlen=3))
        self.assertEqual(list(ordered.items()), [(new.RED, 2), ("x", 3), (new.GRÜN, 1)])
        self.assertEqual(self.held["default"], {1: [new.RED]})
        self.assertEqual(self.held["default"][2], [])
        self.assertEqual(self.held["counter"], Counter({new.RED: 2}))
        self.assertEqual(self.held["set"], {new.RED, 1})
        self.assertEqual(self.held["deep"], [[[(new.RED, [new.RED])]]])

    def test_circles(self):
        """Values that hold themselves are walked through once."""
        circle: list[Any] = [self.old.Colour.RED]
        circle += [circle, {"circle": circle}, (circle,)]
        self.held["circle"] = circle
        new = self.reload().Colour
        self.assertIs(circle[0], new.RED)
        self.assertIs(circle[1], circle)
        self.assertIs(circle[2]["circle"], circle)
        self.assertIs(circle[3][0], circle)

    def test_deep(self):
        """A long chain of objects is no recursion."""
        chain = None
        for _ in range(50_000):
            chain = self.old.Plain(chain)
        self.held["chain"] = chain
        new = self.reload()
        length = 0
        while chain is not None:
            self.assertIs(type(chain), new.Plain)
            length, chain = length + 1, chain.inner
        self.assertEqual(length, 50_000)

    def test_what_cannot_be(self):
        """Where an author's own code raises meanwhile, the context goes over all the same."""
        self.held["card"] = self.old.Card(1, [])
        self.reload(
            game=GAME.replace("waiting of old", "waiting of new"),
            parts=NEW_PARTS.replace("default_factory=list", "default_factory=lambda: 1 / 0"),
        )
        self.assertEqual(self.ask("waiting"), "waiting of new")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_mapped(self):
        """SQLAlchemy's objects belong to their mapper, and stay what they are."""
        text = """
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Row(Base):
        __tablename__ = "rows"
        number: Mapped[int] = mapped_column(primary_key=True)
"""
        old = self.reload(parts=PARTS + text)
        row = self.held["row"] = old.Row(number=1)
        new = self.reload(parts=PARTS + text)
        self.assertIsNot(new.Row, old.Row)
        self.assertIs(type(row), old.Row)
        self.assertEqual(row.number, 1)

    def test_user(self):
        """Who a client is, is of the new class for everybody."""
        handle = self.ann._context.client
        self.assertIs(type(handle.user), self.old.User)
        new = self.reload()
        self.assertEqual(handle.user, new.User("Ann", new.Colour.RED))
        self.assertEqual(self.ask("keep", handle.user, handle), None)
        self.assertEqual(self.ann.instance.kept, (handle.user, handle))

    def test_twice(self):
        """What was not touched since two reloads is that of today."""
        self.held["card"] = card = self.old.Card(self.old.Colour.RED, [])
        self.reload()
        new = self.reload(parts=PARTS)
        self.assertEqual(card, new.Card(new.Colour.RED, []))
        values = self.server._host.values
        self.assertEqual(values.cross(self.old.Card(self.old.Colour.RED, []))[0], card)
        self.assertEqual(values.loads(values.dumps(self.old.Colour.RED)), new.Colour.RED)

    def test_waiting_arguments(self):
        """Arguments of calls that wait are of the new classes when these begin; else the caller is told."""
        self.ann.send("wait")
        client = self.ann._context.client
        old = self.old
        good = client.execute("give", old.Card(old.Colour.RED, []))
        bad = client.execute("give", old.Colour.BLUE)
        self.server._do(lambda: None)
        self.reload()
        self.server._do(lambda: self.ann.instance.going[client.id].set_result(None))
        self.assertEqual(self.server.run(good), "True True")
        error = self.assertRaises(CannotCross, self.server.run, bad)
        self.assertIn("argument 1", str(error))

    def test_event_in_progress(self):
        """What an event in progress on the old code gives to others is of the new classes there."""
        self.ann.send("wait")
        client = self.ann._context.client
        self.held["card"] = card = self.old.Card(self.old.Colour.RED, [])
        self.reload()
        self.assertIs(type(card), self.old.Card)
        self.server._do(lambda: self.ann.instance.going[client.id].set_result(None))
        self.assertEqual(self.ann.received, ["True True"])
        self.assertIs(type(card), self.load("parts").Card)

    def test_nothing_kept(self):
        """The old classes are let go when nothing is of them any more."""
        self.held |= {"card": self.old.Card(self.old.Colour.RED, []), "plain": self.old.Plain(1)}
        classes = [weakref.ref(getattr(self.old, name)) for name in ("Card", "Plain", "User")]
        self.old = None
        self.reload()
        self.ask("given", "card")
        gc.collect()
        self.assertEqual([each() for each in classes], [None] * 3)

    def test_error_of_a_value(self):
        """What a waiting argument's own code raises now is the caller's error."""
        self.ann.send("wait")
        client = self.ann._context.client
        reply = client.execute("give", self.old.Card(1, []))
        gone = client.execute("waiting")
        self.server._do(lambda: None)
        self.reload(
            game=GAME.replace("def waiting", "def no_longer"),
            parts=NEW_PARTS.replace("default_factory=list", "default_factory=lambda: 1 / 0"),
        )
        self.server._do(lambda: self.ann.instance.going[client.id].set_result(None))
        self.assertEqual(self.assertRaises(ProcedureError, self.server.run, reply).type, "ZeroDivisionError")
        self.assertRaises(NoSuchProcedure, self.server.run, gone)
