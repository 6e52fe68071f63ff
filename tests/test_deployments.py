# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.deployments`: what becomes of projects, and of the file that says so."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from unittest import mock

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

from wstwist import ConfigurationError, Project, Refuse
from wstwist.config import read
from wstwist.exceptions import NoSuchProject
from wstwist.folders import forget
from wstwist.reload import Changes
from wstwist.server import _time_to_stop, _with_projects
from wstwist.service import ProjectService
from wstwist.traffic import Traffic
from wstwist.wire.interface import Request

MODULE = """
from wstwist import Project

class {name}(Project):
    interval = "1 h"
    {more}
"""
FILE = """\
version = 2

# The first.
[projects.One]
import = "wst_one:One"
interval = "2 h"  # seldom

[projects.Two]
import = "wst_two:Two"
directory = "two"
"""


class FileCase(TestCase):
    """A server with a configuration file, on a clock; its projects are in files."""

    def setUp(self) -> None:
        # Not all that is imported meanwhile: a library may not be imported twice.
        self.addCleanup(lambda: forget([name for name in sys.modules if name.startswith("wst_")]))
        self.enterContext(mock.patch.object(sys, "path", list(sys.path)))
        self.folder = Path(self.enterContext(TemporaryDirectory())).resolve()
        self.file = self.folder / "wstwist.toml"
        self.file.write_text(FILE)
        self.module("One")
        self.module("Two", "two")
        self.module("Three", "three")
        self.reactor = MemoryReactorClock()
        self.enterContext(mock.patch("wstwist.service.Watchdog"))  # it looks at real time
        self.told = []

    def module(self, name: str, folder: str = "", more: str = "") -> None:
        """Write the module of a project."""
        path = self.folder / folder / f"wst_{name.lower()}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MODULE.format(name=name, more=more))

    def make(self, *, is_kept: bool = True) -> ProjectService:
        """Make the server, as `wstwist.server` does."""
        configuration = read(self.file, "wstwist.toml")
        object.__setattr__(configuration, "is_kept", is_kept)
        with configuration.located():
            self.service = ProjectService(reactor=self.reactor, configuration=_with_projects(configuration))
        self.deployments = self.service.deployments
        self.deployments.listeners.append(lambda: self.told.append(self.states()))
        self.addCleanup(lambda: [host.close() for host in self.service.hosts])
        return self.service

    def serve(self, **keywords) -> ProjectService:
        """Make the server, and start it."""
        self.make(**keywords)
        self.service.startService()
        self.pass_time(0)
        self.addCleanup(self.end)
        return self.service

    def end(self) -> None:
        stopped = self.service.stopService()
        self.pass_time(20)
        self.successResultOf(stopped)

    def pass_time(self, seconds: float) -> None:
        self.reactor.pump([0, *[0.05] * int(seconds / 0.05)])

    def follow(self) -> Changes:
        """Read the file again, as SIGHUP does."""
        configuration = read(self.file, "wstwist.toml")
        with configuration.located():
            return self.service.follow(configuration, {}).carry_out()

    def states(self) -> dict[str, str]:
        return {each.name: each.state for each in self.deployments}

    def error(self, function, *arguments) -> str:
        """Give what is wrong; nothing has changed then."""
        before = self.file.read_text(), self.states()
        error = str(self.assertRaises(ConfigurationError, function, *arguments))
        self.assertNotIn("\n", error)
        self.assertEqual((self.file.read_text(), self.states()), before)
        return error

    def connect(self, name: str):
        """Ask to connect; give the answer: 101, or a refusal's status and reason."""
        host = self.deployments.get(name).host
        request = Request(host.path, {}, {"host": "x"}, "192.0.2.1", 1, False, None, None)
        try:
            opening = host.open(request, mock.Mock(traffic=Traffic(host.traffic), send_queue=0))
        except Refuse as refused:
            return refused.status, refused.reason
        self.pass_time(0)
        self.successResultOf(opening.accepted)
        return 101, opening.receiver


