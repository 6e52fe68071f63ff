# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist check``: what a start would refuse, and what would surprise."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from tests.commanded import CommandCase
from tests.processes import ROOT

HEAD = """\
import itertools, subprocess, threading, time
from time import sleep
from typing import ClassVar
import store
from wstwist import Client, Project
"""


class CheckCase(CommandCase):
    """Checks of a project in ``chat.py``, in which comments name what is found in a line."""

    def check(self, body: str, *options: str, status: int = 0) -> list[dict[str, Any]]:
        """Check a project, compare where which kinds are found with its comments, and give all of it."""
        text = HEAD + dedent(body)
        self.write("chat.py", text)
        if not (self.folder / "store.py").exists():
            self.write("store.py", "cache = {}\n")
        found = self.json("check", "chat:Chat", *options, status=status)
        lines = [line.partition("# !")[2] for line in text.splitlines()]
        expected = [(number, kind) for number, kind in enumerate(lines, 1) if kind]
        own = [each for each in found["findings"] if each["file"] == str(self.folder / "chat.py")]
        self.assertEqual([(each["line"], each["kind"]) for each in own], expected, found)
        self.assertEqual(found["errors"], sum(each["level"] == "error" for each in found["findings"]))
        self.assertEqual(found["warnings"], len(found["findings"]) - found["errors"])
        return found["findings"]


class RefusalTests(CheckCase):
    def test_all_of_a_class(self) -> None:
        """Everything that a start would refuse is found, and not only the first."""
        found = self.check(
            """
            class Chat(Project):
                lock = threading.Lock()  # !refused
                interval = -1  # !refused
                path = "chat"  # !refused
                threads = 0  # !refused
                client = None  # !refused
                on_message = 3  # !refused

                def on_mesage(self, client, message): ...  # !refused

                def on_connect(self): ...  # !refused

                async def on_disconnect(self, client):  # !refused
                    yield 1
            """,
            status=1,
        )
        self.assertIn("did you mean on_message?", str(found))
        self.assertIn("make it in __init__ or annotate it ClassVar", str(found))

    def test_imports(self) -> None:
        """What cannot be imported is told with its line."""
        for body, what in (
            ("x = (  # !refused", "SyntaxError: '(' was never closed"),
            ("nothing  # !refused", "NameError: name 'nothing' is not defined"),
            ("import nothing_such  # !refused", "no module 'nothing_such' is installed"),
        ):
            (finding,) = self.check(body, status=1)
            self.assertIn(what, finding["message"])

    def test_names(self) -> None:
        """A module or class that is not there is told, with what may be meant."""
        self.check("class Chat(Project): ...")
        for name, what in (
            ("chat:Chta", "did you mean Chat?"),
            ("chta:Chat", "did you mean chat?"),
            ("chat.py", "did you mean chat:Chat?"),
            ("chat:Client", "is not a project"),
        ):
            (finding,) = self.json("check", name, status=1)["findings"]
            self.assertIn(what, finding["message"])

    def test_init(self) -> None:
        """What __init__ raises is told, as the global service could not start."""
        (finding,) = self.check(
            """
            class Chat(Project):
                def __init__(self):
                    self.rooms = {}["lobby"]  # !refused
            """,
            status=1,
        )
        self.assertIn("__init__ raises KeyError", finding["message"])

    def test_database(self) -> None:
        """A database's URL that means nothing is told."""
        self.check(
            """
            class Chat(Project):
                database = "nothing"  # !refused
            """,
            status=1,
        )

    def test_a_configuration(self) -> None:
        """A configuration's projects are checked with its settings, alone and together, and its places."""
        self.write("chat.py", "from wstwist import Project\nclass Chat(Project): ...\nclass B(Project): ...")
        self.write(
            "wstwist.toml",
            'listen = ["tpc:1"]\nmetrics = "9100"\ntls_port = 1\n[projects.Chat]\nimport = "chat:Chat"\n'
            'interval = "never"\n[projects.B]\nimport = "chat:B"\npath = "/Chat"\n'
            '[projects.C]\nimport = "c:C"\n',
        )
        found = self.json("check", status=1)["findings"]
        toml = str(self.folder / "wstwist.toml")
        self.assertEqual(
            [(each["file"], each["line"]) for each in found],
            [(toml, 6), (toml, 10), (None, None), (toml, 1), (toml, 2), (toml, 3)],
        )
        self.assertIn("two projects have the path /Chat", found[2]["message"])
        self.assertIn("did you mean tcp:9100?", found[4]["message"])

    def test_nothing_to_check(self) -> None:
        """Where nothing is named it says what could be, and a configuration that cannot be read is told."""
        self.assertIn("wstwist check chat:Chat", self.wstwist("check", status=1))
        self.write("wstwist.toml", "port = = 1")
        self.assertIn("wstwist.toml: is not TOML", self.wstwist("check", status=1))


