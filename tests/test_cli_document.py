# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""docs/cli.md says what there is."""

from __future__ import annotations

import re

from twisted.trial.unittest import TestCase

from tests.documents import Document
from wstwist.cli.commands import COMMANDS
from wstwist.cli.top_view import SORTS


class CommandLineDocument(TestCase):
    """docs/cli.md."""

    text = Document("docs/cli.md").text

    def test_commands(self) -> None:
        """The table has each command once, in the order of the help."""
        table = self.text.partition("| command |")[2].partition("\n\n")[0]
        named = [
            name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])
        ]
        self.assertEqual(named, list(COMMANDS))

    def test_keys(self) -> None:
        """The keys of `top` are those that there are."""
        watching = self.text.partition("## Watching")[2].partition("## ")[0]
        self.assertEqual(re.findall(r"`(\w)`\s[a-z]", watching), [*SORTS, "q"])
