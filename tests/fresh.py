# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What tests of reloading share: modules in a folder of their own, which can be imported, and changed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

from twisted.trial.unittest import TestCase


class ModulesCase(TestCase):
    """A test with modules; when it ends they are imported no more.

    Attributes:
        folder: Where they are.
    """

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        before = set(sys.modules)
        path, sys.path[:0] = sys.path[:], [str(self.folder)]
        self.addCleanup(self._restore, path, before)

    def _restore(self, path: list[str], before: set[str]) -> None:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(self.folder)):
                del sys.modules[name]

    def write(self, **modules: str) -> None:
        """Write modules; ``a/b`` is one of a package."""
        for name, text in modules.items():
            file = self.folder / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))

    def load(self, name: str) -> Any:
        """Import a module."""
        importlib.invalidate_caches()
        return importlib.import_module(name)
