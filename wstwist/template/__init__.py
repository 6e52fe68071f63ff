# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The project that ``wstwist new`` makes: an example, filled in.

In these files ``{{word}}`` is replaced, a line that ends with ``%if part`` is there with that part only, and
so are the lines between ``%if part`` and ``%end``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_WORD = re.compile(r"\{\{(\w+)\}\}")
_PAGE = ("index.html", "page.js", "style.css", "icon.svg")


@dataclass(frozen=True)
class Wanted:
    """What is to be made.

    Attributes:
        name: The name of the project's class.
        module: The name of its module.
        port: Where it is to be served.
        database: Whether what is said is kept in a database.
        page: Whether it has a page.
    """

    name: str
    module: str
    port: int
    database: bool = True
    page: bool = True


def make(wanted: Wanted) -> dict[str, str]:
    """Give the files of a project: their contents by their paths."""
    templates = {
        f"{wanted.module}.py": "project.py.txt",
        f"test_{wanted.module}.py": "test_project.py.txt",
        "wstwist.toml": "wstwist.toml.txt",
        "README.md": "README.md.txt",
        ".gitignore": "gitignore.txt",
    }
    if wanted.page:
        templates |= {f"web/{name}": f"web/{name}" for name in _PAGE}
    parts = [name for name in ("database", "page") if getattr(wanted, name)]
    if not wanted.database:
        parts.append("memory")
    words = {
        "name": wanted.name,
        "module": wanted.module,
        "port": str(wanted.port),
        "in_memory": ', {"database": "sqlite:///:memory:"}' if wanted.database else "",
        "page_too": f", and its page at http://localhost:{wanted.port}/" if wanted.page else "",
    }
    folder = files(__name__)
    return {path: fill(_read(folder, template), words, parts) for path, template in templates.items()}


def _read(folder: Traversable, template: str) -> str:
    return folder.joinpath(*template.split("/")).read_text(encoding="utf-8")


def fill(template: str, words: Mapping[str, str], parts: Collection[str]) -> str:
    """Fill a template in.

    Args:
        template: It.
        words: What takes the place of ``{{word}}``.
        parts: The parts that are wanted.
    """
    lines = []
    is_wanted = True
    for line in template.splitlines():
        text, condition, part = line.partition("%if ")
        if line == "%end":
            is_wanted = True
        elif condition and not text:
            is_wanted = part in parts
        elif is_wanted and (not condition or part in parts):
            lines.append(text)
    return _WORD.sub(lambda word: words[word[1]], "\n".join(lines)) + "\n"
