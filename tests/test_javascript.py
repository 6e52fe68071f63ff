# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""wstwist.js in Chromium and in Node, against a server in a process of its own.

What needs no server is in tests/node/wstwist.test.js, and the scenarios are in tests/node/connections.js.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import TestCase

from tests.browser import Browser
from tests.processes import PATIENCE, ROOT, Server, until

NODE = ROOT / "tests" / "node"
PROJECT = '''
import json
from typing import ClassVar

from wstwist import Client, Project


class Served(Project):
    """Echoes, closes as it is told, and notes what it is told to note."""

    web = "page"
    protocols = ("a", "b")
    notes: ClassVar[list[str]] = []

    async def on_message(self, client: Client, message: str | bytes) -> None:
        match str(message).split(" ", 2):
            case ["close", code, reason]:
                client.disconnect(int(code), reason)
            case ["note", *rest]:
                self.notes.append(" ".join(rest))
            case ["notes"]:
                client.send(json.dumps(self.notes))
            case _:
                client.send(message)
'''


def node() -> str:
    """Give Node's program."""
    return shutil.which("node") or missing("Node")


def missing(what: str) -> Any:
    """Skip the test for want of something; in CI fail."""
    if os.environ.get("CI") == "true":
        raise AssertionError(f"no {what}, which CI must have")
    raise SkipTest(f"no {what}")


class LibraryTests(TestCase):
    timeout = 120

    def test_without_a_network(self) -> None:
        """With a fake WebSocket and fake time it does what it should."""
        command = [node(), "--test", str(NODE / "wstwist.test.js")]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_types(self) -> None:
        """The types say to authors what they should: tsc --strict finds the errors that types.ts expects."""
        compiler = NODE / "node_modules" / "typescript" / "bin" / "tsc"
        if not compiler.exists():
            missing("the npm package typescript (npm install --prefix tests/node)")
        command = [node(), str(compiler), "--project", str(NODE)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""))


class DocumentTests(TestCase):
    """docs/javascript.md names what there is."""

    def setUp(self) -> None:
        self.document = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
        self.declared = (ROOT / "wstwist" / "web" / "wstwist.d.ts").read_text(encoding="utf-8")

    def test_names(self) -> None:
        """Every function, constant, option, event's field and member stands in it."""
        names = re.findall(r"^export (?:function|const) (\w+)", self.declared, re.MULTILINE)
        names += re.findall(r"^  (?:readonly )?(\w+)[?(:]", self.declared, re.MULTILINE)
        self.assertGreater(len(names), 40)
        for name in names:
            self.assertRegex(self.document, rf"`[^`\n]*\b{name}\b[^`\n]*`", name)

    def test_links(self) -> None:
        """Every file that it links to is there."""
        for target in re.findall(r"\]\(([^)#]+)\)", self.document):
            self.assertTrue((ROOT / "docs" / target).exists(), target)


