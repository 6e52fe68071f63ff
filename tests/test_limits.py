# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the limits: their recommended values, and docs/limits.md."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.documents import Document
from wstwist.limits import OPTIONAL, RECOMMENDED, Limits, switched_off

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


class TableTests(SynchronousTestCase):
    """The table."""

    def test_defaults(self) -> None:
        """It has each limit, with its default."""
        expected = {item.name: shown(item.name, item.default) for item in fields(Limits)}
        self.assertEqual({name: ROWS[name][0] for name in expected if name in ROWS}, expected)

    def test_recommended(self) -> None:
        """It has what is recommended for each limit that is off."""
        listed = {name: cells[1] for name, cells in ROWS.items() if cells[0] == "off"}
        self.assertEqual(listed, {name: shown(name, value) for name, value in RECOMMENDED.items()})

    def test_docstring(self) -> None:
        """The class's docstring names each, too."""
        named = re.findall(r"^ {8}(\w+):", Limits.__doc__ or "", re.MULTILINE)
        self.assertEqual(set(named), {item.name for item in fields(Limits)})


class RecommendedTests(SynchronousTestCase):
    """What is recommended."""

    def test_all(self) -> None:
        """Something is recommended for each limit that can be off."""
        self.assertEqual(OPTIONAL - set(RECOMMENDED), set())
        self.assertEqual(set(switched_off(Limits())), set(OPTIONAL))

    def test_good_values(self) -> None:
        """It is a value that the limit can have."""
        recommended = {name: RECOMMENDED[name] for name in OPTIONAL}
        self.assertEqual(switched_off(replace(Limits(), **recommended)), {})
        self.assertNotIn("clients", switched_off(Limits(clients=1)))