class ListTests(FileCase):
    """What there is."""

    def test_known(self):
        """A server knows what its file says of its projects."""
        self.make()
        one, two = self.deployments
        self.assertEqual((one.name, one.spec, one.directory), ("One", "wst_one:One", self.folder))
        self.assertEqual((one.state, one.message, one.error), ("served", "", ""))
        self.assertEqual(one.settings, {"interval": "2 h"})
        self.assertEqual(two.directory, self.folder / "two")
        self.assertIs(self.deployments.get("Two"), two)
        self.assertEqual(self.service.hosts, [one.host, two.host])
        self.assertEqual(self.deployments.kept, self.file)
        self.assertEqual(list(self.service._site.applications), ["/One", "/Two"])

    def test_unknown(self):
        """What is not there is told, with what is like it."""
        self.make()
        for name, words in (
            ("Onne", "there is no project 'Onne'; did you mean One?"),
            ("X", "no project 'X'"),
        ):
            error = self.assertRaises(NoSuchProject, self.deployments.get, name)
            self.assertIn(words, str(error))
            self.assertEqual(error.name, name)
            for function in ("remove", "block", "unblock", "stop", "start", "reload"):
                self.assertRaises(NoSuchProject, getattr(self.deployments, function), name)

    def test_program(self):
        """The classes of a program are known as well, and nothing is kept."""

        class Chat(Project):
            pass

        service = ProjectService(Chat, settings={"Chat": {"threads": 2}}, reactor=self.reactor)
        self.addCleanup(service.hosts[0].close)
        (chat,) = service.deployments
        self.assertEqual((chat.name, chat.settings, chat.state), ("Chat", {"threads": 2}, "served"))
        self.assertTrue(chat.spec.startswith(f"{__name__}:"))
        self.assertIsNone(service.deployments.kept)

    def test_wrong_at_start(self):
        """A project that cannot be served is told when the server starts, a setting with its line."""
        for text, words in (
            (FILE.replace('"2 h"', '"soon"'), "wstwist.toml:6: One.interval: "),
            (FILE.replace("wst_one:One", "wst_x:One"), "no module 'wst_x'"),
            (FILE + 'path = "/One"\n', "two projects have the path /One: wst_one:One and wst_two:Two"),
        ):
            self.file.write_text(text)
            error = str(self.assertRaises(ConfigurationError, self.make))
            self.assertIn(words, error)

    def test_class_setting(self):
        """A setting that is wrong in the class names no line of the file."""
        self.module("One", more='path = "talk"')
        error = str(self.assertRaises(ConfigurationError, self.make))
        self.assertTrue(error.startswith("One.path: "), error)

    def test_none(self):
        """A file may name no project; one without the table is the demonstration's."""
        self.file.write_text("[projects]\n")
        self.serve()
        self.assertEqual(list(self.deployments), [])
        self.deployments.add("wst_three:Three", "three")
        self.assertEqual(self.connect("Three")[0], 101)
        self.file.write_text("")
        self.make()
        self.assertEqual([each.spec for each in self.deployments], ["wstwist.demo:Demo"])


