# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values: what crosses, how exactly, what is refused and where, and what hostile bytes do."""

from __future__ import annotations

import enum
import struct
from collections import OrderedDict
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import cbor2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from wstwist.exceptions import CannotCross
from wstwist.values import MAX_DEPTH, MAX_SIZE, Values

T = TypeVar("T")


class Colour(enum.Enum):
    RED = [1]
    GREEN = "g"
    ALIAS = "g"  # noqa: PIE796 - an alias is what it is


class Number(enum.IntEnum):
    ONE = 1
    BIG = 2**70


class Word(enum.StrEnum):
    HELLO = "hello"


class Right(enum.Flag):
    READ = 1
    WRITE = 2
    BOTH_MORE = 12


class Bits(enum.IntFlag):
    A = 1
    B = 4


@dataclass
class Point:
    x: Any
    y: Any = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    x: Any
    y: Any = field(default=0, compare=False)


@dataclass(slots=True)
class Slotted:
    x: Any
    made: Any = field(init=False)


@dataclass(eq=False)
class ByIdentity:
    x: Any


@dataclass(frozen=True)
class Caching:
    x: int

    @cached_property
    def parts(self):
        return [self.x]


@dataclass
class Careful:
    x: Any

    def __post_init__(self):
        raise AssertionError("the initialiser must not run")


@dataclass
class OverBuiltin(dict):
    x: Any = 0


@dataclass
class Box(Generic[T]):
    x: T


class Loose:
    __slots__ = ("extra",)


@dataclass(slots=True)
class WithSlot(Loose):
    x: Any = 0


class Handle:
    """A client's handle, as wstwist's is: hashable by its id, and never copied."""

    def __init__(self, name, user=None):
        self.id = name
        self.user = user

    def __eq__(self, other):
        return isinstance(other, Handle) and self.id == other.id

    def __hash__(self):
        return hash(self.id)


NAMESPACE = {
    cls.__name__: cls
    for cls in (
        Colour, Number, Word, Right, Bits, Point, Frozen, Slotted, ByIdentity, Caching, Careful, OverBuiltin,
        WithSlot, Box,
    )
}  # fmt: skip
NAMESPACE |= {"__name__": "chat", "Loose": Loose, "timedelta": timedelta, "a number": 1}


def nested(_handle):
    raise CannotCross("", "a handle within a handle")


def make_values(namespace=NAMESPACE):
    inner = Values(namespace, handle=Handle, pack_handle=nested, unpack_handle=nested)

    def pack(handle):
        return inner.dumps((handle.id, handle.user), "")

    def unpack(data):
        content = inner.loads(data, "")
        if type(content) is tuple and [type(part) for part in content[:-1]] == [str]:
            return Handle(*content)
        raise CannotCross("", "no handle")

    return Values(namespace, handle=Handle, pack_handle=pack, unpack_handle=unpack)


VALUES = make_values()


def exact(value):
    """Spell a value out: two are spelt alike only if they are equal, and of the same types throughout."""
    kind = type(value)
    if kind is float:
        content = "nan" if value != value else struct.pack(">d", value)
    elif kind is Decimal:
        content = value.as_tuple()
    elif kind in (datetime, time):
        zone = value.tzinfo
        content = (
            value.replace(tzinfo=None).isoformat(), value.fold, type(zone), repr(zone),
        )  # fmt: skip
    elif kind in (list, tuple):
        content = [exact(item) for item in value]
    elif kind in (set, frozenset):
        content = sorted((exact(item) for item in value), key=repr)
    elif kind is dict:
        content = [(exact(key), exact(item)) for key, item in value.items()]
    elif isinstance(value, enum.Enum):
        content = id(value)
    elif is_dataclass(value):
        content = [(item.name, exact(getattr(value, item.name))) for item in fields(value)]
    elif kind is Handle:
        content = (value.id, exact(value.user))
    else:
        content = value
    return kind, content


OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23))
ZONES = st.one_of(
    st.none(),
    st.just(UTC),
    st.sampled_from(["Europe/Paris", "America/New_York", "UTC"]).map(ZoneInfo),
    OFFSETS.map(timezone),
    st.builds(timezone, OFFSETS, st.text(max_size=5)),
)


