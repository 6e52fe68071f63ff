# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Commands that follow a server, on a terminal and for programs, over TCP and a Unix socket."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

from rich.console import Console
from twisted.trial.unittest import TestCase

from tests.administered import Server
from tests.command_line import CommandedCase, CommandLine
from tests.processes import PATIENCE, until
from tests.support import pair
from wstwist.cli.api import Answered
from wstwist.cli.following import Told
from wstwist.cli.top_drawing import draw
from wstwist.cli.top_view import PROJECTS, SERVER, View


class LogTests(CommandedCase):
    """``wstwist logs``."""

    def test_logs(self) -> None:
        """The last lines are printed, those that are wanted."""
        self.assertIn("info : ", self.line.run("logs").stdout)
        self.line.run("block", "Chat", "--message", "for a test of logs")
        lines = [
            json.loads(line)
            for line in self.line.run("logs", "--search", "test of logs", "--json").stdout.splitlines()
        ]
        self.assertEqual(lines[-1]["project"], "Chat")
        self.assertEqual(list(lines[-1]), ["number", "at", "level", "project", "context", "client", "text"])
        self.line.run("unblock", "Chat")
        self.assertIn("no project 'Nobody': `wstwist list`", self.line.trouble("logs", "--project", "Nobody"))

    def test_follow(self) -> None:
        """Lines are printed as they are written, each once."""
        process = self.line.start(
            "logs", "--follow", "--project", "Chat", "--search", "blocked", "--json", "--limit", "1"
        )
        try:
            self.line.run("block", "Chat", "--message", "one")
            assert process.stdout is not None
            until(lambda: "one" in json.loads(process.stdout.readline())["text"], "the line")  # type: ignore[union-attr]
            self.line.run("unblock", "Chat")
            self.assertIn("unblocked Chat", json.loads(process.stdout.readline())["text"])
        finally:
            self.line.interrupt(process)

    def test_client(self) -> None:
        """The lines of one client are found by its user's name."""
        with self.server.client("?user=carl") as client:
            identity = self.only_client()["id"]
            client.send("fail")
            until(lambda: self.get(f"projects/Chat/clients/{identity}")["errors"], "the error")
            lines = self.line.run("logs", "--client", "carl", "--json").stdout.splitlines()
        self.assertEqual({json.loads(line)["client"] for line in lines}, {identity})


class TopTests(CommandedCase):
    """``wstwist top``."""

    def test_once(self) -> None:
        """It is printed once, for people in 80 columns and for programs."""
        with self.server.client("?user=dora") as client:
            identity = self.only_client()["id"]
            client.send("Dora")
            client.recv(PATIENCE)
            found = self.line.json("top", "--once", "--sort", "bytes_in")
            self.assertEqual(list(found), ["server", "projects", "clients"])
            self.assertEqual([each["name"] for each in found["projects"]], ["Chat"])
            self.assertEqual(
                [(each["project"], each["id"], each["bytes_in"]) for each in found["clients"]],
                [("Chat", identity, 10)],
            )
            text = self.line.run("top", "--once").stdout
        self.assertRegex(text, r"(?m)^Chat +served +1 ")
        self.assertRegex(text, r"(?m)^dora +Chat +127.0.0.1 ")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_stream(self) -> None:
        """With --json alone an object comes each second."""
        process = self.line.start("top", "--json")
        assert process.stdout is not None
        for _ in range(2):
            self.assertEqual(json.loads(process.stdout.readline())["projects"][0]["name"], "Chat")
        self.line.interrupt(process)

    def test_no_terminal(self) -> None:
        """Without a terminal it says what to do."""
        self.assertIn("--once", self.line.trouble("top"))

    def test_on_a_terminal(self) -> None:
        """On a terminal it is drawn again and again, sorted by the key that is pressed; q ends it."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = self.line.start(
            "top", stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=self.environment()
        )
        os.close(slave)
        seen = ""

        def shows(text: str) -> bool:
            nonlocal seen
            seen += os.read(master, 65536).decode()
            return text in seen

        try:
            until(lambda: shows("PROJECT"), "the tables")
            until(lambda: shows("uit"), "the keys")
            os.write(master, b"b")
            until(lambda: shows("BYTES IN"), "another order")
            os.write(master, b"q")
            until(lambda: _drained(master) and process.poll() is not None, "the end")
        finally:
            process.kill()
            process.communicate()
            os.close(master)
        self.assertEqual(process.returncode, 0)

    def environment(self) -> dict[str, str]:
        """Give a terminal's."""
        return {**self.line.environment, "TERM": "xterm"}