class AddTests(FileCase):
    """Adding."""

    def test_added(self):
        """A project that was added is served at once, and after a restart."""
        self.serve()
        three = self.deployments.add("wst_three:Three", "three", {"path": "/3", "threads": None})
        self.assertEqual(three.directory, self.folder / "three")
        self.assertIs(self.service._site.find("/3"), three.host)
        self.assertEqual(self.connect("Three")[0], 101)
        self.assertEqual(
            self.file.read_text(),
            FILE + '\n[projects.Three]\nimport = "wst_three:Three"\ndirectory = "three"\npath = "/3"\n',
        )
        self.assertEqual(read(self.file).projects[2], three.plan)
        self.assertEqual(self.told, [{"One": "served", "Two": "served", "Three": "served"}])

    def test_before_the_start(self):
        """Before the server has started it begins with the others."""
        self.make()
        three = self.deployments.add("wst_three:Three", "three")
        self.assertFalse(three.host.is_started)
        self.service.startService()
        self.pass_time(0)
        self.addCleanup(self.end)
        self.assertEqual([host.is_started for host in self.service.hosts], [True] * 3)

    def test_refused(self):
        """What cannot be served is told, and nothing of it is left."""
        self.serve()
        (self.folder / "pages").mkdir()
        for name, more in (
            ("Clash", 'path = "/One"'),
            ("Wrong", "threads = 0"),
            ("Base", 'database = "nonsense"'),
            ("Raises", "def __init__(self): raise ValueError('no\\n luck')"),
            ("Bad", "1 / 0"),
        ):
            self.module(name, "three", more)
        self.module("Moved", "four")
        (self.folder / "four" / "wst_one.py").write_text("")
        for arguments, words in (
            (("wst_one:One",), "there is a project One already"),
            (("one",), "'one' is not of the form MODULE:CLASS"),
            (("wst_three:Three", "tree"), f"no folder '{self.folder / 'tree'}'"),
            (("wst_three:There", "three"), "no class 'There' in wst_three"),
            (("wst_three:Three", "three", {"thread": 1}), "thread is no setting; did you mean threads?"),
            (("wst_three:Three", "three", {"interval": "soon"}), "Three.interval: "),
            (("wst_three:Three", "three", {"state": "blocked"}), "state is no setting"),
            (
                ("wst_clash:Clash", "three"),
                "two projects have the path /One: wst_one:One and wst_clash:Clash",
            ),
            (("wst_wrong:Wrong", "three"), "Wrong.threads: "),
            (("wst_base:Base", "three"), "Base.database: "),
            (("wst_bad:Bad", "three"), "ZeroDivisionError"),
            (("wst_moved:Moved", "four"), "both are the module 'wst_one'; rename one of them"),
        ):
            self.assertIn(words, self.error(self.deployments.add, *arguments), arguments)
        self.assertEqual(self.told, [])
        self.assertEqual(list(self.service._site.applications), ["/One", "/Two"])
        self.assertEqual({name for name in sys.modules if name.startswith("wst_")}, {"wst_one", "wst_two"})

    def test_cannot_start(self):
        """One whose first step fails is not added; once mended it can be, also in a folder of others."""
        self.serve()
        self.module("Raises", "two", "def __init__(self): raise ValueError('no luck')")
        error = self.error(self.deployments.add, "wst_raises:Raises", "two")
        self.assertEqual(error, "__init__: ValueError: no luck")
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.module("Raises", "two")
        self.assertEqual(self.deployments.add("wst_raises:Raises", "two").error, "")

    def test_cannot_write(self):
        """Where it cannot be written it is not added."""
        self.serve()
        self.file.write_text(FILE.replace("[projects.Two]", "[projects.Two"))
        self.assertIn("is not TOML", self.error(self.deployments.add, "wst_three:Three", "three"))
        self.file.write_text(FILE)
        with mock.patch.object(Path, "replace", side_effect=OSError(28, "No space left on device")):
            self.assertIn("No space", self.error(self.deployments.add, "wst_three:Three", "three"))
        self.pass_time(20)
        self.assertNotIn("wst_three", sys.modules)
        self.deployments.add("wst_three:Three", "three")

    def test_by_the_other(self):
        """A project that somebody else has written into the file meanwhile is not added twice."""
        self.serve()
        self.file.write_text(FILE + '[projects.Three]\nimport = "wst_three:Three"\n')
        error = self.error(self.deployments.add, "wst_three:Three", "three")
        self.assertEqual(error, "the file has [projects.Three] already: reload it")

    def test_pages(self):
        """Its folder of pages is served; a second one is refused."""
        self.serve()
        for name in ("pages", "others"):
            (self.folder / name).mkdir()
        before = self.service._site.web
        self.deployments.add("wst_three:Three", "three", {"web": "pages"})
        self.assertIsNot(self.service._site.web, before)
        self.assertIn(
            "two projects have a web folder", self.error(self.deployments.change, "One", {"web": "others"})
        )
        self.deployments.remove("Three")
        self.assertIsNone(self.service._folder)


class RemoveTests(FileCase):
    """Removing."""

    def test_removed(self):
        """It is known no more at once, its clients are closed, and its files stay."""
        self.module("Two", "two", "async def on_service_stop(self): self.stopped.append(1)\n    stopped = []")
        self.serve()
        host = self.deployments.get("Two").host
        _, client = self.connect("Two")
        service = host.service.instance
        removed = self.deployments.remove("Two")
        self.assertRaises(NoSuchProject, self.deployments.get, "Two")
        self.assertEqual(list(self.service._site.applications), ["/One"])
        self.assertEqual(self.file.read_text(), FILE.partition("[projects.Two]")[0])
        self.assertNoResult(removed)
        self.pass_time(0.2)
        client.channel.close.assert_called_once_with(1001, "the service stops")
        client.closed(1001, "", was_clean=True)
        self.pass_time(1)
        self.successResultOf(removed)
        self.assertTrue(host.is_closed)
        self.assertEqual(service.stopped, [1])
        self.assertTrue((self.folder / "two" / "wst_two.py").exists())
        self.assertTrue(self.deployments.get("One").host.is_started)

    def test_again(self):
        """It can be added again at once, with the code that is there now."""
        self.serve()
        removed = self.deployments.remove("Two")
        self.module("Two", "two", "number = 222")
        two = self.deployments.add("wst_two:Two", "two")
        self.assertEqual(two.host.service.instance.number, 222)
        self.pass_time(1)
        self.successResultOf(removed)
        self.assertTrue(two.host.is_started)

    def test_last(self):
        """Nothing need be left; the file says so."""
        self.serve()
        for name in ("One", "Two"):
            self.deployments.remove(name)
        self.assertEqual(read(self.file).projects, ())
        self.assertEqual(self.service.hosts, [])
        self.pass_time(1)

    def test_with_the_server(self):
        """A server that stops waits for projects that are being removed, too."""
        self.make()
        self.service.startService()
        self.pass_time(0)
        _, client = self.connect("Two")
        removed = self.deployments.remove("Two")
        stopped = self.service.stopService()
        self.pass_time(1)
        self.assertNoResult(stopped)
        client.closed(1001, "", was_clean=True)
        self.pass_time(1)
        self.successResultOf(removed)
        self.successResultOf(stopped)

    def test_shared_folder(self):
        """Modules that another project of the folder may use stay imported."""
        self.serve()
        self.module("Four", "two")
        self.deployments.add("wst_four:Four", "two")
        self.deployments.remove("Two")
        self.assertIn("wst_two", sys.modules)
        self.deployments.remove("Four")
        self.assertFalse({"wst_two", "wst_four"} & set(sys.modules))