def in_zone(moment, fold, zone):
    return moment.replace(fold=fold, tzinfo=zone)


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70),
    st.sampled_from([2**64, -(2**64) - 1]),
    st.floats(), st.text(max_size=30), st.binary(max_size=30), st.dates(), st.timedeltas(), st.uuids(),
    st.decimals(),
    st.sampled_from([Decimal("sNaN12"), Decimal("-0E+5"), Decimal("1E-999999"), Decimal("-NaN")]),
    st.builds(in_zone, st.datetimes() | st.times(), st.sampled_from([0, 1]), ZONES),
    st.sampled_from([*Colour, *Number, *Word, *Right, Right.READ | Right.WRITE, Right(15), Right(0), *Bits]),
    st.sampled_from([Bits(5), Bits(64), ~Bits.A, Bits(0)]),
)  # fmt: skip
SCALARS = st.one_of(PLAIN, st.builds(Handle, st.text(max_size=5), PLAIN | st.lists(PLAIN, max_size=3)))
KEYS = st.recursive(
    SCALARS.filter(lambda value: not (type(value) is Decimal and value.is_snan())),
    lambda keys: (
        st.lists(keys, max_size=3).map(tuple) | st.frozensets(keys, max_size=3) | st.builds(Frozen, keys)
    ),
    max_leaves=4,
)


def slotted(x, made):
    result = Slotted(x)
    result.made = made
    return result


def containers(items):
    return st.one_of(
        st.lists(items, max_size=4), st.lists(items, max_size=4).map(tuple), st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4), st.dictionaries(st.text(max_size=5), items, max_size=4),
        st.dictionaries(KEYS, items, max_size=4), st.builds(Point, items, items),
        st.builds(Frozen, items, items),
        st.builds(slotted, items, items), st.builds(ByIdentity, items),
    )  # fmt: skip


ANYTHING = st.recursive(SCALARS, containers, max_leaves=12)
BAD = st.sampled_from(
    [object(), OrderedDict(), "\ud800", bytearray(), ..., Loose(), Exception(), 1j, range(3), Colour, slotted]
)
PERHAPS = st.recursive(
    SCALARS | BAD,
    lambda items: containers(items) | st.builds(Handle, st.text(max_size=3), items),
    max_leaves=8,
)


