# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project's module and those of its folder are imported afresh, or all stays as it was."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.testing import MemoryReactorClock
from twisted.logger import globalLogPublisher

from tests.fresh import ModulesCase
from wstwist import ConfigurationError, Project
from wstwist.fresh_code import FreshCode, reload_code
from wstwist.fresh_modules import Folder
from wstwist.reload import Changes
from wstwist.service import ProjectService
from wstwist.testing import MemoryServer

CHAT = """
    from wstwist import Project
    from helper import word

    class Chat(Project):
        async def on_message(self, client, message):
            from lazily import more
            client.send(f"{word} {more}")
"""


LOCAL = """
    class Local:
        __class__ = property(lambda self: 1 / 0)

    proxy = Local()

    class Chat(Project):
        held = [proxy]
"""


class Chats(ModulesCase):
    """A project with a helper, served in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.write(chat=CHAT, helper="word = 'one'", lazily="more = 'uno'")
        self.server = MemoryServer(self.load("chat").Chat)
        self.addCleanup(self.server.stop)
        self.ann = self.server.connect()
        self.assertEqual(self.answer(), "one uno")

    def answer(self) -> str | bytes:
        self.ann.send("a")
        return self.ann.receive()

    def reload(self, **specs: str) -> Changes:
        fresh = FreshCode([self.server._host], "Chat", specs)
        changes: list[Changes] = []
        self.server._do(lambda: changes.append(fresh.carry_out()))
        return changes[0]

    def refused(self, **specs: str) -> str:
        """Reload, which is refused, with all modules as they were."""
        before = dict(sys.modules)
        path, finders = sys.path[:], sys.meta_path[:]
        error = self.assertRaises(ConfigurationError, self.reload, **specs)
        ours = {name: module for name, module in sys.modules.items() if name in before}
        self.assertEqual(ours, before)
        self.assertFalse([name for name in set(sys.modules) - set(before) if Folder.of("chat").holds(name)])
        self.assertEqual((sys.path, sys.meta_path), (path, finders))
        self.assertIs(self.server._host.definition.project, sys.modules["chat"].Chat)
        self.assertEqual(self.answer(), "one uno")
        self.assertNotIn("\n", str(error))
        return str(error)

    def test_folder(self):
        """The project's module, those that it imports, and those that were imported only in an event."""
        self.write(helper="word = 'two'", lazily="more = 'due'")
        self.reload()
        self.assertEqual(self.answer(), "two due")
        self.write(helper="word = 'six'")
        self.reload()
        self.assertEqual(self.answer(), "six due")

    def test_proxies(self):
        """What says of itself what it likes, or raises when it is asked, stands in nobody's way."""
        odd = CHAT.replace("class Chat(Project):", LOCAL.strip())
        self.write(chat=odd)
        self.reload()
        self.write(helper="word = 'two'")
        self.reload()
        self.assertEqual(self.answer(), "two uno")
        self.write(chat=CHAT)
        self.reload()
        self.assertEqual(self.answer(), "two uno")

    def test_zero_byte(self):
        """A file with a zero byte is named."""
        self.write(helper="word = 'two'\0")
        self.assertIn("helper.py:1: ", self.refused())

    def test_same_second(self):
        """An edit counts that leaves the size and the second of the source as they were."""
        file = self.folder / "helper.py"
        status = file.stat()
        for word in ("two", "six"):
            self.write(helper=f"word = '{word}'")
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
            self.reload()
            self.assertEqual(self.answer(), f"{word} uno")

    def test_others_stay(self):
        """Modules of other folders are not imported afresh, whoever has imported them."""
        other = Path(self.enterContext(TemporaryDirectory()))
        (other / "elsewhere.py").write_text("")
        sys.path.append(str(other))
        self.addCleanup(sys.modules.pop, "elsewhere", None)
        libraries = self.folder / "venv" / "lib" / "site-packages"
        libraries.mkdir(parents=True)
        (libraries / "installed.py").write_text("")
        sys.path.append(str(libraries))
        self.write(helper="import elsewhere, installed, json\nword = 'two'")
        self.reload()
        kept = [sys.modules[name] for name in ("elsewhere", "installed", "json", "wstwist")]
        self.write(helper="import elsewhere, installed, json\nword = 'six'")
        self.reload()
        self.assertEqual(self.answer(), "six uno")
        self.assertEqual([sys.modules[module.__name__] for module in kept], kept)

    def test_gone(self):
        """A module that is gone is imported no more; the new code need not have it."""
        (self.folder / "lazily.py").unlink()
        (self.folder / "helper.py").unlink()
        self.write(
            chat=CHAT.replace("from helper import word", "word = 1").replace("from lazily", "from other")
        )
        self.write(other="more = 2")
        self.reload()
        self.assertEqual(self.answer(), "1 2")
        self.assertFalse({"helper", "lazily"} & set(sys.modules))

    def test_errors(self):
        """What is wrong in the new code is said in one line, and all goes on as it was."""
        for name, text, words in (
            ("chat", "class Chat(", r"chat cannot be imported: \S*chat.py:1: SyntaxError"),
            ("chat", CHAT + "\n    1 / 0", r"chat cannot be imported: \S*chat.py:10: ZeroDivisionError: "),
            ("chat", "import nowhere", r"chat.py:1: no module 'nowhere' is installed"),
            ("chat", "raise SystemExit('no')", "SystemExit: no"),
            ("chat", "", "no class 'Chat' in chat "),
            ("chat", "Chat = 1", "chat:Chat is not a class, but a int"),
            ("chat", CHAT + "\n        interval = 0", r"Chat.interval: "),
            ("chat", CHAT + "\n        def on_mesage(self): ...", "did you mean on_message"),
            ("chat", CHAT + "\n        __slots__ = ('a',)", "contexts cannot go over to its new class: "),
            ("helper", "word = ", r"chat cannot be imported: \S*helper.py:1: SyntaxError"),
            ("lazily", "more = nothing", r"lazily cannot be imported: \S*lazily.py:1: NameError"),
        ):
            before = (self.folder / f"{name}.py").read_text()
            self.write(**{name: text})
            self.assertRegex(self.refused(), words)
            (self.folder / f"{name}.py").write_text(before)
        self.reload()

    def test_new_modules_of_a_refused_one(self):
        """What the refused code has imported from its folder is not there after."""
        self.write(chat="import another\n1 / 0", another="")
        self.refused()
        self.assertNotIn("another", sys.modules)

    def test_moved(self):
        """Where Python finds the module somewhere else now, it is not the project's."""
        other = Path(self.enterContext(TemporaryDirectory()))
        shutil.move(self.folder / "chat.py", other)
        sys.path.append(str(other))
        self.assertIn(f"chat:Chat is no longer found in {self.folder}, but in {other}", self.refused())

    def test_not_on_the_path(self):
        """The folder need not be on the path any more."""
        sys.path.remove(str(self.folder))
        self.write(helper="word = 'two'")
        self.reload()
        self.assertNotIn(str(self.folder), sys.path)
        self.ann.send("a")
        self.assertEqual(self.ann.receive(), "two uno")

    def test_spec(self):
        """A project is imported as it is said to be, wherever its class was made."""
        self.write(
            chat="from first import Chat",
            first=CHAT,
            second=CHAT.replace("{word}", "second {word}"),
        )
        self.reload()
        self.write(chat="from second import Chat")
        self.reload(Chat="chat:Chat")
        self.assertEqual(self.answer(), "second one uno")
        self.reload()
        self.assertEqual(self.answer(), "second one uno")
        self.write(second=CHAT.replace("class Chat", "class Other") + "\n    Chat = Other")
        error = self.assertRaises(ConfigurationError, self.reload, Chat="second:Chat")
        self.assertIn("second:Other was Chat before, and a project keeps its name", str(error))

    def test_symbolic_link(self):
        """A folder that is a link to one of many releases is followed to the new one."""
        first, second = self.folder / "1", self.folder / "2"
        for number, release in enumerate((first, second), 1):
            release.mkdir()
            (release / "linked.py").write_text(
                "from wstwist import Project\n"
                "class Linked(Project):\n"
                f"    async def on_message(self, client, message): client.send('{number}')"
            )
        current = self.folder / "current"
        current.symlink_to(first)
        sys.path.insert(0, str(current))
        with MemoryServer(self.load("linked").Linked) as server:
            ann = server.connect()
            current.unlink()
            current.symlink_to(second)
            fresh = FreshCode([server._host], "Linked")
            server._do(fresh.carry_out)
            ann.send("a")
            self.assertEqual(ann.received, ["2"])


