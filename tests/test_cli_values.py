# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values as people write them, and figures and texts as they read them."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import TestCase

from wstwist.cli.figures import ago, short, size
from wstwist.cli.literals import read_arguments, read_value
from wstwist.cli.values import written
from wstwist.printable import one_line, printable


class ValueTests(TestCase):
    """Literals, and the way back."""

    def test_way_there_and_back(self) -> None:
        """What is written as a literal comes back as the same."""
        for text in (
            "None", "True", "1", "-2.5", "'a'", "[1, [2]]", "(1,)", "(1, 2)", "()", "{1}", "{'a': 1}", "{}",
            "{1: 2, 'b': (3,)}", "{'$type': 1}", "b'\\x00\\xff'", "9007199254740993", "-9007199254740993",
        ):  # fmt: skip
            self.assertEqual(written(read_value(text)), text)

    def test_texts(self) -> None:
        """What is no literal is a text, and nothing is evaluated."""
        for text in (
            "Ann",
            "Ann Lee",
            "1 +",
            "__import__('os').getpid()",
            "a.b",
            "...",
            "1j",
            "[" * 10000,
            "\0",
        ):
            self.assertEqual(read_value(text), text)
        self.assertEqual([read_value(text) for text in ("true", "false", "null")], [True, False, None])
        self.assertEqual(read_value("1e999"), {"$type": "float", "value": "inf"})

    def test_arguments(self) -> None:
        """A name before a sign of equality makes a named argument."""
        found = read_arguments(["1", "times=2", "name=", "a==b", "'x=1'", "élan=[1]", "2x=3"])
        self.assertEqual(found, ([1, "a==b", "x=1", "2x=3"], {"times": 2, "name": "", "élan": [1]}))

    def test_written(self) -> None:
        """What JSON has not is written as Python would."""
        for value, text in (
            ({"$type": "set", "value": []}, "set()"),
            ({"$type": "frozenset", "value": [1]}, "frozenset({1})"),
            ({"$type": "bytearray", "value": "AAE="}, "bytearray(b'\\x00\\x01')"),
            ({"$type": "enum", "class": "Colour", "value": "RED"}, "Colour.RED"),
            ({"$type": "timedelta", "value": 1.5}, "timedelta(seconds=1.5)"),
            ({"$type": "dataclass", "class": "Point", "value": {"x": 1}}, "Point(x=1)"),
            ({"$type": "client", "value": {"id": "a"}}, "Client(id='a')"),
            ({"$type": "object", "class": "Lock", "value": "<lock>"}, "<lock>"),
            ({"$type": "date", "value": "2026-01-31"}, "date('2026-01-31')"),
            ({"$type": "Stack", "value": [1]}, "Stack([1])"),
        ):
            self.assertEqual(written(value), text)


class FigureTests(TestCase):
    """Figures for people."""

    def test_ago(self) -> None:
        """A time is told in its largest unit."""
        now = datetime(2026, 1, 31, 12, tzinfo=UTC)
        for moment, text in (
            ("2026-01-31T12:00:05+00:00", "0 s"),
            ("2026-01-31T11:59:01+00:00", "59 s"),
            ("2026-01-31T11:58:00+00:00", "2 min"),
            ("2026-01-31T11:00:00+02:00", "3 h"),
            ("2026-01-29T11:00:00+00:00", "2 d"),
        ):
            self.assertEqual(ago(moment, now), text)

    def test_sizes(self) -> None:
        """Sizes and counts are short."""
        self.assertEqual(
            [size(number) for number in (0, 1023, 1536, 5 * 2**20, 2**40)],
            ["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "1.0 TiB"],
        )
        self.assertEqual(
            [short(number) for number in (0, 0.25, 999, 1000, 123456, 10**9, 10**15)],
            ["0", "0.2", "999", "1.0k", "123k", "1.0G", "1000T"],
        )

    def test_printable(self) -> None:
        """Nothing that comes from elsewhere moves a terminal's cursor, or turns its letters round."""
        self.assertEqual(printable("a\x1b[2J\x9b\u202eb\r\n\tç"), "a\\x1b[2J\\x9b\\u202eb\\r\n\tç")
        self.assertEqual(one_line(" a\r\n  b\tc "), "a b c")
