# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist serve``, which is ``twistd wsproject`` in the foreground, and restarts with ``--reload``."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import SkipTest

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.commanded import CommandCase, Serving
from tests.processes import until
from wstwist import tap

CHAT = """
import helper
from wstwist import Project

class Chat(Project):
    interval = "1 h"

    async def on_message(self, client, message):
        client.send(helper.answer(message))
"""

HELPER = "def answer(message):\n    return 'one ' + message\n"


class ServeCase(CommandCase):
    """Tests with a project in the folder."""

    def setUp(self) -> None:
        if os.name != "posix":
            raise SkipTest("servers are ended by signals")
        super().setUp()
        self.write("chat.py", CHAT)
        self.write("helper.py", HELPER)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def serve(self, *arguments: str, **variables: str) -> Serving:
        """Serve, on a port that is the same after a restart."""
        where = (f"--port={self.port}", "--interface=127.0.0.1", "--admin=off")
        serving = Serving(self.folder, *where, *arguments, **variables)
        self.addCleanup(serving.kill)
        return serving

    def connect(self) -> ClientConnection:
        """Connect a client, as soon as that is possible."""

        def attempt() -> ClientConnection | None:
            try:
                return connect(f"ws://127.0.0.1:{self.port}/Chat", proxy=None)
            except (OSError, InvalidStatus):  # one that is stopping says 503
                return None

        return self.enterContext(until(attempt, "a connection"))

    def ask(self) -> str:
        """Give what the server answers."""
        with self.connect() as client:
            client.send("x")
            return str(client.recv(10))


class ServeTests(ServeCase):
    def test_a_project(self) -> None:
        """The named project is served, and SIGINT stops it gracefully; there is no pid file."""
        serving = self.serve("chat:Chat")
        client = self.connect()
        self.assertEqual(self.ask(), "one x")
        self.assertEqual(serving.stop(signal.SIGINT), 0)
        error = self.assertRaises(ConnectionClosed, client.recv, 10)
        self.assertEqual(error.rcvd.code, 1001)
        self.assertEqual([*self.folder.glob("twistd.*")], [])

    def test_the_configuration_of_the_folder(self) -> None:
        """Where nothing is named, the folder's wstwist.toml is; --json has the log in JSON, line by line."""
        self.write("wstwist.toml", '[projects.Chat]\nimport = "chat:Chat"\n')
        serving = self.serve("--json")
        self.assertEqual(self.ask(), "one x")
        serving.stop()
        lines = [json.loads(line) for line in serving.said.splitlines()]
        self.assertTrue(any("Chat at ws://" in str(line) for line in lines), lines)

    def test_wrong_command_lines(self) -> None:
        """What is no option, or no port, is told with status 2; what cannot be served, with status 1."""
        self.assertIn("Did you mean", self.wstwist("serve", "--prot", "1", status=2))
        self.assertIn("--port", self.wstwist("serve", "--port", "http", status=2))
        where = ("--port=0", "--admin=off")
        self.assertRegex(
            self.wstwist("serve", *where, "chta:Chat", status=1), r"\Awstwist: no module 'chta' .*chat\?\n\Z"
        )

    def test_a_port_in_use(self) -> None:
        """A port in use is told in one line."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            where = (f"--port={port}", "--interface=127.0.0.1", "--admin=off")
            said = self.wstwist("serve", *where, "chat:Chat", status=1)
        self.assertRegex(said, rf"\Awstwist: .*{port}.*\n\Z")

    def test_options(self) -> None:
        """It has all options of twistd wsproject, and says what they do."""
        shown = " ".join(self.wstwist("serve", "--help").split())
        options = tap.Options()
        for name in options.longOpt:
            if name.rstrip("=") not in ("version", "help"):
                self.assertIn(f"--{name.rstrip('=')} ", shown)
        self.assertIn("TEXT", shown)

    def test_repeated_options(self) -> None:
        """Options that may be repeated are passed on, each time."""
        serving = self.serve(
            f"--listen=unix:{self.folder}/a", f"--listen=unix:{self.folder}/b", "--admin-host=x", "chat:Chat"
        )
        serving.wait_for("global service every")
        self.assertIn(f"ws+unix:{self.folder}/b:/Chat", serving.said)

    def test_reactor(self) -> None:
        """Another of Twisted's reactors can be chosen."""
        serving = self.serve("--reactor=select", "chat:Chat")
        serving.wait_for("select reactor")

    def test_examples(self) -> None:
        """The examples of the help serve."""
        self.write("wstwist.toml", '[projects.Chat]\nimport = "chat:Chat"\n')
        for example in self.examples("serve"):
            serving = self.serve(*(str(self.port) if word == "8000" else word for word in example[1:]))
            serving.wait_for("Chat at ws://")
            self.assertEqual(serving.stop(), 0)