class Packages(ModulesCase):
    """Projects in packages."""

    def test_package(self):
        """All of the package, and what lies beside it, is imported afresh."""
        self.write(**{"shop/__init__": "", "shop/parts/__init__": ""})
        self.check_package("shop", is_afresh=True)

    def test_namespace(self):
        """So it is where the package has no file of its own."""
        self.check_package("mall", is_afresh=False)

    def check_package(self, package: str, *, is_afresh: bool) -> None:
        text = f"""
            from wstwist import Project
            from {package}.parts.words import word
            import beside

            class Shop(Project):
                word = word + beside.word
        """
        chat, words = f"{package}/chat", f"{package}/parts/words"
        self.write(**{chat: text, words: "word = 'a'", "beside": "word = '1'"})
        with MemoryServer(self.load(f"{package}.chat").Shop) as server:
            first = sys.modules[package]
            self.write(**{words: "word = 'b'", "beside": "word = '2'"})
            server._do(FreshCode([server._host], "Shop").carry_out)
            self.assertEqual(server.connect().instance.word, "b2")
            self.assertEqual(sys.modules[package] is not first, is_afresh)
            self.write(**{chat: f"import {package}.parts.words\n1 / 0"})
            names = [package, f"{package}.parts", f"{package}.parts.words"]
            before = [sys.modules[name] for name in names]
            self.assertRaises(ConfigurationError, FreshCode, [server._host], "Shop")
            self.assertEqual([sys.modules[name] for name in names], before)
            self.assertIs(before[0].parts, before[1])
            self.assertIs(before[1].words, before[2])

    def test_libraries(self):
        """Of a folder of libraries only the project's own package is imported afresh."""
        libraries = self.folder / "site-packages"
        self.folder = libraries
        libraries.mkdir()
        sys.path.insert(0, str(libraries))
        text = """
            from wstwist import Project
            import library, app.part

            class App(Project):
                word = app.part.word
        """
        self.write(**{"app/__init__": "", "app/chat": text, "app/part": "word = 1", "library": ""})
        with MemoryServer(self.load("app.chat").App) as server:
            library = sys.modules["library"]
            self.write(**{"app/part": "word = 2"})
            server._do(FreshCode([server._host], "App").carry_out)
            self.assertEqual(server.connect().instance.word, 2)
            self.assertIs(sys.modules["library"], library)

    def test_demonstration(self):
        """The demonstration can be reloaded, and wstwist itself is not."""
        from wstwist.demo import Demo

        ours = {name: module for name, module in sys.modules.items() if name.startswith("wstwist")}
        self.addCleanup(sys.modules.update, ours)
        with MemoryServer(Demo, {"database": "sqlite:///:memory:"}) as server:
            ann = server.connect()
            server._do(FreshCode([server._host], "Demo").carry_out)
            self.assertIsNot(type(ann.instance), Demo)
            self.assertTrue(ann.is_open)
        fresh = {name for name, module in ours.items() if sys.modules[name] is not module}
        self.assertTrue({"wstwist.demo", "wstwist.demo.chat"} <= fresh, fresh)
        self.assertEqual({name for name in fresh if not name.startswith("wstwist.demo")}, set())


