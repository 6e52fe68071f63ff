# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values as JSON and back, and the log's last lines."""

from __future__ import annotations

import enum
import itertools
import json
import sys
import threading
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from time import process_time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.processes import ROOT
from wstwist import Project
from wstwist.admin import json_values, log_ring
from wstwist.admin.json_reading import Reader
from wstwist.admin.json_values import LARGEST, Writer, type_name
from wstwist.admin.log_ring import Filter, LogRing
from wstwist.exceptions import CannotCross
from wstwist.testing import MemoryServer


class Colour(enum.Enum):
    RED = 1


class Way(enum.Flag):
    UP = 1
    LEFT = 2


@dataclass
class Point:
    x: Any
    y: Any = None


class Chat(Project):
    pass


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(Writer().write(value)))


def _is_same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, their types and those of their parts included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict):
        return _is_same(list(one.items()), list(other.items()))
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, (datetime, time)):
        return repr(one) == repr(other)
    return bool(one == other)


class ValuesTests(TestCase):
    """What is written, and read again."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Chat))
        self.reader = Reader(self.server._host)

    def check(self, value: Any, written: Any = None) -> None:
        """Compare a value with what comes back."""
        encoded = _through_json(value)
        if written is not None:
            self.assertEqual(encoded, written)
        back = self.reader.read(encoded, "value")
        self.assertTrue(_is_same(back, value))

    def test_plain(self) -> None:
        """What JSON has is itself."""
        for value in (
            None,
            True,
            False,
            0,
            -1,
            LARGEST,
            1.5,
            1e300,
            "",
            "é😀\n",
            [],
            [1, [None]],
            {},
            {"a": {"b": []}},
        ):
            self.check(value, value if value is not None else None)

    def test_tagged(self) -> None:
        """What JSON has not comes with its type, and back."""
        paris = ZoneInfo("Europe/Paris")
        for value, written in (
            (LARGEST + 1, {"$type": "int", "value": str(LARGEST + 1)}),
            (-(10**5000), None),
            (float("inf"), {"$type": "float", "value": "inf"}),
            (float("nan"), {"$type": "float", "value": "nan"}),
            (b"\0\xff", {"$type": "bytes", "value": "AP8="}),
            ((), {"$type": "tuple", "value": []}),
            ((1, (2,)), None),
            ({1, 2}, None),
            (frozenset({"a"}), {"$type": "frozenset", "value": ["a"]}),
            ({1: "one", (2, 3): []}, None),
            ({"$type": "x"}, {"$type": "dict", "value": [["$type", "x"]]}),
            (
                datetime(2026, 1, 31, 12, 0, 0, 5),
                {"$type": "datetime", "value": "2026-01-31T12:00:00.000005"},
            ),
            (datetime(2026, 1, 31, tzinfo=UTC), None),
            (datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=2))), None),
            (
                datetime(2026, 10, 25, 2, 30, tzinfo=paris, fold=1),
                {"$type": "datetime", "value": "2026-10-25T02:30:00", "zone": "Europe/Paris", "fold": 1},
            ),
            (date(2026, 1, 31), {"$type": "date", "value": "2026-01-31"}),
            (time(1, 2, 3), {"$type": "time", "value": "01:02:03"}),
            (timedelta(seconds=1.5), {"$type": "timedelta", "value": 1.5}),
            (Decimal("-1.50"), {"$type": "Decimal", "value": "-1.50"}),
            (UUID(int=5), {"$type": "UUID", "value": "00000000-0000-0000-0000-000000000005"}),
            (Colour.RED, {"$type": "enum", "class": f"{__name__}.Colour", "value": "RED"}),
            (Way.UP | Way.LEFT, None),
            (Point(1, Point((2,))), None),
        ):
            self.check(value, written)

    @settings(deadline=None)
    @given(
        some.recursive(
            some.none()
            | some.booleans()
            | some.integers()
            | some.floats()
            | some.text()
            | some.binary()
            | some.datetimes()
            | some.dates()
            | some.times()
            | some.decimals(allow_nan=False)
            | some.uuids(),
            lambda inner: (
                some.lists(inner)
                | some.dictionaries(some.text() | some.integers(), inner)
                | some.tuples(inner, inner)
                | some.frozensets(some.integers() | some.text())
            ),
            max_leaves=10,
        )
    )
    def test_any(self, value: Any) -> None:
        """Whatever crosses comes back as it was."""
        self.check(value)

    def test_clients(self) -> None:
        """A client is found by its id."""
        ann = self.server.connect()
        handle = next(iter(self.server._host.clients.values())).client
        written = _through_json([handle])
        self.assertEqual(written[0]["value"]["id"], handle.id)
        self.assertEqual(self.reader.read(written, "value"), [handle])
        ann.close()
        with self.assertRaises(CannotCross):
            self.reader.read(written, "value")

    def test_wrong(self) -> None:
        """What stands for no value is refused, with the place."""
        for value in (
            {"$type": "object", "value": "x"},
            {"$type": "nothing"},
            {"$type": 5},
            {"$type": "tuple", "value": 5},
            {"$type": "dict", "value": [[1]]},
            {"$type": "dict", "value": [[[], 1]]},
            {"$type": "set", "value": [1, 1]},
            {"$type": "int", "value": "1" * 5000},
            {"$type": "int", "value": 5},
            {"$type": "int", "value": "__import__('os')"},
            {"$type": "float", "value": "1.5"},
            {"$type": "bytes", "value": "?"},
            {"$type": "datetime", "value": "yesterday"},
            {"$type": "datetime", "value": "2026-01-31", "zone": "../../etc/passwd"},
            {"$type": "datetime", "value": "2026-01-31", "fold": 5},
            {"$type": "timedelta", "value": "5"},
            {"$type": "timedelta", "value": 1e300},
            {"$type": "Decimal", "value": "x"},
            {"$type": "UUID", "value": 5},
            {"$type": "enum", "class": "Colour", "value": "BLUE"},
            {"$type": "enum", "class": "Point", "value": "x"},
            {"$type": "enum", "class": "os", "value": "x"},
            {"$type": "dataclass", "class": "Point", "value": {"x": 1}},
            {"$type": "dataclass", "class": "ValuesTests", "value": {}},
            {"$type": "dataclass", "class": 5, "value": {}},
            {"$type": "client", "value": {"id": "x"}},
            {"$type": "client", "value": []},
        ):
            with self.assertRaises(CannotCross) as caught:
                self.reader.read({"a": [value]}, "argument 1")
            self.assertTrue(str(caught.exception).startswith("argument 1['a'][0]"), value)

    def test_documented(self) -> None:
        """The documentation tells all of it."""
        text = (ROOT / "docs" / "administration.md").read_text()
        for line in (json_values.__doc__ or "").splitlines():
            name = line.partition("  ")[0]
            for each in name.split(", "):
                if name and line.startswith(name + "  ") and not name.startswith(("=", "What", "object")):
                    self.assertIn(f"`{each}`", text)


class ShorteningTests(TestCase):
    """What is large, within itself, or anything at all."""

    def write(self, value: Any, **bounds: int) -> tuple[Any, bool]:
        writer = Writer(**bounds)
        written = writer.write(value)
        json.dumps(written, allow_nan=False)
        return written, writer.is_shortened

    def test_bounds(self) -> None:
        """Long texts, many parts and deep nesting are cut, and this is said."""
        self.assertEqual(self.write("x" * 100, text=5), ("xxxxx", True))
        self.assertEqual(self.write(b"x" * 100, text=3), ({"$type": "bytes", "value": "eHh4"}, True))
        self.assertEqual(self.write(list(range(100)), items=4), ([0, 1, 2], True))
        self.assertEqual(self.write([1, 2], items=3), ([1, 2], False))
        self.assertTrue(self.write([[[[5]]]], depth=3)[1])
        nested, is_shortened = self.write([[0] * 1000] * 1000, items=500)
        self.assertTrue(is_shortened)
        self.assertLess(len(json.dumps(nested)), 10_000)

    def test_odd(self) -> None:
        """What raises when it is looked at, or never ends, is said to, and nothing beside it."""

        class Meta(type):
            @property
            def __module__(cls) -> str:
                raise KeyError

        class Named(metaclass=Meta):
            pass

        class Proxy:
            __class__ = property(lambda _: 1 / 0)  # type: ignore[assignment]

        class Endless(list[int]):
            def __iter__(self) -> Any:
                return itertools.count()

        class Broken(list[int]):
            def __len__(self) -> int:
                raise ValueError

        class Items(dict[str, int]):
            def items(self) -> Any:
                raise ValueError

        class Zone(tzinfo):
            def utcoffset(self, _moment: object) -> Any:
                raise ValueError

        @dataclass
        class Point:
            x: int
            y: int

        point = Point(1, 2)
        del point.y
        odd = (Named(), Proxy(), Endless(), Broken(), Items(), datetime(2026, 1, 1, tzinfo=Zone()), point)
        for value in odd:
            writer = Writer(items=50, text=20)
            written = writer.write([1, value, 2])
            json.dumps(written)
            self.assertEqual((written[0], written[2]), (1, 2), type_name(value))
        self.assertEqual(Writer().write(point)["value"]["x"], 1)
        self.assertEqual(Writer().write(Proxy())["value"], "raises ZeroDivisionError")

    def test_large(self) -> None:
        """To write a part of something large takes no longer than that part."""
        for value in (deque({"a": number} for number in range(300_000)), 1 << 400_000_000):
            began = process_time()
            writer = Writer(items=500, text=2000)
            json.dumps(writer.write(value))
            self.assertLess(process_time() - began, 0.1)
            self.assertTrue(writer.is_shortened)

    def test_circles(self) -> None:
        """What stands within itself ends."""
        circle: list[Any] = [1]
        circle.append(circle)
        self.assertEqual(self.write(circle)[0][1]["$type"], "object")
        self.assertEqual(self.write([circle[:1], circle[:1]]), ([[1], [1]], False))

    def test_anything(self) -> None:
        """What cannot cross is shown by its type and its repr, whatever that does."""

        class Rude:
            def __repr__(self) -> str:
                raise ValueError("no")

        class Long:
            def __repr__(self) -> str:
                return "y" * 10_000

        found, _ = self.write(threading.Lock())
        self.assertEqual((found["$type"], found["class"]), ("object", "_thread.lock"))
        self.assertIn("unlocked", found["value"])
        self.assertIn("Rude", self.write(Rude())[0]["value"])
        self.assertEqual(len(self.write(Long())[0]["value"]), 300)
        self.assertEqual(self.write(Point)[0]["$type"], "object")
        self.assertEqual(self.write(sys)[0]["class"], "module")
        self.assertEqual(
            self.write(defaultdict(int, {"a": 1}))[0],
            {"$type": "collections.defaultdict", "value": [["a", 1]]},
        )
        self.assertEqual(self.write(OrderedDict(a=1))[0]["value"], [["a", 1]])


class LogRingTests(TestCase):
    """The log's last lines."""

    def setUp(self) -> None:
        self.ring = LogRing()
        self.log = Logger(namespace="test", observer=self.ring)

    def texts(self, after: int = 0, limit: int = 1000, **wanted: Any) -> list[str]:
        return [line.text for line in self.ring.lines(Filter(**wanted), after, limit)[0]]

    def test_filter(self) -> None:
        """Lines are found by level, project, client and text."""
        self.log.debug("one", project="Chat", client="a", context="client a")
        self.log.info("two", project="Chat", client=None)
        self.log.error("Three {x}", x=3)
        self.assertEqual(self.texts(), ["one", "two", "Three 3"])
        self.assertEqual(self.texts(level="info"), ["two", "Three 3"])
        self.assertEqual(self.texts(project="Chat"), ["one", "two"])
        self.assertEqual(self.texts(client="a"), ["one"])
        self.assertEqual(self.texts(search="THREE"), ["Three 3"])
        self.assertEqual(self.texts(search="chat"), ["one", "two"])
        self.assertEqual(self.ring.lines(Filter())[0][0].as_dict()["context"], "client a")

    def test_pages(self) -> None:
        """Without a number the last lines come; with one, those behind it, none twice and none missing."""
        for number in range(10):
            self.log.info("{n}", n=number)
        self.assertEqual(self.texts(limit=3), ["7", "8", "9"])
        seen, after = [], 2
        while True:
            lines, after = self.ring.lines(Filter(), after, 3)
            if not lines:
                break
            seen += [line.text for line in lines]
        self.assertEqual(seen, [str(number) for number in range(2, 10)])
        self.assertEqual(self.ring.lines(Filter(search="no"), 3, 3), ([], 10))
        self.assertEqual(self.ring.lines(Filter(), 500, 3), ([], 10))

    def test_bounds(self) -> None:
        """However much is logged, what is kept has a bound, in lines and in characters."""
        self.patch(log_ring, "MOST", 10)
        self.patch(log_ring, "MOST_TEXT", 1000)
        self.patch(log_ring, "LONGEST", 200)
        for number in range(50):
            self.log.info("{n}", n=number)
        self.assertEqual(self.texts(), [str(number) for number in range(40, 50)])
        self.assertEqual(self.ring.lines(Filter(), 5, 100)[0][0].text, "40")
        for _ in range(20):
            self.log.info("{n}", n="x" * 5000)
        self.assertLessEqual(sum(map(len, self.texts())), 1000)
        self.assertLess(max(map(len, self.texts())), 210)

    def test_failures_and_faults(self) -> None:
        """An error comes with its traceback; a line that cannot be shown says so, and the next ones come."""
        try:
            raise ValueError("no such room")
        except ValueError:
            self.log.failure("it failed", Failure())
        self.ring({"log_format": "{x.y.z()}", "log_level": LogLevel.info, "log_time": "x"})
        self.ring({})
        self.log.info("after")
        self.assertIn("no such room", self.texts()[0])
        self.assertIn("Traceback", self.texts()[0])
        self.assertEqual(self.texts()[-1], "after")

    def test_threads(self) -> None:
        """Lines of many threads have each a number of their own."""
        threads = [
            threading.Thread(target=lambda: [self.log.info("x") for _ in range(200)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([line.number for line in self.ring.lines(Filter())[0]], list(range(1, 1601)))