class BlockTests(FileCase):
    """Blocking and unblocking."""

    def test_blocked(self):
        """New clients get 503 and the message, those inside stay, and all of it is written."""
        self.serve()
        _, client = self.connect("One")
        self.deployments.block("One")
        host = self.deployments.get("One").host
        self.assertEqual(self.connect("One"), (503, "this service is closed at the moment"))
        self.assertEqual(host.counters["refused_blocked"], 1)
        self.deployments.block("One", "Back at nine.")
        self.assertEqual(self.connect("One"), (503, "Back at nine."))
        self.assertEqual(self.connect("Two")[0], 101)
        client.channel.close.assert_not_called()
        self.assertTrue(host.is_started)
        self.assertIn('# seldom\nstate = "blocked"\nmessage = "Back at nine."\n', self.file.read_text())
        self.deployments.unblock("One")
        self.assertEqual(self.connect("One")[0], 101)
        self.assertNotIn("state", self.file.read_text())
        self.deployments.block("One")
        self.assertEqual(self.connect("One"), (503, "Back at nine."))

    def test_from_the_start(self):
        """What is blocked in the file is so from the start, and runs."""
        self.file.write_text(FILE + 'state = "blocked"\nmessage = "later"\n')
        self.serve()
        self.assertEqual(self.connect("Two"), (503, "later"))
        self.assertTrue(self.deployments.get("Two").host.is_started)

    def test_nothing_new(self):
        """What is so already is not written again, and nobody is told."""
        self.serve()
        self.deployments.unblock("One")
        self.deployments.start("One")
        self.assertEqual(self.told, [])

    def test_refused(self):
        """A message that is too long, and a project that has stopped, are told."""
        self.serve()
        self.deployments.stop("Two")
        for function, arguments, words in (
            ("block", ("One", "x" * 1001), "a text of at most 1000 characters"),
            ("block", ("Two",), "Two is stopped: start it before you block it"),
            ("unblock", ("Two",), "Two is stopped, not blocked: start it"),
        ):
            self.assertIn(words, self.error(getattr(self.deployments, function), *arguments))
        self.pass_time(1)

    def test_with_missing_pages(self):
        """It can be blocked also while its folder of pages is not there, and others can be changed."""
        (self.folder / "pages").mkdir()
        self.file.write_text(FILE + 'web = "pages"\n')
        self.serve()
        (self.folder / "pages").rmdir()
        self.deployments.block("Two")
        self.deployments.unblock("Two")
        self.deployments.block("One")
        self.deployments.change("One", {"compress": True})


