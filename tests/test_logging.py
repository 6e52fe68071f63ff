# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""docs/logging.md names what there is."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import chain

from twisted.internet.testing import MemoryReactorClock

from tests.documents import ROOT, Document, DocumentCase
from wstwist import Project, log_lines
from wstwist.service import ProjectService
from wstwist.wire.protocol import _BROKEN

LOGGING = Document("docs/logging.md")


class Logging(DocumentCase):
    """The tables are complete."""

    document = LOGGING

    def test_counters(self):
        """Each counter stands in it, and none that there is not."""
        sources = [path.read_text() for path in (ROOT / "wstwist").rglob("*.py")]
        counted = {*_BROKEN.values(), *chain.from_iterable(map(_counted, sources))}
        _, _, tables = LOGGING.text.partition("## Counters")
        listed = set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE))
        self.assertLessEqual({"sends_replaced", "reactor_blocked", "too_big"}, counted)
        self.assertLessEqual(counted, listed)
        for name in listed:
            self.assertIn(f'"{name}"', "".join(sources))

    def test_where_they_are(self):
        """The counters are where it says."""

        class Chat(Project):
            """Has counters."""

        service = ProjectService(Chat, reactor=MemoryReactorClock())
        self.addCleanup(service.hosts[0].close)
        service.hosts[0].count("errors")
        _, _, block = LOGGING.text.partition("## Counters")[2].partition("```python\n")
        said = io.StringIO()
        with redirect_stdout(said):
            exec(block.partition("```")[0], {"service": service})
        self.assertEqual(said.getvalue(), "Chat {'errors': 1}\n")

    def test_fields(self):
        """Each field of a line in JSON stands in it, and no other."""
        _, _, rest = LOGGING.text.partition("## JSON")
        listed = re.findall(r"^\| `(\w+)`", rest.partition("## ")[0], re.MULTILINE)
        source = (ROOT / "wstwist" / "log_lines.py").read_text()
        made = re.findall(r'^        "(\w+)": ', source, re.MULTILINE)
        self.assertEqual(set(listed), {*made, *log_lines._ORIGIN})

    def test_links(self):
        """Every file that it links to is there."""
        self.check_links()


def _counted(source: str) -> Iterator[str]:
    """Name what a module counts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and re.search(r"\b_?count$", ast.unparse(node.func)):
            name: ast.expr = node.args[0]
        elif isinstance(node, ast.Subscript) and re.search(r"\b_?counters$", ast.unparse(node.value)):
            name = node.slice
        else:
            continue
        if not isinstance(name, ast.JoinedStr):
            words = (str(each.value) for each in ast.walk(name) if isinstance(each, ast.Constant))
            yield from filter(str.isidentifier, words)