class Scenarios:
    """Each scenario, and what is to be seen in it."""

    timeout = 120
    lost = {"code": 1006, "reason": "", "wasClean": False}

    def setUp(self) -> None:
        if os.name != "posix":
            raise SkipTest("the server is killed by signals")
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-javascript-")))
        (folder / "served.py").write_text(PROJECT)
        page = folder / "page"
        page.mkdir()
        (page / "index.html").write_text("<!doctype html><title>Test</title>")
        shutil.copy(NODE / "connections.js", page)
        self.server = Server(folder, projects=("served:Served",))
        self.addCleanup(self.server.kill)
        self.server.start()

    def play(self, scenario: str) -> Any:
        """Play a scenario, and give what it has seen."""
        raise NotImplementedError

    def do(self, asked: str) -> None:
        """Do with the server what a scenario asks for."""
        server = self.server
        {"kill": server.kill, "start": server.start, "freeze": server.freeze}[asked]()

    def test_talk(self) -> None:
        """Text, binary and the sub-protocol go over the wire, and so does the end, either side's."""
        seen = self.play("talk")
        over = {"wasClean": True, "willReconnect": False, "delay": 0, "unsent": 0}
        binary = ["ArrayBuffer", 0, 1, 128, 254, 255]
        self.assertEqual(
            seen,
            {
                "opened": {"attempt": 1, "returned": False},
                "isOpen": True,
                "protocol": "a",
                "echoes": [
                    "sent at once",
                    "héllo ☃ 🐍",
                    "",
                    binary,
                    binary,
                    ["ArrayBuffer", 1, 128],
                    binary,
                ],
                "byClient": {"code": 4001, "reason": "that was áll", **over},
                "byServer": {"code": 4002, "reason": "gó away", **over},
                "isOpenAtLast": False,
                "closeCodes": [4001, 4002],
            },
        )

    def test_return(self) -> None:
        """When the server was killed and is back, what was sent meanwhile has come once and in order."""
        seen = self.play("return")
        for event in (seen.pop("lost"), seen.pop("failed")):
            self.assertLessEqual(event.pop("delay"), 200)
            self.assertEqual(event, {**self.lost, "willReconnect": True, "unsent": 0})
        self.assertEqual(seen.pop("closed")["code"], 1000)
        self.assertEqual(
            seen,
            {
                "opened": {"attempt": 1, "returned": False},
                "notesAtFirst": ["at first"],
                "queued": 100,
                "returned": True,
                "tookMore": True,
                "notes": [*map(str, range(100))],
                "queuedAtLast": 0,
            },
        )

    def test_silence(self) -> None:
        """A server that is frozen is noticed by its silence, and the connection goes to the next."""
        seen = self.play("silence")
        self.assertEqual(seen["reasons"], ["silent for 1000 ms", "not connected for 1000 ms"])
        self.assertEqual(seen["echo"], "still here")

    def test_codes(self) -> None:
        """Only codes that say that another time would be better bring a connection back."""
        again = (1001, 1011, 1012, 1013)
        final = (1000, 1002, 1003, 1007, 1008, 1009, 3000, 4999)
        self.assertEqual(
            self.play("codes"), {str(code): [code in again, "because"] for code in (*again, *final)}
        )

    def test_refused(self) -> None:
        """A refused handshake is 1006, and the attempts after it come later and later."""
        self.assertEqual(
            self.play("refused"),
            {
                "once": {**self.lost, "willReconnect": False, "delay": 0, "unsent": 1},
                "delays": [10, 20, 25, 25],
            },
        )

    def test_urls(self) -> None:
        """A URL may be promised; a function that gives none is told of, ends nothing, and is asked again."""
        self.assertEqual(
            self.play("urls"),
            {
                "reasons": ["again", "not now", "no token yet"],
                "attempt": 3,
                "returned": True,
                "echo": "still here",
            },
        )

    def test_wlanguage(self) -> None:
        """SocketConnecte, SocketEcrit, SocketFerme and SocketExiste do what their names say."""
        self.assertEqual(
            self.play("wlanguage"),
            {
                "began": True,
                "exists": True,
                "wrote": True,
                "told": [[1, ""], [2, "bonjour"], [3, ""], [4, "the connection could not be made"]],
                "closed": True,
                "existsAtLast": False,
            },
        )


class NodesOwnTests(Scenarios, TestCase):
    """In Node, with its own WebSocket."""

    whose = "own"

    def play(self, scenario: str) -> Any:
        url = f"ws://127.0.0.1:{self.server.port}/Served"
        command = [node(), *self.flags(), str(NODE / "connect.js"), scenario, url, self.whose]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            watch = Timer(2 * PATIENCE, process.kill)
            watch.start()
            try:
                return self.answer(process)
            finally:
                watch.cancel()
                process.kill()

    def flags(self) -> list[str]:
        """Give what Node needs; the versions 20 and 21 have a WebSocket of their own for those who ask."""
        flags = ["--experimental-websocket"]
        command = [node(), *flags, "-e", "new WebSocket('ws://127.0.0.1:1/').onerror = () => 0"]
        if subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode:
            missing("WebSocket in this Node")
        return flags

    def answer(self, process: subprocess.Popen[str]) -> Any:
        """Do what the scenario asks for, until it says what it has seen."""
        for line in process.stdout:
            said = json.loads(line)
            if "seen" in said:
                return said["seen"]
            self.do(said["asked"])
            process.stdin.write("done\n")
            process.stdin.flush()
        return self.fail("Node has ended, or was too slow")


class WsTests(NodesOwnTests):
    """In Node, with the WebSocket of the npm package ws."""

    whose = "ws"

    def flags(self) -> list[str]:
        if not (NODE / "node_modules" / "ws").is_dir():
            missing("the npm package ws (npm install --prefix tests/node)")
        return []


class ChromiumTests(Scenarios, TestCase):
    """In a page of the server's, which has the library from there, too, and gives a relative URL."""

    def play(self, scenario: str) -> Any:
        self.driver = self.enterContext(Browser()).driver
        self.driver.get(f"http://127.0.0.1:{self.server.port}/")
        self.driver.execute_script(
            """
            const [name, url] = arguments;
            const ask = (asked) => new Promise((answer) => Object.assign(window, { asked, answer }));
            Promise.all([import("/wstwist.js"), import("/connections.js")])
                .then(([library, { scenarios }]) =>
                    scenarios[name]({ library, connect: library.connect, url, ask }))
                .then((seen) => { window.seen = seen; }, (error) => { window.seen = String(error); });
            """,
            scenario,
            "/Served",
        )
        while True:
            what, seen = until(self.said, "what the page has seen")
            if what is None:
                return seen
            self.do(what)
            self.driver.execute_script("answer()")

    def said(self) -> Any:
        """Give what the page asks for, or what it has seen, or nothing."""
        said = self.driver.execute_script("""
            const said = [window.asked ?? null, window.seen ?? null];
            window.asked = null;
            return said;
        """)
        return said if said != [None, None] else None