class StopTests(FileCase):
    """Stopping and starting."""

    def test_stopped(self):
        """Its clients are closed, new ones get 503, and it is stopped after a restart of the server."""
        self.serve()
        _, client = self.connect("One")
        stopped, again = self.deployments.stop("One"), self.deployments.stop("One")
        self.assertEqual(self.connect("One")[0], 503)
        self.pass_time(0.2)
        client.channel.close.assert_called_once_with(1001, "the service stops")
        self.assertNoResult(stopped)
        client.closed(1001, "", was_clean=True)
        self.pass_time(1)
        self.successResultOf(stopped)
        self.successResultOf(again)
        self.successResultOf(self.deployments.stop("One"))
        self.assertEqual(self.connect("One")[0], 503)
        self.assertEqual(self.connect("Two")[0], 101)
        self.assertEqual(read(self.file).projects[0].state, "stopped")

    def test_started(self):
        """It begins anew, with the settings that could not change while it ran."""
        self.serve()
        self.assertEqual(
            self.deployments.change("One", {"path": "/1", "threads": 3, "compress": True}),
            Changes(("One.compress",), ("One.path", "One.threads")),
        )
        self.deployments.stop("One")
        self.pass_time(1)
        self.deployments.start("One")
        host = self.deployments.get("One").host
        self.assertIs(self.service._site.find("/1"), host)
        self.assertIsNone(self.service._site.find("/One"))
        self.assertEqual(host.definition.settings.threads, 3)
        self.assertEqual(self.connect("One")[0], 101)
        self.assertNotIn("state", self.file.read_text())

    def test_while_stopping(self):
        """One that is still stopping begins when it has stopped."""
        self.serve()
        _, client = self.connect("One")
        stopped = self.deployments.stop("One")
        self.pass_time(0.2)
        self.deployments.start("One")
        self.assertEqual(self.connect("One")[0], 503)
        client.closed(1001, "", was_clean=True)
        self.pass_time(1)
        self.successResultOf(stopped)
        self.assertEqual(self.connect("One")[0], 101)
        self.deployments.stop("One")
        self.deployments.start("One")
        self.deployments.stop("One")
        self.deployments.get("One").host.contexts.copy().popitem()[1].closed(1001, "", was_clean=True)
        self.pass_time(1)
        self.assertFalse(self.deployments.get("One").host.is_started)

    def test_from_the_start(self):
        """What is stopped in the file does not run until it is started, also when the server starts again."""
        self.file.write_text(FILE + 'state = "stopped"\n')
        self.serve()
        two = self.deployments.get("Two")
        self.assertTrue(two.host.is_closed)
        self.assertEqual(self.connect("Two")[0], 503)
        self.deployments.start("Two")
        self.assertEqual(self.connect("Two")[0], 101)
        self.deployments.stop("Two")
        self.end()
        self.service.startService()
        self.pass_time(0)
        self.assertEqual([each.host.is_started for each in self.deployments], [True, False])

    def test_broken(self):
        """One that is stopped may be broken; why it cannot start is told, until it can."""
        self.file.write_text(FILE + 'state = "stopped"\n')
        self.module("Two", "two", "1 / 0")
        self.serve()
        two = self.deployments.get("Two")
        self.assertIsNone(two.host)
        self.assertIn("ZeroDivisionError", two.error)
        self.deployments.change("Two", {"threads": 4})
        self.assertIn("start it", self.error(self.deployments.reload, "Two"))
        self.assertIn("ZeroDivisionError", self.error(self.deployments.start, "Two"))
        self.successResultOf(self.deployments.stop("Two"))
        self.module("Two", "two", "def __init__(self): raise ValueError('no luck')")
        self.assertEqual(self.error(self.deployments.start, "Two"), "__init__: ValueError: no luck")
        self.assertEqual((two.error, two.state), ("__init__: ValueError: no luck", "stopped"))
        self.flushLoggedErrors(ValueError)
        self.deployments.remove("Two")
        self.module("Two", "two")
        self.deployments.add("wst_two:Two", "two")
        self.assertEqual(self.connect("Two")[0], 101)

    def test_whatever_it_raises(self):
        """A module or an ``__init__`` that raises what ends programs ends nothing, and is told in a line."""
        self.serve()
        for raised in ("KeyboardInterrupt", "GeneratorExit", "__import__('asyncio').CancelledError"):
            self.module("Three", "three", f"raise {raised}('x')")
            self.assertIn(
                "wst_three cannot be imported: ", self.error(self.deployments.add, "wst_three:Three", "three")
            )
            self.module("Three", "three", f"def __init__(self): raise {raised}('x')")
            self.assertIn("__init__: ", self.error(self.deployments.add, "wst_three:Three", "three"))
            self.flushLoggedErrors()
        self.module("Three", "three", "__import__('sys').modules[__name__] = 7")
        self.assertIn("is no module, but a int", self.error(self.deployments.add, "wst_three:Three", "three"))
        self.module("Three", "three")
        self.assertIn("no folder", self.error(self.deployments.add, "wst_three:Three", "x" * 300))
        self.deployments.add("wst_three:Three", "three")
        self.assertEqual(self.connect("Three")[0], 101)

    def test_mended(self):
        """One that could not start with the server can be started when what it needs is there."""
        need = self.folder / "need"
        self.module("Two", "two", f"def __init__(self): open({str(need)!r}).close()")
        self.serve()
        self.flushLoggedErrors(FileNotFoundError)
        two = self.deployments.get("Two")
        self.assertIn("__init__: FileNotFoundError", two.error)
        self.assertEqual(two.state, "served")
        self.assertIn("FileNotFoundError", self.error(self.deployments.start, "Two"))
        self.flushLoggedErrors(FileNotFoundError)
        need.write_text("")
        self.deployments.start("Two")
        self.assertEqual((two.error, self.connect("Two")[0]), ("", 101))

    def test_path_is_taken(self):
        """A path that another project has taken meanwhile is told at the start."""
        self.serve()
        self.deployments.stop("One")
        self.pass_time(1)
        self.assertIn(
            "two projects have the path /Two", self.error(self.deployments.change, "One", {"path": "/Two"})
        )
        self.assertEqual(self.deployments.change("One", {"path": "/1"}), Changes(("One.path",), ()))
        self.assertIs(self.service._site.find("/1"), self.deployments.get("One").host)

    def test_what_the_next_start_would_refuse(self):
        """What a project that runs would have after a restart is checked, too, and nothing is written."""
        self.serve()
        before = self.file.read_text()
        for settings, words in (
            ({"path": "/Two"}, "One.path: two projects have the path /Two: wst_one:One and wst_two:Two"),
            ({"database": "foo://user:secret@host/x"}, "One.database: no database dialect is called 'foo'"),
            ({"database": "garbage"}, "One.database: "),
            ({"path": "/a\0"}, "One.path: "),
            ({"interval": "999999999 h"}, "One.interval: at most 1,000,000,000 s"),
            ({"reply_timeout": 1e300}, "One.reply_timeout: at most 1,000,000,000 s"),
            ({"path": "/a/../b"}, "One.path: "),
            ({"threads": 10**400}, "One.threads: a whole number from 1 to 10,000, not 'that many'"),
        ):
            error = self.error(self.deployments.change, "One", settings)
            self.assertIn(words, error)
            self.assertNotIn("secret", error)
            (name, value), *_ = settings.items()
            self.file.write_text(
                before.replace("[projects.Two]", f"{name} = {json.dumps(value)}\n[projects.Two]")
            )
            self.assertIn("wstwist.toml:", self.error(self.follow))
            self.file.write_text(before)
        self.assertEqual(self.deployments.change("One", {"path": "/1"}), Changes((), ("One.path",)))
        self.assertIn("/1", self.error(self.deployments.change, "Two", {"path": "/1"}))