class ReloadTests(ServeCase):
    def setUp(self) -> None:
        super().setUp()
        self.write("wstwist.toml", '[projects.Chat]\nimport = "chat:Chat"\n')

    def start(self, *arguments: str) -> Serving:
        """Serve with --reload, until the next server is waiting, too."""
        serving = self.serve("--reload", *arguments)
        self.assertEqual(self.ask(), "one x")
        return serving

    def test_a_change(self) -> None:
        """A change of a module of the project is served within a second; clients are told to come back."""
        serving = self.start()
        took = []
        for answer in ("two", "three", "four", "five"):  # where others use the machine, too, one is enough
            serving.settle()
            client = self.connect()
            began = time.monotonic()
            self.write("helper.py", HELPER.replace("one", answer))
            error = self.assertRaises(ConnectionClosed, client.recv, 10)
            self.assertEqual(error.rcvd.code, 1001)
            self.assertEqual(self.ask(), f"{answer} x")
            took.append(time.monotonic() - began)
            if took[-1] < 1.0:
                break
        self.assertLess(min(took), 1.0, took)
        serving.wait_for("helper.py changed: restarted in ")
        self.assertEqual(serving.stop(signal.SIGINT), 0)

    def test_a_syntax_error(self) -> None:
        """A syntax error is shown with file, line and text, and the server before it goes on serving."""
        serving = self.start()
        client = self.connect()
        self.write("helper.py", "def answer(message:\n")
        serving.wait_for("waiting for the next change")
        self.assertRegex(serving.said, r'File "helper.py", line 1\n.*def answer\(message:\n')
        self.assertIn("the server before it still serves", serving.said)
        client.send("y")
        self.assertEqual(client.recv(10), "one y")
        self.write("helper.py", HELPER.replace("one", "two"))
        serving.wait_for("helper.py changed: restarted")
        self.assertEqual(self.ask(), "two x")

    def test_code_that_cannot_be_served(self) -> None:
        """What fails at the import, or cannot be served, is one line, and changes nothing."""
        serving = self.start()
        self.write("helper.py", "nothing\n")
        serving.wait_for("wstwist: chat cannot be imported: helper.py:1: NameError: ")
        serving.wait_for("waiting for the next change")
        self.assertEqual(self.ask(), "one x")
        self.write("helper.py", HELPER)
        self.write("chat.py", CHAT.replace("1 h", "never"))
        serving.wait_for("wstwist: Chat.interval: 'never' is no duration")
        self.assertEqual(self.ask(), "one x")

    def test_a_start_that_fails(self) -> None:
        """Where the first start fails it waits for a change, which may come while it starts."""
        self.write("helper.py", "nothing\n")
        serving = self.serve("--reload")
        serving.wait_for("wstwist: chat cannot be imported: helper.py:1: NameError: ")
        serving.wait_for("wstwist: waiting for the next change")
        self.write("helper.py", HELPER)
        self.assertEqual(self.ask(), "one x")

    def test_what_is_no_change(self) -> None:
        """Tests, hidden folders, other files and what is in a virtual environment change nothing."""
        serving = self.start()
        for name in ("test_chat.py", ".x/a.py", "data.json", "venv/pyvenv.cfg", "venv/a.py", "web/a.html"):
            self.write(name, "x = 1\n")
        self.write("more/late.py", "x = 1\n")
        serving.wait_for("restarted in")
        (names,) = re.findall(r"wstwist: (.*) changed: restarted", serving.said)
        self.assertEqual(names, "more/late.py")

    def test_the_configuration(self) -> None:
        """A change of the configuration alone disconnects nobody, and one that is wrong changes nothing."""
        serving = self.start()
        client = self.connect()
        self.write("wstwist.toml", '[projects.Chat]\nimport = "chat:Chat"\ninterval = "2 h"\n')
        serving.wait_for("wstwist.toml has changed: read again")
        serving.wait_for("Chat.interval")
        client.send("y")
        self.assertEqual(client.recv(10), "one y")

    def test_a_project_that_comes_and_goes(self) -> None:
        """A folder that the configuration names, or names no more, is no change of what is in it."""
        chat = '[projects.Chat]\nimport = "chat:Chat"\n'
        with TemporaryDirectory(prefix="wstwist-test-") as other:
            (Path(other) / "feed.py").write_text(CHAT.replace("import helper", "").replace("Chat", "Feed"))
            serving = self.start()
            client = self.connect()
            feed = f'[projects.Feed]\nimport = "feed:Feed"\ndirectory = "{other}"\n'
            for content, done in ((chat + feed, "Feed added"), (chat, "Feed removed")):
                self.write("wstwist.toml", content)
                serving.wait_for(done)
                serving.settle()
            self.assertNotIn("restarted", serving.said)
            client.send("y")
            self.assertEqual(client.recv(10), "one y")

    def test_a_change_while_the_configuration_is_wrong(self) -> None:
        """Code that changes meanwhile is served once the configuration is right again."""
        serving = self.start()
        right = (self.folder / "wstwist.toml").read_text()
        self.write("wstwist.toml", "no toml\n")
        serving.wait_for("is not TOML")
        self.write("helper.py", HELPER.replace("one", "two"))
        serving.wait_for("waiting for the next change")
        self.assertEqual(self.ask(), "one x")
        self.write("wstwist.toml", right)
        serving.wait_for("changed: restarted in")
        self.assertEqual(self.ask(), "two x")

    def test_the_server_ends(self) -> None:
        """Where the server ends by itself that is told, and the next change starts another one."""
        self.write("helper.py", "import os\ndef answer(message):\n    os._exit(3)\n")
        serving = self.serve("--reload")
        client = self.connect()
        client.send("x")
        serving.wait_for("the server has ended with status 3; waiting for the next change")
        self.write("helper.py", HELPER)
        self.assertEqual(self.ask(), "one x")

    def test_an_event_that_does_not_end(self) -> None:
        """An event that lasts long holds a restart up for a second or two, and not longer."""
        self.write("helper.py", "import time\ndef answer(message):\n    time.sleep(600)\n")
        self.write("chat.py", CHAT.replace("async def on_message", "def on_message"))
        serving = self.serve("--reload")
        self.connect().send("x")
        serving.wait_for("Chat at ws://")
        self.write("helper.py", HELPER)
        serving.wait_for("helper.py changed: restarted")
        self.assertEqual(self.ask(), "one x")

    def test_nobody_is_left(self) -> None:
        """The servers end with whoever started them, also where that was killed."""
        serving = self.start()
        serving.settle()
        folders = [Path(f"/proc/{pid}") for pid in serving.children]
        serving.stop(signal.SIGKILL)
        until(lambda: not any(folder.exists() for folder in folders), "the end of both")

    def test_a_server_that_begins_again(self) -> None:
        """A server that an administrator restarts is restarted by later changes, too, and ends as before."""
        serving = self.start("--admin=tcp:0:interface=127.0.0.1")
        serving.settle()
        folders = [Path(f"/proc/{pid}") for pid in serving.children]
        (url,) = re.findall(r"administration at (\S+);", serving.said)
        token = json.loads((self.folder / "wstwist.tokens").read_text())["full"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{url}api/v1/restart", json={}, headers=headers, trust_env=False)
        self.assertEqual(answer.status_code // 100, 2, answer.text)
        serving.wait_for("Chat at ws://", 2)
        self.assertEqual(self.ask(), "one x")
        self.write("helper.py", HELPER.replace("one", "two"))
        serving.wait_for("helper.py changed: restarted")
        until(lambda: self.ask() == "two x", "the new code")
        serving.stop(signal.SIGKILL)
        until(lambda: not any(folder.exists() for folder in folders), "the end of all")

    def test_json(self) -> None:
        """With --json all that is said is one object a line."""
        serving = self.start("--json")
        self.write("helper.py", HELPER.replace("one", "two"))
        serving.wait_for('"restarted"')
        serving.stop()
        events = [json.loads(line) for line in serving.said.splitlines()]
        (restarted,) = [each for each in events if each.get("event") == "restarted"]
        self.assertEqual(restarted["files"], ["helper.py"])
        self.assertGreater(restarted["seconds"], 0)
