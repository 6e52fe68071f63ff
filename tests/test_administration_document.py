# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""docs/administration.md says what there is, and its commands and its program do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import TestCase

from tests.administered import Server
from tests.documents import Document
from wstwist.admin import failures, glance, live, log_ring, sessions, topics
from wstwist.admin.routes import ROUTES
from wstwist.config import _KEYS, ADMIN
from wstwist.tap import Options

ADMINISTRATION = Document("docs/administration.md")


class AdministrationDocument(TestCase):
    """docs/administration.md."""

    text = ADMINISTRATION.text

    def table(self, head: str) -> str:
        """Give the table with this head."""
        return self.text.partition(f"| {head} |")[2].partition("\n\n")[0]

    def test_requests(self) -> None:
        """The table has every request, with the members of its body and its parameters, and no other."""
        table = self.table("request | what it is")
        for route in ROUTES:
            path = route.path.replace("{name}", "NAME").replace("{id}", "ID")
            short = path.rpartition("/")[2]
            found = [line for line in table.splitlines() if self.names(line, route.method, path, short)]
            self.assertEqual(len(found), 1, (route.method, path, found))
            for name in route.query:
                is_shared = path.endswith("/log")  # as those of the whole log
                self.assertTrue(is_shared or f"{name}=" in found[0], (name, found))
        for method, path in re.findall(r"`(GET|POST|PATCH|DELETE) ([^`?]+)[^`]*`", table):
            if not path.startswith("..."):
                known = {(each.method, each.path.format(name="NAME", id="ID")) for each in ROUTES}
                self.assertIn((method, path), known)

    def names(self, line: str, method: str, path: str, short: str) -> bool:
        """Whether a line of the table is about a route: by its path, or by what stands behind dots."""
        if re.search(rf"`{method} {re.escape(path)}[`?]", line):
            return True
        before = path.removesuffix(f"/{short}")
        place = f"`.../{short}`" in line or f"`{method} .../{short}`" in line
        return place and f" {before}/" in line

    def test_options(self) -> None:
        """The options and keys are those that there are."""
        options = Options()
        for option, key in (("--admin", "admin"), ("--admin-host", "admin_hosts")):
            self.assertIn(f"`{option} ", self.text)
            self.assertIn(f"`{key} = ", self.text)
            self.assertIn(key, _KEYS)
            self.assertIn(option.removeprefix("--"), {each.rstrip("=") for each in options.longOpt})
        self.assertIn(f"`{ADMIN}`", self.text)

    def test_topics(self) -> None:
        """The table has every topic, as it is written."""
        table = self.table("topic | told")
        for kind in topics._KINDS.values():
            for form in re.sub(" for the global service", "", kind.form).split(", or "):
                self.assertIn(f"`{form}`", table)

    def test_figures(self) -> None:
        """Numbers are those of the source."""
        for text in (
            f"{sessions.IDLE_TIME / 3600:g} hours without a request",
            f"up to {failures.LONGEST_DELAY / 60:g} minutes",
            f"after {glance.PATIENCE:g} s is named",
            f"texts to {glance.TEXT} characters",
            f"value to {glance.ITEMS} parts, {glance.DEPTH} levels deep",
            f"At most {live.MOST_TOPICS} topics",
            f"and {live.MOST_VIEWERS} connections",
            f"{log_ring.MOST}, or {log_ring.MOST_TEXT >> 20} MiB",
        ):
            self.assertIn(text, " ".join(self.text.split()))
        self.assertEqual(
            (failures.FREE, failures.FORGOTTEN), (5, 900)
        )  # "five times", "a quarter of an hour"

    def test_links(self) -> None:
        """What is linked to is there."""
        for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", self.text):
            self.assertTrue((ADMINISTRATION.folder / target).exists(), target)

    def test_commands_and_program(self) -> None:
        """The commands of a program, and the program that follows, work as they stand there."""
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-test-")))
        server = Server(folder)
        self.addCleanup(server.kill)
        server.start()
        (folder / "follow.py").write_text(ADMINISTRATION.files["follow.py"])
        token = next(command for command in ADMINISTRATION.commands if command.startswith("TOKEN="))
        asked = next(command for command in ADMINISTRATION.commands if command.startswith("curl "))
        quiet = "curl --noproxy '*' -sf "
        script = "\n".join(
            (
                token,
                "export TOKEN",
                asked.replace("http://localhost:9001/", server.url).replace("curl ", quiet),
                f"ADMIN={server.url.rstrip('/').replace('http', 'ws', 1)} {sys.executable} follow.py",
            )
        )
        done = subprocess.run(
            ["bash", "-ec", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"name": "Chat"', done.stdout)
        self.assertIn("Chat served 0\n", done.stdout)