def slow(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def mutables(value):
    """Give all mutable parts of a value."""
    kind = type(value)
    if kind in (list, set, dict, Point, Slotted, ByIdentity, Caching):
        yield value
    if kind in (list, tuple, set, frozenset):
        parts = list(value)
    elif kind is dict:
        parts = [*value, *value.values()]
    elif is_dataclass(value):
        parts = [getattr(value, item.name) for item in fields(value)]
    else:
        parts = []
    for part in parts:
        yield from mutables(part)


def outcome(function):
    """Call, and spell out what comes back, or the error."""
    try:
        return exact(function())
    except CannotCross as error:
        return error.where, error.why


class Crossing(TestCase):
    """A value arrives exactly as it left, near and far."""

    @slow(300)
    @given(ANYTHING)
    @example([])
    @example({1: (), "a": frozenset({(1, 2)})})
    def test_exact(self, value):
        """A value arrives with the same content and types at every level, near and far."""
        spelt = exact(value)
        copy, size = VALUES.cross(value)
        data = VALUES.dumps(value)
        self.assertEqual(exact(copy), spelt)
        self.assertEqual(exact(VALUES.loads(data)), spelt)
        self.assertEqual(size, len(data))

    @slow(200)
    @given(PERHAPS)
    def test_near_and_far_agree(self, value):
        """What is accepted, what is refused, and how that is said, is the same near and far."""
        near = outcome(lambda: VALUES.cross(value, "argument 1")[0])
        far = outcome(lambda: VALUES.loads(VALUES.dumps(value, "argument 1")))
        self.assertEqual(near, far)

    @slow(150)
    @given(ANYTHING)
    def test_nothing_mutable_is_shared(self, value):
        """The copy shares no mutable part with the original."""
        originals = {id(part) for part in mutables(value)}
        copy, _ = VALUES.cross(value)
        self.assertEqual([part for part in mutables(copy) if id(part) in originals], [])

    @slow(150)
    @given(KEYS)
    def test_everything_immutable_is_shared(self, value):
        """An immutable value is itself on the other side."""
        self.assertIs(VALUES.cross(value)[0], value)

    def test_sizes(self):
        """The counted size is the encoded one at every boundary of CBOR's lengths."""
        for length in (0, 1, 23, 24, 255, 256, 65535, 65536):
            for value in (
                "a" * length, b"a" * length, [0] * length, (None,) * length, set(range(length)),
                dict.fromkeys(map(str, range(length))), dict.fromkeys(range(length)), "é" * length,
                2 ** (8 * length), {"k" * length: 1},
            ):  # fmt: skip
                self.assertEqual(VALUES.cross(value)[1], len(VALUES.dumps(value)))
        for power in (5, 8, 16, 32, 64, 72):
            for value in (2**power - 1, 2**power, -(2**power), -(2**power) - 1, 24, 23, -24, -25):
                self.assertEqual(VALUES.cross([value])[1], len(VALUES.dumps([value])))

    def test_extremes(self):
        """The largest and smallest values of each type arrive as they left."""
        values = (
            datetime.min, datetime.max, date.min, date.max, time.min, time.max, timedelta.min, timedelta.max,
            UUID(int=0), UUID(int=2**128 - 1), Decimal("9" * 1000), Decimal("1E+999999999"), 10**5000, -0.0,
            Decimal("-0.000"), float("inf"), Decimal("-Infinity"), {float("nan"): 1},
        )  # fmt: skip
        for value in values:
            self.assertEqual(exact(VALUES.loads(VALUES.dumps(value))), exact(value))

    def test_decimal_context(self):
        """The decimal context of whoever sends or receives changes nothing."""
        value = Decimal("1.23456789E+50")
        with localcontext() as context:
            context.prec, context.capitals = 2, 0
            context.clear_traps()
            data = VALUES.dumps(value)
            self.assertRaises(CannotCross, VALUES.loads, cbor2.dumps(cbor2.CBORTag(60006, "x")))
            self.assertEqual(exact(VALUES.loads(data)), exact(value))
        self.assertEqual(data, VALUES.dumps(value))

    def test_zones(self):
        """A time zone keeps its key or its offset and name, and UTC is UTC itself."""
        for zone in (
            UTC,
            ZoneInfo("Europe/Paris"),
            timezone(timedelta(hours=1), "CET"),
            timezone(timedelta(0), ""),
        ):
            moment = datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=zone)
            arrived = VALUES.loads(VALUES.dumps(moment))
            self.assertEqual(exact(arrived), exact(moment))
            self.assertEqual(arrived.utcoffset(), moment.utcoffset())
        self.assertIs(VALUES.loads(VALUES.dumps(datetime.now(UTC))).tzinfo, UTC)

    def test_shared_parts(self):
        """A part that stands in two places becomes two copies."""
        part = [1]
        copy, _ = VALUES.cross([part, part])
        self.assertEqual(copy, [[1], [1]])
        self.assertIsNot(copy[0], copy[1])

    def test_initialisers_do_not_run(self):
        """An instance is rebuilt of its fields, without running its initialiser."""
        value = object.__new__(Careful)
        value.x = [1]
        self.assertEqual(VALUES.cross(value)[0], value)
        self.assertEqual(VALUES.loads(VALUES.dumps(value)), value)

    def test_caches_stay_behind(self):
        """What a cached_property has kept does not cross, and is not shared."""
        value = Caching(1)
        value.parts.append(2)
        self.assertEqual(VALUES.cross(value)[0].parts, [1])
        self.assertEqual(VALUES.loads(VALUES.dumps(value)).parts, [1])

    def test_generic_dataclasses(self):
        """An instance of a generic dataclass crosses; what its type variables were given does not."""
        value = Box[int](1)
        self.assertEqual(VALUES.cross(value)[0], value)
        self.assertEqual(VALUES.loads(VALUES.dumps(value)), value)

    def test_wide(self):
        """Parts beside each other do not count as nested."""
        value = [[[i], (i,), {i: {"k": i}}, Point(i), Handle("i")] for i in range(2 * MAX_DEPTH)]
        self.assertEqual(exact(VALUES.cross(value)[0]), exact(value))
        self.assertEqual(exact(VALUES.loads(VALUES.dumps(value))), exact(value))

    def test_members_are_the_same(self):
        """A member of an Enum, and a combination of flags, is the same object everywhere."""
        for value in (
            Colour.RED,
            Colour.ALIAS,
            Number.BIG,
            Word.HELLO,
            Right.READ | Right.BOTH_MORE,
            Bits(64),
        ):
            self.assertIs(VALUES.loads(VALUES.dumps(value)), value)

    def test_handles(self):
        """A handle is shared near, and made again far, with what it holds."""
        value = Handle("id", {"name": [1]})
        self.assertIs(VALUES.cross(value)[0], value)
        self.assertEqual(exact(VALUES.loads(VALUES.dumps(value))), exact(value))

    def test_namespace_may_grow(self):
        """A class that comes into the module later is found, and one that has left is not."""
        namespace: dict[str, object] = {}
        values = make_values(namespace)
        self.assertRaises(CannotCross, values.cross, Point(1))
        namespace["P"] = Point
        self.assertEqual(values.loads(values.dumps(Point(1))), Point(1))
        namespace["Q"] = namespace.pop("P")
        self.assertEqual(values.loads(values.dumps(Point(1))), Point(1))
        namespace.clear()
        self.assertRaises(CannotCross, values.cross, Point(1))

    def test_the_wire(self):
        """The bytes are those that the module's documentation promises."""
        tag = cbor2.CBORTag
        cases = (
            ({"a": [1, None, b"x"]}, {"a": [1, None, b"x"]}),
            ({1: "a"}, tag(60000, [1, "a"])),
            ((1,), tag(60001, [1])),
            (frozenset({1}), tag(60002, [1])),
            ({1}, tag(258, [1])),
            (UUID(int=1), tag(37, bytes(15) + b"\1")),
            (date(2025, 1, 2), tag(1004, "2025-01-02")),
            (datetime(2025, 1, 2, 3, 4, 5), tag(60003, ["2025-01-02T03:04:05.000000", 0, None])),
            (
                datetime(2025, 1, 2, fold=1, tzinfo=ZoneInfo("Europe/Paris")),
                tag(60003, ["2025-01-02T00:00:00.000000", 1, "Europe/Paris"]),
            ),
            (time(3, 4, 5, 6, UTC), tag(60004, ["03:04:05.000006", 0, [0]])),
            (
                time(3, tzinfo=timezone(-timedelta(seconds=1), "z")),
                tag(60004, ["03:00:00.000000", 0, [-1000000, "z"]]),
            ),
            (timedelta(days=-1, microseconds=1), tag(60005, -86399999999)),
            (Decimal("1E+3"), tag(60006, "1E+3")),
            (Word.HELLO, tag(60007, ["Word", "HELLO"])),
            (Right(3), tag(60007, ["Right", 3])),
            (Point(1, (2,)), tag(60008, ["Point", {"x": 1, "y": tag(60001, [2])}])),
            (Handle("i", (1,)), tag(60009, VALUES.dumps(("i", (1,))))),
        )
        for value, expected in cases:
            self.assertEqual(VALUES.dumps(value), cbor2.dumps(expected))