class ChangeTests(FileCase):
    """Changing settings."""

    def test_changed(self):
        """What can change is different at once, and all of it is written; None is the class's again."""
        self.serve()
        one = self.deployments.get("One")
        changes = self.deployments.change("One", {"interval": "50 ms", "limits": {"message_size": 10}})
        self.assertEqual(changes, Changes(("One.interval", "One.limits.message_size"), ()))
        self.assertEqual(one.host.definition.settings.interval, 0.05)
        self.assertEqual(one.host.wire.limits.message_size, 10)
        self.assertIn(
            'interval = "50 ms"  # seldom\n\n[projects.One.limits]\nmessage_size = 10\n',
            self.file.read_text(),
        )
        self.deployments.change("One", {"limits": {"message_size": None}})
        self.assertEqual(one.settings, {"interval": "50 ms"})
        self.assertEqual(read(self.file).projects[0], one.plan)
        self.deployments.change("One", {"interval": None})
        self.assertEqual(one.host.definition.settings.interval, 3600)
        self.assertEqual(len(self.told), 3)

    def test_refused(self):
        """What is wrong is told, without a line of the file, which has none of it."""
        self.serve()
        for settings, words in (
            ({"interval": "soon"}, "One.interval: "),
            ({"intervall": 1}, "[projects.One] intervall is no setting; did you mean interval?"),
            ({"limits": {"message_size": 0}}, "One.limits: message_size must be"),
            ({"import": "a:A"}, "import is no setting"),
            ({"threads": 2, "web": "nowhere"}, "no folder"),
        ):
            error = self.error(self.deployments.change, "One", settings)
            self.assertIn(words, error)
            self.assertNotIn("wstwist.toml", error)
        self.assertEqual(self.deployments.get("One").settings, {"interval": "2 h"})

    def test_not_written(self):
        """Where it cannot be written it does not change."""
        self.serve()
        with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            self.assertIn("No space", self.error(self.deployments.change, "One", {"interval": "1 s"}))
        self.assertEqual(self.deployments.get("One").host.definition.settings.interval, 7200)


