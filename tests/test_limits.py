# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the limits a project may have."""

from __future__ import annotations

from math import inf, nan
from typing import Any
from unittest import TestCase

from wstwist import Limits
from wstwist.exceptions import ConfigurationError
from wstwist.limits import OPTIONAL, RECOMMENDED


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