class UnixTests(CommandedCase):
    """The same over a Unix socket, with which there are no live data."""

    @classmethod
    def make(cls, folder: Path) -> Server:
        """Make a server whose administration is at a socket."""
        return Server(folder, admin=f"unix:{folder}/admin.sock:mode=600")

    def setUp(self) -> None:
        """Say where it is."""
        super().setUp()
        folder = self.server.folder
        self.line = CommandLine(folder, WSTWIST_SERVER=f"unix:{folder}/admin.sock")

    def test_unix(self) -> None:
        """Commands ask over a Unix socket, and follow by asking again."""
        self.assertEqual(self.line.json("list")["projects"][0]["name"], "Chat")
        process = self.line.start("logs", "-f", "--search", "blocked", "--json", "--limit", "1")
        assert process.stdout is not None
        out = process.stdout
        self.line.run("block", "Chat", "--message", "one")
        until(lambda: "one" in json.loads(out.readline())["text"], "the line")
        self.line.run("unblock", "Chat")
        self.assertIn("unblocked Chat", json.loads(out.readline())["text"])
        self.line.interrupt(process)


class TlsTests(CommandedCase):
    """The same over TLS."""

    @classmethod
    def make(cls, folder: Path) -> Server:
        """Make a server whose administration is over TLS."""
        cert, key = pair()
        return Server(folder, admin=f"fast:0:certKey={cert}:privateKey={key}")

    def test_tls(self) -> None:
        """A certificate that nobody knows is refused, unless there is --ca or --insecure."""
        url = re.sub(r"//[^/]*:", "//localhost:", self.server.url)
        said = self.line.trouble("list", "--server", url)
        self.assertIn("--ca FILE", said)
        self.assertIn("certificate verify failed", said)
        for trust in (("--ca", str(pair()[0])), ("--insecure",)):
            words = ("--server", url, *trust)
            self.assertEqual(self.line.json("list", *words)["projects"][0]["name"], "Chat")
            process = self.line.start("globals", "--service", "Chat", "--follow", "--json", *words)
            assert process.stdout is not None
            self.assertEqual(json.loads(process.stdout.readline())["name"], "nickname")
            self.line.interrupt(process)
        said = self.line.trouble("list", "--server", url.replace("https", "http"))
        self.assertIn("is that the administration's address?", said)
        self.assertIn("no certificates", self.line.trouble("list", "--server", url, "--ca", "chat.py"))


class ViewTests(TestCase):
    """What is shown, without a server."""

    def test_rates(self) -> None:
        """What grows is shown a second; who has gone is forgotten."""
        view = View("messages_in", 10)
        view.take(Told(PROJECTS, {"projects": [_project("Chat", 1)]}), 0.0)
        (clients,) = view.topics()[2:]
        view.take(Told(clients, {"clients": [_client("a", 10), _client("b", 5)]}), 0.0)
        self.assertIsNone(view.rate(view.clients[0], "messages_in"))
        view.take(Told(clients, {"clients": [_client("a", 30)]}), 2.0)
        self.assertEqual(view.rate(view.clients[0], "messages_in"), 10.0)
        self.assertIsNone(view.rate({"project": "Chat", "id": "b"}, "messages_in"))
        view.take(Told(clients, None, Answered(404, "gone", {})), 3.0)
        self.assertEqual(view.clients, [])

    def test_drawing(self) -> None:
        """A hundred projects and clients, with names without end, fit into 80 columns and 24 lines."""
        view = View("bytes_in", 50)
        view.take(Told(SERVER, _SERVER), 0.0)
        projects = [_project(f"Project{n}" * 9, n) for n in range(100)]
        view.take(Told(PROJECTS, {"projects": projects}), 0.0)
        self.assertEqual(len(view.topics()), 42)
        for topic in view.topics()[2:]:
            view.take(Told(topic, {"clients": [_client("x" * 90 + topic.names[0], 10**9, "\x1b" * 50)]}), 0.0)
        file = io.StringIO()
        Console(file=file, width=80).print(draw(view, "https://" + "long." * 40, 24))
        lines = file.getvalue().rstrip("\n").split("\n")
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertNotIn("\x1b", file.getvalue())


def _drained(master: int) -> bool:
    """Read what there is, so that nobody waits to write it."""
    with contextlib.suppress(OSError):  # the other end is closed
        os.read(master, 65536)
    return True


_SERVER: dict[str, Any] = {
    "started_at": "2026-01-31T12:00:00+00:00",
    "clients": 12,
    "cpu": None,
    "memory": 10**9,
    "lag": 0.001,
    "is_draining": True,
}


def _project(name: str, clients: int) -> dict[str, Any]:
    return {
        "name": name,
        "state": "served",
        "clients": clients,
        "errors": 10**7,
        "messages_in_rate": 1e9,
        "messages_out_rate": 1.0,
        "messages_in": 1,
        "messages_out": 1,
        "cpu": 1.0,
    }


def _client(identity: str, number: int, user: str | None = None) -> dict[str, Any]:
    return {
        "id": identity,
        "user": user,
        "address": "::1" * 10,
        "bytes_in": number * 10**6,
        "messages_in": number,
        "messages_out": number,
        "cpu": 1.0,
    }
