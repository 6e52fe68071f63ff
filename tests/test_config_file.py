# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.config_file` and `wstwist.config_edits`: changes to the configuration file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs
from twisted.trial.unittest import TestCase

from wstwist.config import Source
from wstwist.config_edits import Edits
from wstwist.config_file import Draft
from wstwist.config_projects import Plan
from wstwist.exceptions import ConfigurationError

TEXT = """\
# Everything that we serve.
version = 1
port = 9000  # behind the proxy

[projects.Chat]  # for everybody
import = "chat:Chat"
interval = "5 s"  # not too often

[projects.Chat.limits]
message_size = 65536

# The other one.
[projects.Echo]
import = "echo:Echo"
"""


class FileCase(TestCase):
    """A test with a file."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory())).resolve()
        self.path = self.folder / "wstwist.toml"
        self.path.write_text(TEXT)
        self.source = Source(self.path, "wstwist.toml")
        self.demo = Plan("Demo", "wstwist.demo:Demo", self.folder)
        self.edits = Edits(lambda: [self.demo], self.folder)

    def edit(self, edit) -> str:
        """Read the file, change it, and give what stands in it."""
        self.source.read()
        Draft(self.source, edit).commit()
        self.source.read()
        return self.path.read_text()

    def error(self, edit) -> str:
        before = self.path.read_text()
        error = str(self.assertRaises(ConfigurationError, Draft, self.source, edit))
        self.assertEqual(self.path.read_text(), before)
        self.assertEqual(os.listdir(self.folder), ["wstwist.toml"])
        self.assertNotIn("\n", error)
        return error


class DraftTests(FileCase):
    """How the file is replaced."""

    def test_nothing_else(self):
        """Only what was changed is different: comments, order and spaces stay; the version becomes the newest."""
        plan = Plan("Chat", "chat:Chat", self.folder, "blocked", "Back at nine.")
        expected = TEXT.replace("version = 1", "version = 2").replace(
            "# not too often\n", '# not too often\nstate = "blocked"\nmessage = "Back at nine."\n'
        )
        self.assertEqual(self.edit(self.edits.set_state(plan)), expected)

    def test_old_version(self):
        """A file of an older version is not written as long as nothing in it changes."""
        self.assertEqual(self.source.read().projects[0].name, "Chat")
        self.assertEqual(self.path.read_text(), TEXT)
        self.assertEqual(self.edit(lambda document: None), TEXT.replace("version = 1", "version = 2"))

    def test_mode_and_link(self):
        """Mode and symbolic link stay."""
        self.path.chmod(0o640)
        link = self.folder / "link.toml"
        link.symlink_to("wstwist.toml")
        self.source = Source(link)
        self.assertIn("compress = true", self.edit(self.edits.set_settings("Echo", {"compress": True})))
        self.assertTrue(link.is_symlink())
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)

    def test_lines(self):
        """Line ends stay what they are."""
        self.path.write_bytes(TEXT.replace("\n", "\r\n").encode())
        self.edit(self.edits.set_settings("Echo", {"compress": True, "limits": {"clients": 3}}))
        data = self.path.read_bytes()
        self.assertEqual(data.count(b"\r\n"), data.count(b"\n"), data)

    def test_edited_meanwhile(self):
        """What somebody else wrote since the file was read stays, and the log says that it waits."""
        self.source.read()
        self.path.write_text(TEXT.replace("9000", "9001"))
        with capturedLogs() as logs:
            Draft(self.source, self.edits.set_settings("Chat", {"interval": None})).commit()
            Draft(self.source, self.edits.set_settings("Chat", {"compress": True})).commit()
        text = self.path.read_text()
        self.assertIn("port = 9001", text)
        self.assertNotIn("interval", text)
        self.assertIn("compress = true", text)
        self.assertEqual([event["log_format"].partition("}")[2][:11] for event in logs], [" was edited"] * 2)

    def test_own_changes(self):
        """What we wrote ourselves is no edit of somebody else's."""
        self.source.read()
        with capturedLogs() as logs:
            for compress in (True, False):
                Draft(self.source, self.edits.set_settings("Chat", {"compress": compress})).commit()
        self.assertEqual(logs, [])

    def test_broken_meanwhile(self):
        """A file that somebody else broke is not written."""
        self.source.read()
        edit = self.edits.set_settings("Chat", {"interval": None})
        for text, words in (
            ("[projects", "wstwist.toml: is not TOML: "),
            (TEXT + "thread = 1\n", "wstwist.toml:15: [projects.Echo] thread is no setting"),
            (TEXT.replace("Chat", "Talk"), "the file has no [projects.Chat] any more: reload it"),
        ):
            self.path.write_text(text)
            self.assertIn(words, self.error(edit))

    def test_discarded(self):
        """A draft that is discarded leaves nothing, also twice; one that was committed stays."""
        self.source.read()
        edit = self.edits.set_settings("Chat", {"interval": None})
        draft = Draft(self.source, edit)
        self.assertEqual(len(os.listdir(self.folder)), 2)
        draft.discard()
        draft.discard()
        self.assertEqual(os.listdir(self.folder), ["wstwist.toml"])
        self.assertEqual(self.path.read_text(), TEXT)
        draft = Draft(self.source, edit)
        draft.commit()
        draft.discard()
        self.assertNotIn("interval", self.path.read_text())

    def test_disk(self):
        """A disk that is full, and a folder that may not be written, are told; the file is as it was."""
        self.source.read()
        edit = self.edits.set_settings("Chat", {"interval": None})
        with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            self.assertEqual(self.error(edit), "wstwist.toml: cannot be written: No space left on device")
        with mock.patch("wstwist.config_file.mkstemp", side_effect=PermissionError(13, "Permission denied")):
            self.assertEqual(self.error(edit), "wstwist.toml: cannot be written: Permission denied")
        draft = Draft(self.source, edit)
        with mock.patch.object(Path, "replace", side_effect=PermissionError(13, "Permission denied")):
            self.assertRaises(ConfigurationError, draft.commit)
        self.assertEqual(os.listdir(self.folder), ["wstwist.toml"])

    def test_not_toml(self):
        """A value that TOML cannot hold is refused."""
        self.assertIn(
            "cannot be changed", self.error(self.edits.set_settings("Chat", {"interval": object()}))
        )

    def test_wrong_result(self):
        """An edit after which the file could not be read any more is refused."""
        self.assertIn("port must be", self.error(lambda document: document.update(port="x")))