class SharedVariableTests(CheckCase):
    def test_module_variables(self) -> None:
        """Writes of module variables are found, in methods, and in functions that they use."""
        self.write("store.py", "cache = {}\ndef remember(key):\n    cache[key] = 1\n")
        found = self.check(
            """
            total = 0
            seen: dict = {}
            lines: list = []
            ids = itertools.count()

            class Chat(Project):
                async def on_message(self, client: Client, message):
                    global total
                    total += 1  # !shared-variable
                    seen["x"] = 1  # !shared-variable
                    seen["x"]["y"] = 1  # !shared-variable
                    del seen["x"]  # !shared-variable
                    lines.append(1)  # !shared-variable
                    lines[0].append(1)  # !shared-variable
                    next(ids)  # !shared-variable
                    store.cache["x"] = 2  # !shared-variable
                    store.limit = 3  # !shared-variable
                    note()
                    await self.in_thread(store.remember, 1)

            def note():
                seen.setdefault("x", 1)  # !shared-variable
            """
        )
        self.assertEqual(
            [each["line"] for each in found if each["file"] == str(self.folder / "store.py")], [3]
        )
        self.assertIn("make it an attribute of Chat", found[0]["advice"])

    def test_attributes_of_the_class(self) -> None:
        """Writes of the class's attributes are found, but not those of ClassVars."""
        self.check(
            """
            class Chat(Project):
                hits = 0
                rooms: dict = {}
                shared: ClassVar[dict] = {}

                def on_connect(self, client):
                    Chat.hits += 1  # !shared-variable
                    type(self).hits = 2  # !shared-variable
                    self.__class__.hits = 3  # !shared-variable
                    Chat.rooms["x"] = 1  # !shared-variable
                    Chat.shared["x"] = 1
            """
        )

    def test_what_is_a_contexts_own(self) -> None:
        """Attributes, arguments and local variables are no module's, whatever they are called."""
        self.check(
            """
            lines: list = []
            total = 0

            class Chat(Project):
                lines: list = []

                def on_message(self, client: Client, message):
                    self.lines.append(1)
                    lines = [*self.lines]
                    lines.append(2)
                    total = 1
                    for total in lines:
                        pass
                    return len(self.lines)

                def put(self, seen):
                    seen["x"] = 1
                    print(lines)
            """
        )

    def test_silence(self) -> None:
        """A line with the comment gets no warning."""
        self.check(
            """
            lines: list = []

            class Chat(Project):
                def on_connect(self, client):
                    lines.append(1)  # wstwist: ok
            """,
            "--strict",
        )


