# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.loading`: from ``MODULE:CLASS`` to the class, or to one line that says why not."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from unittest import mock

from twisted.trial import unittest

from wstwist.exceptions import ConfigurationError
from wstwist.loading import load

PROJECT = """
from wstwist import Project

class Chat(Project):
    pass

def helper(): ...

class Other: ...
"""


class LoadingTests(unittest.TestCase):
    """Loading from a folder that is the current one."""

    def setUp(self):
        """Make the folder, and forget afterwards what is loaded from it."""
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        for patcher in (
            mock.patch.dict(sys.modules),
            mock.patch.object(sys, "path", [str(self.folder), *sys.path]),
            mock.patch.object(Path, "cwd", return_value=self.folder),
        ):
            self.enterContext(patcher)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))

    def error(self, spec):
        error = str(self.assertRaises(ConfigurationError, load, spec))
        self.assertNotIn("\n", error)
        return error

    def test_module(self):
        """A class is loaded from a module."""
        self.write("chat.py", PROJECT)
        self.assertEqual(load("chat:Chat").__qualname__, "Chat")

    def test_package(self):
        """A class is loaded from a module of a package."""
        self.write("rooms/chat.py", PROJECT)
        self.assertEqual(load("rooms.chat:Chat").__module__, "rooms.chat")

    def test_form(self):
        """What is not of the form MODULE:CLASS is told what would be."""
        for spec, meant in (
            ("chat", "did you mean chat:Chat?"),
            ("chat:", "did you mean chat:Chat?"),
            ("chat.py:Room", "did you mean chat:Room?"),
            ("./rooms/chat.py:Room", "did you mean rooms.chat:Room?"),
            ("my-chat:Chat", "for instance chat:Chat"),
            (":Chat", "for instance chat:Chat"),
            ("", "for instance chat:Chat"),
        ):
            self.assertEqual(self.error(spec), f"{spec!r} is not of the form MODULE:CLASS; {meant}")

    def test_no_module(self):
        """A module that is not there is told with the folder and the nearest one there."""
        self.write("chat.py", PROJECT)
        begin = f"in {self.folder} or among the installed ones;"
        self.assertEqual(self.error("caht:Chat"), f"no module 'caht' {begin} did you mean chat?")
        self.assertEqual(
            self.error("nothing.like_it:Chat"),
            f"no module 'nothing.like_it' {begin} say in which folder it is, or run it there",
        )
        self.assertIn("no module 'chat.room'", self.error("chat.room:Chat"))

    def test_fails(self):
        """A module that fails is told with what it raised, in which line of the author's code."""
        self.write("chat.py", "import other\n")
        self.write("other.py", "\n\nimport json\njson.loads('{')\n")
        self.assertTrue(
            self.error("chat:Chat").startswith(
                "chat cannot be imported: other.py:4: json.decoder.JSONDecodeError: Expecting property name"
            )
        )

    def test_many_lines(self):
        """Of an error with many lines the last one is told."""
        self.write("chat.py", "raise ValueError('one\\ntwo')\n")
        self.assertEqual(self.error("chat:Chat"), "chat cannot be imported: chat.py:1: ValueError: one two")

    def test_syntax(self):
        """A syntax error is told with its own line, in whichever module it is."""
        self.write("chat.py", "import other\n")
        self.write("other.py", "\nclass\n")
        self.assertEqual(
            self.error("chat:Chat"), "chat cannot be imported: other.py:2: SyntaxError: invalid syntax"
        )

    def test_null_bytes(self):
        """What is no Python source at all is told, too."""
        self.write("chat.py", "\0")
        self.assertIn("null bytes", self.error("chat:Chat"))

    def test_exits(self):
        """A module that ends the program does not end it."""
        self.write("chat.py", "raise SystemExit('bye')")
        self.assertEqual(self.error("chat:Chat"), "chat cannot be imported: chat.py:1: SystemExit: bye")

    def test_dependency(self):
        """A module that needs one which is not installed is not taken for missing itself."""
        self.write("chat.py", "\nimport missing_one.part")
        self.assertEqual(
            self.error("chat:Chat"),
            f"chat cannot be imported: chat.py:2: no module 'missing_one' is installed for {sys.executable}",
        )

    def test_name(self):
        """A name that a module does not have is told as an import error."""
        self.write("chat.py", "from json import nothing_such")
        self.assertIn("chat.py:1: ImportError: cannot import name 'nothing_such'", self.error("chat:Chat"))

    def test_no_class(self):
        """A class that is not there is told with the nearest project, or with all."""
        self.write("chat.py", PROJECT)
        self.assertEqual(self.error("chat:Caht"), "no class 'Caht' in chat (chat.py); did you mean Chat?")
        self.assertEqual(self.error("chat:Xyz"), "no class 'Xyz' in chat (chat.py); its projects: Chat")
        self.write("bare.py", "")
        self.assertEqual(self.error("bare:Chat"), "no class 'Chat' in bare (bare.py); its projects: none")

    def test_no_project(self):
        """What is there, but not a project, is told what it is."""
        self.write("chat.py", PROJECT)
        for name, expected in (
            ("helper", "chat:helper is not a class, but a function"),
            ("Other", "chat:Other is not a project: write class Other(wstwist.Project)"),
            ("Project", "chat:Project is a base for projects; name a class derived from it"),
        ):
            self.assertEqual(self.error(f"chat:{name}"), expected)