class EditsTests(FileCase):
    """What is different afterwards."""

    def test_add(self):
        """A project's table comes last; its folder is relative to the file where it is below it."""
        for name, directory, written in (
            ("Here", self.folder, ""),
            ("Below", self.folder / "below", 'directory = "below"\n'),
            ("Away", Path("/srv/away"), 'directory = "/srv/away"\n'),
        ):
            plan = Plan(name, f"m:{name}", directory)
            text = self.edit(self.edits.add(plan, {"interval": "1 s", "limits": {"clients": 3}, "web": None}))
            self.assertTrue(
                text.endswith(
                    f'\n[projects.{name}]\nimport = "m:{name}"\n{written}interval = "1 s"\n\n'
                    f"[projects.{name}.limits]\nclients = 3\n"
                ),
                text,
            )
            self.assertEqual(self.source.read().projects[-1].directory, directory)
        self.assertIn("already", self.error(self.edits.add(plan, {})))

    def test_remove(self):
        """A project's tables go, and the last one leaves the word that there is none."""
        text = self.edit(self.edits.remove("Chat"))
        self.assertNotIn("Chat", text)
        self.assertIn('[projects.Echo]\nimport = "echo:Echo"\n', text)
        self.edit(self.edits.remove("Echo"))
        self.assertEqual(self.source.read().projects, ())
        self.edit(self.edits.remove("Echo"))
        self.edit(self.edits.add(Plan("Chat", "chat:Chat", self.folder), {}))
        self.assertEqual([plan.name for plan in self.source.read().projects], ["Chat"])

    def test_state(self):
        """A state that is the usual one is not written, nor a message that is none."""
        for state, message in (("stopped", "x"), ("served", "x"), ("blocked", ""), ("served", "")):
            plan = Plan("Echo", "echo:Echo", self.folder, state, message)
            text = self.edit(self.edits.set_state(plan))
            self.assertEqual(self.source.read().projects[1], plan)
            self.assertEqual("state" in text, state != "served")

    def test_demonstration(self):
        """A file that names no project gets the one that was served, and stays on this machine."""
        for text in (
            "",
            "# nothing\nport = 9000\n",
            "version = 1\n[projects]\n",
        ):
            self.path.write_text(text)
            self.edit(self.edits.add(Plan("Chat", "chat:Chat", self.folder), {}))
            found = self.source.read()
            self.assertEqual([plan.name for plan in found.projects], ["Demo", "Chat"])
            self.assertEqual(found.interface, "127.0.0.1")
        self.path.write_text('interface = "::1"\n')
        self.edit(self.edits.remove("Demo"))
        self.assertEqual(self.source.read().projects, ())
        self.assertEqual(self.source.read().interface, "::1")