class BlockingCallTests(CheckCase):
    def test_calls(self) -> None:
        """Calls that block are found in what runs on the reactor's thread."""
        found = self.check(
            """
            from pathlib import Path
            from twisted.internet.defer import inlineCallbacks

            def helper():
                sleep(1)  # !blocking-call

            class Chat(Project):
                async def on_message(self, client: Client, message):
                    import sqlite3, urllib.request
                    time.sleep(1)  # !blocking-call
                    helper()
                    self.work()
                    sqlite3.connect("x")  # !blocking-call
                    urllib.request.urlopen("x")  # !blocking-call
                    subprocess.run(["x"])  # !blocking-call
                    open("x").read()  # !blocking-call
                    Path("x").read_text()  # !blocking-call
                    self.connected_clients().wait()  # !blocking-call
                    reply = client.execute(self.work).within(2)
                    reply.wait()  # !blocking-call
                    self.db.commit()  # !blocking-call

                @inlineCallbacks
                def on_connect(self, client):
                    yield time.sleep(2)  # !blocking-call

                def work(self):
                    time.sleep(1)  # !blocking-call
            """
        )
        self.assertIn("await asyncio.sleep(...)", found[0]["advice"])
        self.assertIn("work is called by on_message, which is async def", str(found))

    def test_what_does_not_block(self) -> None:
        """What runs in a thread may block, and what is awaited does not."""
        self.check(
            """
            import asyncio

            async def open(name): ...

            class Chat(Project):
                async def on_message(self, client: Client, message):
                    await asyncio.sleep(1)
                    await asyncio.to_thread(time.sleep, 1)
                    await self.in_thread(self.rest)
                    await self.in_thread(lambda: time.sleep(1))
                    def rest():
                        time.sleep(1)
                    await self.in_thread(rest)
                    await open("x")
                    await asyncio.Event().wait()
                    self.execute_global_service(self.rest)

                def rest(self):
                    time.sleep(1)
                    self.connected_clients().wait()
                    self.db.commit()
            """
        )


class OtherWarningTests(CheckCase):
    def test_large_copies(self) -> None:
        """A value is found whose copy for each client is large, or takes long, and what it costs."""
        (finding,) = self.check(
            """
            class Chat(Project):
                small = {number: "x" for number in range(10)}
                text = "x" * 1_000_000
                table = [bytearray(1_000_000)]  # !large-copy
                shared: ClassVar = [bytearray(1_000_000)]
            """
        )
        self.assertRegex(finding["message"], r"copied for each client: 1,0\d\d kB, ")
        self.check(
            """
            class Slow:
                def __deepcopy__(self, memo):
                    time.sleep(0.002)
                    return Slow()

            class Chat(Project):
                table = Slow()  # !large-copy
            """
        )

    def test_near_settings(self) -> None:
        """A global is found whose name is nearly a setting's."""
        (finding,) = self.check(
            """
            class Chat(Project):
                intervall = "5 s"  # !near-setting
            """
        )
        self.assertIn("its name is interval", finding["advice"])


class CommandTests(CheckCase):
    def test_output_and_status(self) -> None:
        """A finding is one line with its place; warnings make the status 1 where that is asked for."""
        self.write("chat.py", "from wstwist import Project\nclass Chat(Project):\n    intervall = 1\n")
        text = self.wstwist("check", "chat:Chat")
        self.assertEqual(
            text,
            "chat.py:3: warning: Chat.intervall is a global, of which each context has its own; "
            "if it is to be a setting, its name is interval\n1 warning\n",
        )
        self.assertEqual(self.wstwist("check", "--strict", "chat:Chat", status=1), text)

    def test_what_modules_print(self) -> None:
        """What a module prints when it is imported does not disturb the JSON."""
        self.write("chat.py", "print('hello')\nfrom wstwist import Project\nclass Chat(Project): ...\n")
        self.assertEqual(self.json("check", "chat:Chat"), {"errors": 0, "warnings": 0, "findings": []})
        self.assertIn("nothing to complain about", self.wstwist("check", "chat:Chat"))

    def test_examples(self) -> None:
        """The examples of the help work."""
        self.write("chat.py", "from wstwist import Project\nclass Chat(Project): ...\n")
        self.write("wstwist.toml", '[projects.Chat]\nimport = "chat:Chat"\n')
        for example in self.examples("check"):
            self.wstwist(*example)

    def test_the_demonstration(self) -> None:
        """There is nothing to complain about in the demonstration and in the examples."""
        self.assertEqual(self.json("check", "wstwist.demo:Demo", "--strict")["findings"], [])
        examples = ROOT / "examples"
        self.wstwist("check", "chat:Chat", "echo:Echo", "--strict", folder=examples)
