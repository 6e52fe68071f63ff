# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""docs/logging.md names what there is."""

from __future__ import annotations

import re

from tests.documents import ROOT, Document, DocumentCase
from wstwist import log_lines

LOGGING = Document("docs/logging.md")


class Logging(DocumentCase):
    """The tables are complete."""

    document = LOGGING

    def test_counters(self):
        """Each counter stands in it, and none that there is not."""
        source = "".join(path.read_text() for path in (ROOT / "wstwist").rglob("*.py"))
        counted = set(re.findall(r"""(?:\bcount\(|counters\[)"(\w+)"[\])]""", source))
        _, _, tables = LOGGING.text.partition("## Counters")
        listed = set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE))
        self.assertLessEqual(counted, listed)
        for name in listed:
            self.assertIn(f'"{name}"', source)

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