class ReloadTests(FileCase):
    """Reloading code, where it meets deployments; docs/reloading.md is tested by tests/test_reloading.py."""

    def setUp(self) -> None:
        super().setUp()
        self.module("One", more="number = 1")

    def test_reloaded(self):
        """All projects of the folder have the new code, those that are stopped and blocked, too."""
        self.module("Four", more="number = 1")
        self.file.write_text(FILE + '[projects.Four]\nimport = "wst_four:Four"\nstate = "blocked"\n')
        self.serve()
        self.deployments.stop("One")
        self.pass_time(1)
        for name in ("One", "Four"):
            self.module(name, more="number = 22")
        self.assertEqual(list(self.deployments.reload("One")), ["One", "Four"])
        self.assertEqual(self.number("Four"), 22)
        self.assertEqual(self.connect("Four")[0], 503)
        self.assertFalse(self.deployments.get("One").host.is_started)
        self.deployments.start("One")
        self.assertEqual(self.number("One"), 22)
        self.assertEqual(len(self.told), 3)

    def number(self, name: str) -> int:
        """Give what a project's code has for a number."""
        self.pass_time(0.1)
        return type(self.deployments.get(name).host.service.instance).number

    def test_refused(self):
        """Why it failed is the project's error, until it succeeds or starts again; the old code runs."""
        self.serve()
        one = self.deployments.get("One")
        self.module("One", more="1 / 0")
        self.assertIn("wst_one.py:6: ZeroDivisionError", self.error(self.deployments.reload, "One"))
        self.assertIn("wst_one.py:6: ZeroDivisionError", one.error)
        self.assertEqual(self.number("One"), 1)
        self.deployments.block("One")
        self.assertNotEqual(one.error, "")
        self.module("One", more="number = 22")
        self.deployments.reload("One")
        self.assertEqual((one.error, self.number("One")), ("", 22))

    def test_settings(self):
        """What the configuration says goes before the new class; what is changed later, before both."""
        self.serve()
        host = self.deployments.get("One").host
        self.module("One", more='compress = True\n    interval = "9 s"')
        self.deployments.reload("One")
        self.assertEqual((host.definition.settings.compress, host.definition.settings.interval), (True, 7200))
        self.deployments.change("One", {"interval": None, "compress": False})
        self.assertEqual((host.definition.settings.compress, host.definition.settings.interval), (False, 9))