# Ways in which people write the same two tables.
SHAPES = (
    TEXT,
    '[projects]\nChat = { import = "chat:Chat" }\nEcho = { import = "echo:Echo", limits = { clients = 1 } }\n',
    'projects = { Chat = { import = "chat:Chat" }, Echo = { import = "echo:Echo" } }\n',
    """[projects.Chat]
import = "chat:Chat"
[projects.Echo]
import = "echo:Echo"
[projects.Chat.limits]
clients = 1
""",
)
# These can be changed in part only: tables cannot stand among dotted keys.
DOTTED = (
    '[projects]\nChat.import = "chat:Chat"\nEcho.import = "echo:Echo"\n',
    'projects.Chat.import = "chat:Chat"\nprojects.Echo.import = "echo:Echo"\n',
)
HERE = Path("/srv")
PLANS = [Plan(name, f"m:{name}", HERE / "x", "blocked", "no") for name in ("Chat", "Echo")]
CHANGES = (
    {"interval": "1 s"},
    {"interval": None, "limits": {"clients": None, "message_size": 5}},
    {"limits": {"idle_time": False}},
    {"limits": None, "protocols": ["a", "b"]},
)
EDITS = Edits(list, HERE)
STEPS = st.one_of(
    st.sampled_from([EDITS.add(Plan("New", "m:New", HERE), {"limits": {"clients": 2}})]),
    st.sampled_from(PLANS).map(EDITS.set_state),
    st.sampled_from(["Chat", "Echo", "New"]).map(EDITS.remove),
    st.builds(EDITS.set_settings, st.sampled_from(["Chat", "Echo", "New"]), st.sampled_from(CHANGES)),
)


class ShapeTests(FileCase):
    """However a file is written."""

    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(SHAPES + DOTTED), st.lists(STEPS, max_size=6))
    def test_shapes(self, text, steps):
        """Edits mean the same in it as in what it means, or are refused with one line."""
        self.path.write_text(text)
        for step in steps:
            self.source.read()
            try:
                Draft(self.source, step).commit()
            except ConfigurationError as error:
                self.assertNotIn("\n", str(error))
        self.source.read()
        self.assertEqual(os.listdir(self.folder), ["wstwist.toml"])

    def test_dotted(self):
        """What cannot be changed is told, with what could be."""
        self.path.write_text(DOTTED[1])
        self.assertIn(
            "write each project as [projects.NAME]", self.error(EDITS.add(Plan("New", "m:New", HERE), {}))
        )

    def test_possible(self):
        """In each of them that has no dotted keys each edit can be made."""
        for text in SHAPES:
            for change in CHANGES:
                self.path.write_text(text)
                self.edit(EDITS.set_settings("Echo", change))
            for edit in (EDITS.remove("Chat"), EDITS.set_state(PLANS[1])):
                self.path.write_text(text)
                self.edit(edit)
            self.path.write_text(text)
            self.edit(EDITS.add(Plan("New", "m:New", HERE), {"limits": {"clients": 2}}))
            self.assertEqual([plan.name for plan in self.source.read().projects], ["Chat", "Echo", "New"])