class Inner(Project):
    """A project of this module."""


class ServiceTests(ModulesCase):
    """`reload_code`, and `ProjectService.reload_code`."""

    def setUp(self) -> None:
        super().setUp()
        text = "from wstwist import Project\nclass {}(Project):\n    threads = 5\n    "
        self.text = {name: text.format(name) for name in ("Chat", "Shop")}
        self.write(chat=self.text["Chat"] + "limits = {}", shop=self.text["Shop"])
        self.write(chat=self.text["Chat"], shop=self.text["Shop"] + "import chat")
        self.lines: list[str] = []
        observer = self.note
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def note(self, event: dict) -> None:
        if event.get("log_namespace") == "wstwist" and "log_format" in event:
            self.lines.append(event["log_format"].format(**event))

    def serve(self, *projects: type[Project], **settings: dict) -> ProjectService:
        service = ProjectService(*projects, settings=settings, reactor=MemoryReactorClock())
        self.addCleanup(lambda: [host.close() for host in service.hosts])
        return service

    def test_names(self):
        """All projects of the folder are reloaded, and named; those of others are not."""
        chat, shop = self.load("chat").Chat, self.load("shop").Shop
        service = self.serve(chat, shop, Inner)
        reloaded = reload_code(service, "Shop")
        self.assertEqual(list(reloaded), ["Chat", "Shop"])
        self.assertEqual(self.lines, ["reloaded: the code of Chat, the code of Shop"])
        projects = [host.definition.project for host in service.hosts]
        self.assertEqual(projects, [sys.modules["chat"].Chat, sys.modules["shop"].Shop, Inner])
        self.assertIsNot(projects[0], chat)
        for project in (chat, projects[0]):
            self.assertIs(service.resource(project)._application, service.hosts[0])

    def test_one_is_wrong(self):
        """Where another project of the folder cannot be imported, none is reloaded."""
        service = self.serve(self.load("chat").Chat, self.load("shop").Shop)
        before = [host.definition.project for host in service.hosts]
        self.write(shop="1 / 0")
        error = self.assertRaises(ConfigurationError, service.reload_code, "Chat")
        self.assertIn("shop.py:1: ZeroDivisionError", str(error))
        self.assertEqual([host.definition.project for host in service.hosts], before)
        self.assertIs(sys.modules["chat"].Chat, before[0])

    def test_settings(self):
        """Settings that are others are named, and those that need a restart; the configuration goes first."""
        service = self.serve(self.load("chat").Chat, Chat={"compress": True, "threads": 3})
        (host,) = service.hosts
        self.write(
            chat="""
            from wstwist import Limits, Project
            class Chat(Project):
                threads = 9
                path = "/new"
                database = "sqlite://"
                compress = False
                interval = "3 s"
                limits = Limits(message_size=10, end_time=99)
            """
        )
        for _ in range(2):
            reloaded = service.reload_code("Chat")
            self.assertEqual(reloaded.changes.restart, ("Chat.path", "Chat.database"))
            settings = host.definition.settings
            self.assertEqual((settings.threads, settings.compress, settings.interval), (3, True, 3.0))
            self.assertEqual((host.path, host.wire.limits.message_size), ("/Chat", 10))
            self.assertEqual(service._site.limits.end_time, 99)
        self.assertEqual(
            self.lines,
            [
                "reloaded: the code of Chat, Chat.interval, Chat.limits.message_size, Chat.limits.end_time",
                "needs a restart: Chat.path, Chat.database",
                "reloaded: the code of Chat",
                "needs a restart: Chat.path, Chat.database",
            ],
        )
        service.reload({"Chat": {"compress": False, "interval": "9 s"}})
        service.reload_code("Chat")
        settings = host.definition.settings
        self.assertEqual((settings.compress, settings.interval, settings.threads), (False, 9.0, 3))

    def test_web(self):
        """A new web folder is served; two of them are refused before anything changes."""
        service = self.serve(self.load("chat").Chat, self.load("shop").Shop)
        for folder in ("pages", "others"):
            (self.folder / folder).mkdir()
        before = service._site.web
        self.write(chat=self.text["Chat"] + "web = 'pages'")
        service.reload_code("Shop")
        self.assertIsNot(service._site.web, before)
        before = service._site.web
        service.reload_code("Shop")
        self.assertIs(service._site.web, before)
        self.write(shop=self.text["Shop"] + "web = 'others'")
        error = self.assertRaises(ConfigurationError, service.reload_code, "Chat")
        self.assertIn("two projects have a web folder", str(error))
        self.assertIs(service._site.web, before)

    def test_impossible(self):
        """What cannot be imported afresh is refused in one line."""

        class Local(Project):
            pass

        service = self.serve(Local, self.load("chat").Chat)
        for name, words in (
            ("Chatt", "Chatt is not served; there is Chat"),
            ("Local", "Local cannot be imported afresh: its class is not at the top of its module, but "),
        ):
            self.assertIn(words, str(self.assertRaises(ConfigurationError, service.reload_code, name)))
        Local.__qualname__ = "Local"
        for Local.__module__, words in (
            ("__main__", "__main__ cannot be imported afresh: it is the program itself"),
            ("nowhere", "nowhere cannot be imported afresh: it is no module of Python's in a file"),
            ("math", "math cannot be imported afresh: "),
        ):
            error = self.assertRaises(ConfigurationError, service.reload_code, "Local")
            self.assertIn(words, str(error))
        self.assertEqual(list(service.reload_code("Chat")), ["Chat"])
        self.assertIs(service.hosts[0].definition.project, Local)
