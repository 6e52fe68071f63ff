# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who the log says it is that logs."""

from __future__ import annotations

import ast
from importlib import import_module
from unittest import TestCase

from twisted.logger import Logger

from tests.documents import ROOT


class Namespaces(TestCase):
    """The loggers of all modules."""

    def test_names(self) -> None:
        """Each names itself: what is compiled has no frame from which a Logger could learn its module."""
        found = 0
        for path in sorted((ROOT / "wstwist").rglob("*.py")):
            names = _loggers(path.read_text())
            if not names:
                continue
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for name in names:
                with self.subTest(module=module.__name__):
                    logger = getattr(module, name)
                    self.assertIsInstance(logger, Logger)
                    self.assertRegex(logger.namespace, r"^wstwist(\.\w+)?$")
                    found += 1
        self.assertGreater(found, 10)


def _loggers(source: str) -> list[str]:
    """Name the module's loggers; those of classes are named after the class by Twisted."""
    return [
        node.targets[0].id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "Logger"
    ]
