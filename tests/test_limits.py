# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the limits a project may have, and of docs/limits.md."""

from __future__ import annotations

import pickle
import re
from dataclasses import fields, replace
from math import inf, nan
from typing import Any
from unittest import TestCase

from tests.documents import Document
from wstwist import Limits
from wstwist.exceptions import ConfigurationError
from wstwist.limits import OPTIONAL, RECOMMENDED

DOCUMENT = Document("docs/limits.md")
ROWS = {
    cells[0]: cells[1:]
    for line in DOCUMENT.text.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip("` ") for cell in line.strip("|").split(" | ")]]
}
_UNITS = ((1024 * 1024, "MiB"), (1024, "KiB"))


def shown(name: str, value: Any) -> str:
    """Write a value as the table does."""
    if value is None or isinstance(value, str):
        return value or "off"
    if name.endswith(("_size", "bytes_per_second")):
        return next(f"{value // unit} {letters}" for unit, letters in _UNITS if value % unit == 0)
    is_time = name.endswith(("_time", "_interval", "_timeout"))
    return f"{value:,g} s" if is_time else f"{value:,g}"


class TableTests(TestCase):
    """The table."""

    def test_defaults(self) -> None:
        """It has each limit, with its default, and nothing else."""
        expected = {item.name: shown(item.name, item.default) for item in fields(Limits)}
        self.assertEqual({name: cells[0] for name, cells in ROWS.items()}, expected)

    def test_recommended(self) -> None:
        """It has what is recommended for each limit that is off."""
        listed = {name: cells[1] for name, cells in ROWS.items() if cells[0] == "off"}
        self.assertEqual(listed, {name: shown(name, value) for name, value in RECOMMENDED.items()})

    def test_docstring(self) -> None:
        """The class's docstring names each, too."""
        named = re.findall(r"^ {8}(\w+):", Limits.__doc__ or "", re.MULTILINE)
        self.assertEqual(set(named), {item.name for item in fields(Limits)})


class LimitsTests(TestCase):
    """Values that limits may have."""

    def refused(self, **values: Any) -> str:
        """Give what is said of limits that cannot be."""
        with self.assertRaises(ConfigurationError) as caught:
            Limits(**values)
        return str(caught.exception)

    def test_defaults(self) -> None:
        """What a client can make grow is finite by default; rates and the idle time are off."""
        limits = Limits()
        self.assertEqual((limits.frame_size, limits.fragments, limits.pings_per_second), (1 << 20, 1024, 10))
        self.assertEqual((limits.ping_interval, limits.ping_timeout), (20, 20))
        self.assertEqual((limits.messages_per_second, limits.bytes_per_second), (None, None))
        self.assertIsNone(limits.idle_time)

    def test_what_cannot_be(self) -> None:
        """A value that cannot be is told in one line: the limit, what it may be, and what it is."""
        off = ", or None (in a configuration file: false)"
        for name, value, expected in (
            ("fragments", 0, "a whole number above 0, not 0"),
            ("frame_size", 1.5, "a whole number above 0, not 1.5"),
            ("frame_size", True, "a whole number above 0, not True"),
            ("fragments", None, "a whole number above 0, not None"),
            ("ping_interval", "20 s", "a number of seconds above 0, not '20 s'"),
            ("ping_timeout", inf, "a number of seconds above 0, not inf"),
            ("ping_timeout", None, "a number of seconds above 0, not None"),
            ("pings_per_second", nan, "a number above 0, not nan"),
            ("messages_per_second", 0, f"a number above 0{off}, not 0"),
            ("bytes_per_second", False, f"a number above 0{off}, not False"),
            ("idle_time", -1.0, f"a number of seconds above 0{off}, not -1.0"),
        ):
            with self.subTest(name):
                self.assertEqual(self.refused(**{name: value}), f"limits: {name} must be {expected}")

    def test_unknown(self) -> None:
        """What is no limit is told, with the one that may be meant; a limit needs its name."""
        with self.assertRaises(ConfigurationError) as caught:
            Limits(message_sizes=1)  # type: ignore[call-arg]
        told = "limits: no such limit: message_sizes; did you mean message_size?"
        self.assertEqual(str(caught.exception), told)
        with self.assertRaises(ConfigurationError) as caught:
            Limits(whatever=1)  # type: ignore[call-arg]
        self.assertIn("no such limit: whatever; there are message_size, ", str(caught.exception))
        with self.assertRaises(TypeError):
            Limits(5)  # type: ignore[misc]
        limits = Limits(message_size=5)
        self.assertEqual(replace(limits, fragments=6), Limits(message_size=5, fragments=6))
        self.assertEqual(pickle.loads(pickle.dumps(limits)), limits)

    def test_too_little(self) -> None:
        """A head that no handshake fits into is refused."""
        told = "must be 256 at least, or nobody can connect, not 255"
        self.assertEqual(self.refused(header_size=255), f"limits: header_size {told}")
        self.assertIn("header_count must be 5 at least", self.refused(header_count=4))

    def test_too_large(self):
        """What C, or a clock, cannot count with is refused, however many digits it has."""
        for name in ("header_count", "message_size", "clients"):
            self.assertEqual(
                self.refused(**{name: 10**400}), f"limits: {name} must be 1,000,000,000,000 at most"
            )
        for name in ("handshake_time", "bytes_per_second"):
            for value in (10**400, 1e308):
                self.assertEqual(
                    self.refused(**{name: value}), f"limits: {name} must be 1,000,000,000 at most"
                )
        Limits(header_count=10**12, handshake_time=10**9)

    def test_off(self) -> None:
        """None switches off what is off by default, and nothing else."""
        for name in OPTIONAL:
            self.assertIsNone(getattr(Limits(**{name: None}), name))
        self.assertLessEqual({"messages_per_second", "bytes_per_second", "idle_time"}, OPTIONAL)
        self.assertNotIn("ping_interval", OPTIONAL)

    def test_recommended(self) -> None:
        """Each of these has a value that is recommended, and can be used."""
        self.assertEqual(set(RECOMMENDED), OPTIONAL)
        Limits(**RECOMMENDED)

    def test_largest_frame(self) -> None:
        """The default gives way to a greater message size, and to what compression adds; another does not."""
        self.assertEqual(Limits().largest_frame, (1 << 20) * 9 // 8 + 1024)
        self.assertEqual(Limits(message_size=10).largest_frame, 1 << 20)
        self.assertEqual(Limits(message_size=1 << 24).largest_frame, (1 << 24) * 9 // 8 + 1024)
        self.assertEqual(Limits(message_size=1 << 24, frame_size=1000).largest_frame, 1000)