class Elsewhere(tzinfo):
    pass


class Text(str):
    __slots__ = ()


class SubHandle(Handle):
    pass


class Foreign(enum.Enum):
    A = 1


@dataclass
class ForeignData:
    x: int = 0


class Pair(NamedTuple):
    a: int
    b: int


class Refusing(TestCase):
    """What cannot cross is refused, with where it is and why."""

    def refused(self, value):
        """Refuse near and far alike; give the error."""
        near = self.assertRaises(CannotCross, VALUES.cross, value, "argument 1")
        far = self.assertRaises(CannotCross, VALUES.dumps, value, "argument 1")
        self.assertEqual((near.where, near.why), (far.where, far.why))
        self.assertNotIn("\n", str(near))
        return near

    def test_where(self):
        """The path leads to the part that cannot cross."""
        bad = object()
        cases = (
            (bad, ""), ([0, [bad]], "[1][0]"), ((1, bad), "[1]"), ({"key": [bad]}, "['key'][0]"),
            ({1: bad}, "[1]"),
            ({(1,): bad}, "[<tuple>]"), ({10**5000: bad}, "[<int>]"), ({None: bad}, "[None]"),
            ({bad: 1}, " (a key)"),
            ({(1, bad): 1}, " (a key)[1]"), ({1, bad}, " (a member)"),
            (frozenset({(bad,)}), " (a member)[0]"),
            (Point([0, bad]), ".x[1]"), ([Frozen(1, bad)], "[0].y"), (Handle("i", [bad]), "[1][0]"),
            ({"\ud800": 1}, " (a key)"), ({"k" * 100: bad}, "['kkkkkkkkkkkkkkkkk...kkkkkkkkkkkkkkkkkk']"),
        )  # fmt: skip
        for value, path in cases:
            self.assertEqual(self.refused(value).where, "argument 1" + path)

    def test_why(self):
        """The reason names the type, and what would be right."""
        cases = (
            (bytearray(), "a bytearray cannot cross; what can: None bool int float str bytes"),
            (OrderedDict(), "a collections.OrderedDict, which is more than a dict: give a plain dict"),
            (Pair(1, 2), "a tests.test_values.Pair, which is more than a tuple: give a plain tuple"),
            (Text("a"), "a tests.test_values.Text, which is more than a str: give a plain str"),
            (SubHandle("a"), "a tests.test_values.SubHandle, which is more than a tests.test_values.Handle"),
            (
                Foreign.A,
                "a tests.test_values.Foreign, an Enum that chat does not know: define or import it there",
            ),
            (
                ForeignData(),
                "a tests.test_values.ForeignData, a dataclass that chat does not know: define or",
            ),
            ("a\udcff", "a str with the lone surrogate '\\udcff', which is no text: give bytes"),
            (datetime(2025, 1, 1, tzinfo=Elsewhere()), "its time zone is a tests.test_values.Elsewhere: use"),
            (
                time(tzinfo=ZoneInfo.no_cache("Europe/Paris")),
                "its time zone is not the one that ZoneInfo(key) gives",
            ),
            (time(tzinfo=timezone(timedelta(0), "\ud800")), "a str with the lone surrogate"),
            (time(tzinfo=timezone(timedelta(0), Text("a"))), "its time zone is a datetime.timezone"),
            (Colour, "a enum.EnumType cannot cross"),
            (Point, "a type cannot cross"),
            (OverBuiltin(), "the dataclass tests.test_values.OverBuiltin extends a built-in type"),
            (Slotted(1), "a tests.test_values.Slotted without its field 'made': set it"),
        )
        for value, why in cases:
            self.assertTrue(self.refused([value]).why.startswith(why), self.refused([value]).why)

    def test_attributes_that_are_no_fields(self):
        """An instance that has more than its fields is refused, and a class with a slot for that."""
        loose = Point(1)
        loose.extra = 1
        self.assertIn("with an attribute 'extra' that is none of its fields", self.refused(loose).why)
        self.assertIn("WithSlot has a slot 'extra' that is none of its fields", self.refused(WithSlot()).why)

    def test_missing_field(self):
        """An instance that lacks a field is refused."""
        value = Point(1)
        del value.x
        self.assertIn("Point without its field 'x'", self.refused(value).why)

    def test_cycles(self):
        """A value that contains itself is refused, and the path leads to where it does."""
        ring: list[Any] = [0]
        ring.append({"again": ring})
        error = self.refused([ring])
        self.assertEqual(error.where, "argument 1[0][1]['again']")
        self.assertIn("it contains itself", error.why)
        person = Point(1)
        person.y = (person,)
        self.assertEqual(self.refused(person).where, "argument 1.y[0]")
        long: list[Any] = ["x" * 50_000]
        long.append(long)
        self.assertIn("it contains itself", self.refused(long).why)
        user: list[Any] = [0]
        user.append(user)
        self.assertEqual(self.refused([Handle("i", [user])]).where, "argument 1[0][1][0][1]")

    def test_depth(self):
        """A hundred levels cross, of whatever kind, and one more is refused."""
        for wrap in (
            lambda item: [item], lambda item: (item,), lambda item: {"k": item}, lambda item: {1: item},
            Point, Frozen,
            lambda item: frozenset({item}),
        ):  # fmt: skip
            value = datetime(2025, 1, 1, tzinfo=timezone(timedelta(0), "z"))
            for _ in range(MAX_DEPTH):
                value = wrap(value)
            data = VALUES.dumps(value)
            self.assertEqual(exact(VALUES.loads(data)), exact(value))
            self.assertIn("nested above 100 levels", self.refused(wrap(value)).why)
            deeper = cbor2.loads(data, semantic_decoders=RAW)
            deeper = cbor2.dumps(cbor2.CBORTag(60001, [deeper]))
            self.assertIn("nested above 100 levels", self.assertRaises(CannotCross, VALUES.loads, deeper).why)

    def test_depth_of_handles(self):
        """What a handle holds has a hundred levels of its own, and no other handle."""
        value: Any = None
        for _ in range(MAX_DEPTH - 1):
            value = (value,)
        handle = Handle("i", value)
        value = handle
        for _ in range(MAX_DEPTH):
            value = (value,)
        self.assertEqual(exact(VALUES.loads(VALUES.dumps(value))), exact(value))
        self.assertIn("nested above 100 levels", self.refused(Handle("i", (handle.user,))).why)
        error = self.refused([Handle("i", [Handle("j")])])
        self.assertEqual((error.where, error.why), ("argument 1[0][1][0]", "a handle within a handle"))

    def test_size(self):
        """A mebibyte crosses, of whatever kind, and one byte more is refused."""
        for make, head in (
            (lambda n: "a" * n, 5), (bytes, 5), (lambda n: ["a" * 100, "a" * (n - 102)], 6),
            (lambda n: [0] * n, 5),
            (lambda n: {"k": "é" * (n // 2) + "e" * (n % 2)}, 8), (lambda n: (b"x" * n,), 9),
        ):  # fmt: skip
            value = make(MAX_SIZE - head)
            size = len(VALUES.dumps(value))
            self.assertEqual((size, VALUES.cross(value)[1]), (MAX_SIZE, MAX_SIZE))
            self.assertEqual(VALUES.loads(VALUES.dumps(value)), value)
            error = self.refused(make(MAX_SIZE - head + 1))
            self.assertEqual((error.where, "more than 1048576 bytes" in error.why), ("argument 1", True))

    def test_size_of_shared_parts(self):
        """Parts that stand in many places count each time, and cost no memory before they are refused."""
        value: Any = "x"
        for _ in range(60):
            value = [value, value]
        self.assertIn("more than 1048576 bytes", self.refused(value).why)
        self.assertIn("more than 1048576 bytes", self.refused(["x" * MAX_SIZE] * 100_000).why)
        self.assertIn("more than 1048576 bytes", self.refused("\U0001f600" * (MAX_SIZE // 2)).why)

    def test_failing_hash(self):
        """A key whose copy cannot be hashed is refused."""

        @dataclass(eq=False)
        class Once:
            x: int

            def __hash__(self):
                return {}.setdefault(self.x, self.count)

            count = 0

        values = make_values({"Once": Once})
        keys = {Once(1): 1}
        Once.count = []
        for value in (keys, set(keys)):
            for function in (values.cross, values.dumps):
                self.assertIn(
                    "cannot be hashed: TypeError", self.assertRaises(CannotCross, function, value).why
                )


class _Raw(dict):
    def __missing__(self, tag):
        return lambda content, immutable: cbor2.CBORTag(tag, content)


RAW = _Raw()
TAGS = (2, 3, 37, 258, 1004, *range(60000, 60011))
TREES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-30, 30), st.floats(), st.binary(max_size=17),
        st.just(cbor2.undefined),
        st.sampled_from(["Point", "Colour", "Bits", "Frozen", "Loose", "timedelta", "RED", "x"]),
        st.sampled_from(["2025-01-02", "2025-01-02T03:04:05.000000", "03:04:05.000006", "Europe/Paris"]),
        st.sampled_from(["Europe", "../x", "NaN", "y", "", "1E+5"]),
        st.builds(cbor2.CBORSimpleValue, st.integers(0, 19)),
    ),
    lambda items: st.one_of(
        st.lists(items, max_size=4), st.lists(items, min_size=2, max_size=3),
        st.dictionaries(st.sampled_from(["x", "y", "z"]) | st.integers(0, 3), items, max_size=3),
        st.builds(cbor2.CBORTag, st.sampled_from(TAGS) | st.integers(0, 300), items),
    ),
    max_leaves=8,
)  # fmt: skip


class Hostile(TestCase):
    """Whatever the bytes, they are a value or `CannotCross`."""

    def check(self, data):
        """Decode: what is a value is the same value once it has crossed again."""
        try:
            value = VALUES.loads(data)
        except CannotCross as error:
            self.assertTrue(error.where.startswith("data"), error)
            self.assertNotIn("\n", str(error))
            return
        self.assertEqual(exact(VALUES.loads(VALUES.dumps(value))), exact(value))

    def refused(self, data, why=""):
        """Refuse these bytes, or the bytes of this tree."""
        data = data if type(data) is bytes else cbor2.dumps(data)
        error = self.assertRaises(CannotCross, VALUES.loads, data)
        self.assertIn(why, error.why)
        return error

    @slow(400)
    @given(st.binary(max_size=60))
    def test_random_bytes(self, data):
        """Random bytes are a value or `CannotCross`."""
        self.check(data)

    @slow(400)
    @given(TREES)
    def test_random_trees(self, tree):
        """Well-formed CBOR with our tags in the wrong places is a value or `CannotCross`."""
        self.check(cbor2.dumps(tree))

    @slow(400)
    @given(ANYTHING, st.data())
    def test_mutations(self, value, data):
        """An encoded value with some bytes changed, removed or added is a value or `CannotCross`."""
        encoded = bytearray(VALUES.dumps(value))
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(encoded)))
            encoded[start : start + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        self.check(bytes(encoded))

    def test_another_version(self):
        """Of a dataclass, fields that came and are not known are dropped, and others have their defaults."""
        tag = cbor2.CBORTag
        for known in ({"x": 1}, {"x": 1, "y": 0, "z": 3}, {"x": 1, "z": "new"}):
            self.assertEqual(VALUES.loads(cbor2.dumps(tag(60008, ["Point", known]))), Point(1, 0))

    def test_not_ours(self):
        """CBOR that `dumps` would never write is refused."""
        tag = cbor2.CBORTag
        cases = (
            b"", b"\x01\x02", b"\xff", b"\x9f\xff", b"\x7f\x61a\xff", b"\xbf\xff", b"\xf7", b"\xe5",
            b"\x61\xff",
            b"\xa2\x61a\x01\x61a\x02", b"\xa1\x01\x02", b"\xa1\x41a\x01", tag(60000, [1]),
            tag(60000, [1, 2, 1, 3]),
            tag(60000, [[], 1]), tag(258, [[1]]), tag(258, [1, 1.0]), tag(60002, "ab"), tag(60001, {"a": 1}),
            tag(0, "2013-03-21T20:04:00Z"), tag(1, 1), tag(2, b"\1"), tag(2, b"\0" * 9), tag(3, b"\1" * 8),
            tag(2, "a"),
            tag(4, [1, 1]), tag(25, 0), tag(28, [tag(29, 0)]), tag(29, 0), tag(30, [1, 2]), tag(35, "(a+)+"),
            tag(256, []),
            tag(55799, 1), tag(2**64 - 1, 1), tag(60010, 1), tag(37, b"x"), tag(37, [1] * 16),
            tag(1004, "20250102"),
            tag(1004, 1), tag(60003, "abc"), tag(60003, ["2025-01-02", 0, None]), tag(60005, 1.5),
            tag(60005, 2**80),
            tag(60005, "a"), tag(60006, " 1"), tag(60006, "1_0"), tag(60006, "1e5"), tag(60006, 1),
            tag(60006, "x"),
            tag(60003, ["2025-01-02T03:04:05.000000", 2, None]),
            tag(60004, ["03:04:05.000006", 0, "../../etc/passwd"]),
            tag(60004, ["03:04:05.000006", 0, "Europe"]), tag(60004, ["03:04:05.000006", 0, "No/Where"]),
            tag(60004, ["03:04:05.000006", 0, [10**12]]), tag(60004, ["03:04:05.000006", 0, [0, "a", "b"]]),
            tag(60007, ["Colour", "ALIAS"]), tag(60007, ["Colour", "name"]),
            tag(60007, ["Colour", "__class__"]),
            tag(60007, ["Colour", 1]), tag(60007, ["Right", 1]), tag(60007, ["Right", 16]),
            tag(60007, ["Right", 2**99999]),
            tag(60007, ["Point", "x"]), tag(60007, [["Colour"], "RED"]), tag(60007, ["Colour"]),
            tag(60007, "ab"),
            tag(60008, ["Colour", {}]), tag(60008, ["Loose", {}]), tag(60008, ["timedelta", {}]),
            tag(60008, ["nobody", {}]),
            tag(60008, ["__name__", {}]), tag(60008, ["Point", {"y": 1}]), tag(60008, ["Point", {}]),
            tag(60008, ["Point", [1, 2]]), tag(60008, ["OverBuiltin", {"x": 1}]), tag(60009, 1),
            tag(60009, "a"), tag(60009, b""), tag(60009, cbor2.dumps(tag(60001, [1, 2]))),
            tag(60009, cbor2.dumps(tag(60001, ["a"]))), tag(60009, VALUES.dumps(("a", 1)) + b"\0"),
            tag(60009, VALUES.dumps(("a", Handle("b")))),
        )  # fmt: skip
        for data in cases:
            self.refused(data)

    def test_colliding_keys(self):
        """The keys of a map are refused before they are hashed, unless they are text."""
        self.refused(b"\xa2\x01\x02\x01\x03", "map key must be a text string")

    def test_where(self):
        """The path leads into the data."""
        bad = cbor2.CBORTag(28, 1)
        for tree, path in (
            ([0, [bad]], "[1][0]"), ({"a": bad}, "['a']"), (cbor2.CBORTag(60000, [(bad), 1]), " (a key)"),
            (cbor2.CBORTag(60000, [7, bad]), "[7]"),
            (cbor2.CBORTag(60008, ["Point", {"x": 1, "y": bad}]), ".y"),
            (cbor2.CBORTag(60009, cbor2.dumps([1, bad])), "[1]"),
        ):  # fmt: skip
            self.assertEqual(self.refused(tree, "the tag 28 is not known here").where, "data" + path)

    def test_bombs(self):
        """Lengths that are not there, endless nesting and too many bytes are refused at once."""
        for major in (0x40, 0x60, 0x80, 0xA0):
            for length in (2**20, 2**31, 2**40, 2**64 - 1):
                self.refused(bytes([major | 27]) + length.to_bytes(8, "big") + bytes(100))
        for level in (
            b"\x81",
            b"\xa1\x61a",
            b"\xd9\xea\x61\x81",
            b"\xd9\xea\x69",
            b"\xd9\xea\x60\x82\x00",
            b"\xc2",
        ):
            self.refused(level * 100_000 + b"\x00")
            self.refused(level * (MAX_DEPTH + 1) + b"\x00")
            self.refused(cbor2.CBORTag(60009, level * 100_000 + b"\x00"))
        self.refused(bytes(MAX_SIZE + 1), "more than 1048576 bytes")

    def test_handles_are_made_by_their_maker(self):
        """A handle's class is not made as a dataclass, though it be one that the module knows."""
        values = Values({"Point": Point}, handle=Point, pack_handle=lambda p: p.x, unpack_handle=Point)
        self.assertEqual(values.loads(values.dumps(Point(b"3"))), Point(b"3"))
        data = cbor2.dumps(cbor2.CBORTag(60008, ["Point", {"x": 1, "y": 1}]))
        self.assertIn("knows no such class", self.assertRaises(CannotCross, values.loads, data).why)
