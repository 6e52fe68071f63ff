# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Durations: what is read, what is refused and how, what is said."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from wstwist.durations import describe, interval, seconds


class Strings(TestCase):
    """A duration string means the same everywhere."""

    def test_units(self):
        """Milliseconds, seconds, minutes and hours are understood."""
        for text, expected in (("20 s", 20.0), ("10 ms", 0.01), ("3 min", 180.0), ("2 h", 7200.0)):
            self.assertAlmostEqual(seconds(text), expected)
            self.assertAlmostEqual(interval(text), expected)

    def test_sums(self):
        """Units are added up, from the largest to the smallest."""
        self.assertEqual(seconds("1 min 30 s"), 90.0)
        self.assertAlmostEqual(seconds("1 h 2 min 3 s 4 ms"), 3723.004)

    def test_white_space(self):
        """White space is optional everywhere."""
        for text in ("1min30s", " 1 min30 s ", "1\tmin\n30s"):
            self.assertEqual(seconds(text), 90.0)

    def test_fractions(self):
        """A number in a string may have decimals."""
        self.assertEqual(seconds("1.5 s"), 1.5)
        self.assertEqual(interval("0.5 min"), 30.0)

    def test_refused(self):
        """Anything else in a string is refused with what was given and examples of what is right."""
        texts = (
            "", " ", "20", "s", "ms", "20 parsecs", "1 d", "5 S", "5 m", "-5 s", "+5 s", "1e3 s", "1 s 1 s",
            "30 s 1 min", "1,5 s", ".5 s", "5. s", "inf", "nan s", "5 s!", "\u0665 s", "5 s\n\nx",
            " " * 10_000 + "x",
        )  # fmt: skip
        for text in texts:
            for function in (seconds, interval):
                error = self.assertRaises(ValueError, function, text)
                expected = (
                    f"{text!r} is no duration: write for example '20 s', '500 ms', '1 min 30 s' or '2 h'"
                )
                self.assertEqual(str(error), expected)

    def test_nothing_at_all(self):
        """A string that amounts to nothing, or to more than a float holds, is refused."""
        for text in ("0 s", "0 h 0 ms", "0.0 min", "9" * 400 + " s"):
            self.assertIn("is no duration above 0", str(self.assertRaises(ValueError, seconds, text)))


class Numbers(TestCase):
    """A bare number is seconds, except for an interval: whole milliseconds."""

    def test_seconds(self):
        """A bare number is seconds."""
        self.assertEqual(seconds(5), 5.0)
        self.assertEqual(seconds(0.25), 0.25)
        self.assertIs(type(seconds(5)), float)

    def test_interval(self):
        """A bare int is milliseconds in an interval."""
        self.assertEqual(interval(500), 0.5)
        self.assertIs(type(interval(1000)), float)

    def test_interval_refuses_floats(self):
        """A float as an interval is refused, with a proposal of what it may mean."""
        cases = (
            (0.5, "500 ms"),
            (5.0, "5 s"),
            (90.0, "1 min 30 s"),
            (float("nan"), "500 ms"),
            (-1.0, "500 ms"),
        )
        for value, proposal in cases:
            error = self.assertRaises(ValueError, interval, value)
            expected = f"{value!r} is a float: write {proposal!r} if these are seconds, or a whole number"
            self.assertEqual(str(error), f"{expected} of milliseconds")

    def test_not_above_zero(self):
        """Zero, negative and infinite numbers and NaN are refused with what was given."""
        for value in (0, -1, 0.0, -0.5, float("inf"), float("-inf"), float("nan")):
            error = self.assertRaises(ValueError, seconds, value)
            self.assertTrue(str(error).startswith(f"{value} is no duration above 0: write for"), str(error))
        for value in (0, -20):
            self.assertIn(
                f"{value} is no duration above 0", str(self.assertRaises(ValueError, interval, value))
            )

    def test_too_large(self):
        """A number too large for a float is refused without being printed."""
        for value in (10**400, 10**10_000):
            for function in (seconds, interval):
                self.assertIn(
                    "that large is no duration", str(self.assertRaises(ValueError, function, value))
                )


class Others(TestCase):
    """Timedeltas are durations, nothing else is."""

    def test_timedelta(self):
        """A timedelta means what it says."""
        self.assertEqual(seconds(timedelta(minutes=1, milliseconds=5)), 60.005)
        self.assertEqual(interval(timedelta(milliseconds=20)), 0.02)

    def test_timedelta_not_above_zero(self):
        """A timedelta that is zero or negative is refused."""
        for value in (timedelta(0), timedelta(seconds=-5)):
            for function in (seconds, interval):
                self.assertIn("is no duration above 0", str(self.assertRaises(ValueError, function, value)))

    def test_refused(self):
        """Values of other types are refused with one line that names the type, or None and booleans."""
        cases = (
            (None, "None"),
            (True, "True"),
            ([1], "a list"),
            (b"5 s", "a bytes"),
            (Fraction(1), "a Fraction"),
        )
        for value, name in cases:
            error = self.assertRaises(ValueError, seconds, value)
            self.assertTrue(
                str(error).startswith(f"{name} is no duration: write a number of seconds, or"), str(error)
            )
            error = self.assertRaises(ValueError, interval, value)
            self.assertIn(f"{name} is no duration: write a whole number of milliseconds, or", str(error))


class Describe(TestCase):
    """A duration is said the way that it is written."""

    def test_examples(self):
        """Whole units are named, empty ones are not."""
        cases = (
            (0, "0 s"), (5, "5 s"), (90, "1 min 30 s"), (0.5, "500 ms"), (60.0, "1 min"), (7200, "2 h"),
            (3723.004, "1 h 2 min 3.004 s"), (1.5, "1.5 s"), (0.0005, "0.5 ms"), (0.9999999, "1 s"),
            (59.9999, "1 min"), (86400, "24 h"), (5400, "1 h 30 min"),
        )  # fmt: skip
        for value, expected in cases:
            self.assertEqual(describe(value), expected)

    @settings(max_examples=100, deadline=None)
    @given(st.integers(1, 10**9))
    def test_can_be_read_back(self, milliseconds):
        """What is said is a duration string of the same length."""
        self.assertAlmostEqual(seconds(describe(milliseconds / 1000)), milliseconds / 1000, places=6)