class FollowTests(FileCase):
    """What a file says that was read again."""

    def test_all(self):
        """Projects come, go, stop, start, and are blocked as it says, and others are left alone."""
        self.module("Four", "four")
        self.file.write_text(
            FILE + '[projects.Four]\nimport = "wst_four:Four"\ndirectory = "four"\nstate = "stopped"\n'
        )
        self.serve()
        one = self.deployments.get("One")
        _, client = self.connect("One")
        self.file.write_text(
            dedent(
                """
                [projects.Three]
                import = "wst_three:Three"
                directory = "three"
                [projects.One]
                import = "wst_one:One"
                state = "blocked"
                message = "later"
                [projects.Four]
                import = "wst_four:Four"
                directory = "four"
                """
            )
        )
        self.assertEqual(
            self.follow(),
            Changes(("Two removed", "One blocked", "Four served", "Three added", "One.interval"), ()),
        )
        self.assertEqual(self.states(), {"One": "blocked", "Four": "served", "Three": "served"})
        self.assertIs(self.deployments.get("One"), one)
        self.assertEqual(self.connect("One"), (503, "later"))
        client.channel.close.assert_not_called()
        self.assertEqual([self.connect(name)[0] for name in ("Three", "Four")], [101, 101])
        self.file.write_text(FILE)
        self.follow()
        self.pass_time(1)
        self.assertEqual(self.states(), {"One": "served", "Two": "served"})
        self.assertEqual(self.follow(), Changes())

    def test_stopped(self):
        """What it says is stopped stops; the settings of what has stopped change at once."""
        self.serve()
        self.file.write_text(FILE + 'state = "stopped"\n')
        self.assertEqual(self.follow(), Changes(("Two stopped",), ()))
        self.pass_time(1)
        self.file.write_text(FILE + 'state = "stopped"\npath = "/2"\n')
        self.assertEqual(self.follow(), Changes(("Two.path",), ()))
        self.assertIs(self.service._site.find("/2"), self.deployments.get("Two").host)

    def test_refused(self):
        """Where anything is wrong nothing changes, and what was imported is forgotten."""
        self.serve()
        self.module("Bad", "three", "1 / 0")
        three = '[projects.Three]\nimport = "wst_three:Three"\ndirectory = "three"\n'
        for text, words in (
            (FILE.replace('"2 h"', '"soon"') + three, "wstwist.toml:6: One.interval: "),
            (
                FILE + three + "[projects.Bad]\nimport = 'wst_bad:Bad'\ndirectory = 'three'\n",
                "ZeroDivisionError",
            ),
            (FILE + three + 'path = "/Two"\n', "two projects have the path /Two"),
            (FILE + three.replace("wst_three", "wst_gone"), "wstwist.toml:12: no module 'wst_gone' in "),
            (FILE + three.replace('"three"', '"nowhere"'), "wstwist.toml:13: wst_three:Three: no folder "),
            (FILE + "limits = {message_size = 0}\n", "wstwist.toml:11: Two.limits: message_size must be"),
            (FILE + "[projects.Two.limits]\n\nclients = 0\n", "wstwist.toml:13: Two.limits: clients must be"),
            (FILE + "[projects.One]\n", "Cannot declare [projects.One] twice"),
            (FILE + three + 'state = "gone"\n', "wstwist.toml:14: [projects.Three] state must be"),
        ):
            self.file.write_text(text)
            self.assertIn(words, self.error(self.follow))
        self.assertNotIn("wst_three", sys.modules)

    def test_an_empty_file(self):
        """A file that is empty for a moment, while somebody writes it, has not lost its settings."""
        self.serve()
        for text in ("", "\n"):
            self.file.write_text(text)
            self.assertIn("is empty", self.error(self.deployments.change, "One", {"interval": "3 h"}))
        self.file.unlink()
        os.mkfifo(self.file)
        error = self.assertRaises(ConfigurationError, self.deployments.change, "One", {"interval": "3 h"})
        self.assertIn("is no regular file", str(error))

    def test_no_text(self):
        """What cannot be written down is refused, and no draft of the file is left."""
        self.serve()
        self.assertIn("'\\ud800' is no text", self.error(self.deployments.block, "One", "\ud800"))
        self.assertEqual(sorted(each.name for each in self.folder.glob(".*")), [])

    def test_restart(self):
        """Another module or folder of a project is named, each time: it holds after a restart."""
        self.serve()
        self.file.write_text(FILE.replace("wst_two:Two", "wst_other:Two").replace('"two"', '"three"'))
        for _ in range(2):
            self.assertEqual(self.follow(), Changes((), ("Two.import", "Two.directory")))
        self.assertEqual(self.deployments.get("Two").spec, "wst_two:Two")

    def test_no_projects(self):
        """A file that names no projects any more changes none; an empty table removes all."""
        self.serve()
        self.file.write_text("")
        self.assertEqual(self.follow(), Changes())
        self.assertEqual(list(self.states()), ["One", "Two"])
        self.file.write_text("[projects]\n")
        self.assertEqual(self.follow(), Changes(("One removed", "Two removed"), ()))
        self.pass_time(1)

    def test_cannot_start(self):
        """An added project that cannot start is there with its error, and the others go on."""
        self.serve()
        self.module("Raises", "three", "def __init__(self): raise ValueError('no luck')")
        self.file.write_text(FILE + '[projects.Raises]\nimport = "wst_raises:Raises"\ndirectory = "three"\n')
        self.assertEqual(self.follow(), Changes(("Raises added",), ()))
        self.flushLoggedErrors(ValueError)
        self.assertEqual(self.deployments.get("Raises").error, "__init__: ValueError: no luck")

    def test_not_kept(self):
        """Where projects are the command line's, a change is not written, and lasts until the end."""
        self.serve(is_kept=False)
        self.assertIsNone(self.deployments.kept)
        self.deployments.block("One")
        self.deployments.remove("Two")
        self.deployments.add("wst_three:Three", self.folder / "three")
        self.deployments.change("One", {"threads": 3, "limits": {"clients": 3}})
        self.deployments.change("One", {"compress": True, "limits": {"message_size": 9, "clients": None}})
        self.assertEqual(self.file.read_text(), FILE)
        self.file.write_text(FILE.replace('"2 h"', '"3 h"') + 'interval = "1 s"\n')
        configuration = read(self.file)
        object.__setattr__(configuration, "is_kept", False)
        changes = self.service.follow(configuration, {}).carry_out()
        self.assertEqual(changes, Changes(("One.interval",), ("One.threads",)))
        self.assertEqual(self.states(), {"One": "blocked", "Three": "served"})
        settings = {"interval": "3 h", "threads": 3, "compress": True, "limits": {"message_size": 9}}
        self.assertEqual(self.deployments.get("One").settings, settings)
        self.pass_time(1)


class TimeTests(FileCase):
    """How long the process may take to end."""

    def test_limit(self):
        """As long as the most patient project, also one that is being removed; without any, what follows."""
        self.serve()
        self.deployments.change("Two", {"limits": {"drain_time": 30}})
        self.assertEqual(_time_to_stop(self.service), 35)
        self.connect("Two")
        removed = self.deployments.remove("Two")
        self.deployments.remove("One")
        self.assertEqual(_time_to_stop(self.service), 35)
        self.pass_time(40)
        self.successResultOf(removed)
        self.assertEqual(_time_to_stop(self.service), 5)
