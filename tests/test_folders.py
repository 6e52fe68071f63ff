# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.folders`: importing projects from several folders."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from twisted.trial.unittest import TestCase

from wstwist.exceptions import ConfigurationError
from wstwist.folders import forget, load_from, search

PROJECT = "from wstwist import Project\nclass {0}(Project):\n    number = {1}\n"


class FoldersTests(TestCase):
    """Two folders, neither of which is the current one."""

    def setUp(self) -> None:
        # Not all that is imported meanwhile: a library may not be imported twice.
        self.addCleanup(lambda: forget([name for name in sys.modules if name.startswith("wst_")]))
        self.enterContext(mock.patch.object(sys, "path", list(sys.path)))
        self.one, self.two = (Path(self.enterContext(TemporaryDirectory())).resolve() for _ in range(2))

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def error(self, *arguments) -> str:
        before, path = set(sys.modules), list(sys.path)
        error = str(self.assertRaises(ConfigurationError, load_from, *arguments))
        self.assertNotIn("\n", error)
        self.assertEqual({name for name in set(sys.modules) - before if name.startswith("wst_")}, set())
        self.assertEqual(sys.path, path)
        return error

    def test_both(self):
        """Each project finds its own modules, those of its folder that came with it are named, and stay."""
        self.write(self.one / "wst_chat.py", "import wst_help\n" + PROJECT.format("Chat", "wst_help.NUMBER"))
        self.write(self.one / "wst_help.py", "NUMBER = 1\n")
        self.write(self.two / "wst_rooms" / "talk.py", PROJECT.format("Talk", 2))
        loaded = load_from("wst_chat:Chat", self.one)
        self.assertEqual((loaded.project.number, loaded.modules), (1, ("wst_chat", "wst_help")))
        loaded = load_from("wst_rooms.talk:Talk", self.two, [self.one])
        self.assertEqual((loaded.project.number, loaded.modules), (2, ("wst_rooms.talk",)))
        self.assertNotIn(str(self.two), sys.path)
        for _ in range(2):
            search(self.two)
            self.assertEqual(sys.path.count(str(self.two)), 1)

    def test_first(self):
        """A project's folder goes before all others, and stays where it was on the path."""
        for folder, number in ((self.one, 1), (self.two, 2)):
            self.write(folder / "wst_chat.py", PROJECT.format("Chat", number))
            sys.path.append(str(folder))
        before = list(sys.path)
        self.assertEqual(load_from("wst_chat:Chat", self.two).project.number, 2)
        self.assertEqual(sys.path, before)

    def test_same_module(self):
        """A module of the same name in two folders is one line that names both."""
        for folder in (self.one, self.two):
            self.write(folder / "wst_chat.py", PROJECT.format("Chat", 1))
        load_from("wst_chat:Chat", self.one)
        self.assertEqual(
            self.error("wst_chat:Chat", self.two),
            f"{self.two}/wst_chat.py cannot be imported beside {self.one}/wst_chat.py: both are the module "
            "'wst_chat'; rename one of them",
        )

    def test_same_helper(self):
        """So is a module beside the project's which another project has imported from its own folder."""
        for folder, name in ((self.one, "Chat"), (self.two, "Talk")):
            self.write(folder / f"wst_{name.lower()}.py", "import wst_help\n" + PROJECT.format(name, 1))
            self.write(folder / "wst_help.py", "")
            self.write(folder / "wst_unused.py", "")
        load_from("wst_chat:Chat", self.one)
        error = self.error("wst_talk:Talk", self.two, [self.one])
        self.assertIn(f"{self.two}/wst_help.py cannot be imported beside {self.one}/wst_help.py", error)

    def test_own_name(self):
        """A module that is named as one of Python's is told to have another name."""
        self.write(self.one / "json.py", PROJECT.format("Chat", 1))
        self.assertIn(f"{self.one}/json.py cannot be imported beside ", self.error("json:Chat", self.one))

    def test_broken(self):
        """Of what fails nothing is left, so that it can be mended and imported."""
        self.write(self.one / "wst_chat.py", "import wst_help\n1 / 0\n")
        self.write(self.one / "wst_help.py", "NUMBER = 1\n")
        self.assertIn("ZeroDivisionError", self.error("wst_chat:Chat", self.one))
        self.write(self.one / "wst_help.py", "NUMBER = 12\n")
        self.write(self.one / "wst_chat.py", "import wst_help\n" + PROJECT.format("Chat", "wst_help.NUMBER"))
        self.assertEqual(load_from("wst_chat:Chat", self.one).project.number, 12)

    def test_forgotten(self):
        """What is forgotten is imported afresh."""
        self.write(self.one / "wst_chat.py", PROJECT.format("Chat", 1))
        forget(load_from("wst_chat:Chat", self.one).modules)
        self.write(self.one / "wst_chat.py", PROJECT.format("Chat", 222))
        self.assertEqual(load_from("wst_chat:Chat", self.one).project.number, 222)

    def test_no_folder(self):
        """A folder that is not there is told, and so is a module that is not in it."""
        self.assertIn("no folder '/nowhere/at/all'", self.error("wst_chat:Chat", Path("/nowhere/at/all")))
        self.write(self.one / "wst_chat.py", "")
        self.assertIn(f"in {self.one} or among", self.error("wst_caht:Chat", self.one))

    def test_installed(self):
        """What is installed can be served from any folder."""
        self.assertEqual(load_from("wstwist.demo:Demo", self.one).modules, ())
