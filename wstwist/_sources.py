# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Chooses the Python sources where modules are compiled, too: with ``WSTWIST_PURE=1`` in the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType


class _Sources(MetaPathFinder):
    """Finds the modules of this package in their sources only; a compiled one would hide its source."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of this package."""
        if not name.startswith("wstwist."):
            return None
        finders = (FileFinder(entry, (SourceFileLoader, SOURCE_SUFFIXES)) for entry in path or ())
        return next((spec for finder in finders if (spec := finder.find_spec(name, target))), None)


PURE = os.environ.get("WSTWIST_PURE") == "1"
"""Whether nothing compiled is to be used."""

if PURE:
    sys.meta_path.insert(0, _Sources())
