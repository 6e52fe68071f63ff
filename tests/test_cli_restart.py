# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A whole server begins again, in the foreground and as a daemon."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed

from tests.administered import CHAT, CONFIGURATION, Server
from tests.command_line import CommandLine
from tests.documents import free_port
from tests.processes import TWISTD, until
from wstwist.beginning_again import command_line
from wstwist.exceptions import ConfigurationError


class RestartTests(TestCase):
    """``wstwist restart``."""

    def setUp(self) -> None:
        """Make a folder."""
        folder = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def serve(self, after: str = "") -> CommandLine:
        """Start a server, at ports that it keeps; `after` stands behind what its project's class has."""
        configuration = CONFIGURATION + "[projects.Chat.limits]\ndrain_time = 1\n"
        admin = f"tcp:{free_port()}:interface=127.0.0.1"
        self.server = Server(self.folder, configuration=configuration, admin=admin)
        (self.folder / "chat.py").write_text(CHAT + after)
        self.addCleanup(self.server.kill)
        self.server.start()
        return CommandLine(self.folder, WSTWIST_SERVER=self.server.url)

    def test_foreground(self) -> None:
        """A server begins again in the same process, with new code, and its clients are closed with 1001."""
        line = self.serve()
        before = self.of_server()
        with self.server.client() as client:
            (self.folder / "chat.py").write_text(CHAT + "\n    fresh = 1\n")
            told = line.json("restart", "--yes")
            self.assertRaises(ConnectionClosed, client.recv, 10)
            self.assertEqual(client.close_code, 1001)
        self.assertIsNone(told["restarted"])
        after = self.of_server()
        self.assertEqual(before["pid"], after["pid"])
        self.assertEqual(after["pid"], self.server.process.pid)
        self.assertNotEqual(before["started_at"], after["started_at"])
        names = [each["name"] for each in line.json("globals", "--service", "Chat")["globals"]]
        self.assertIn("fresh", names)
        line.json("restart", "--yes")  # and once more
        self.server.send(signal.SIGTERM)
        self.assertEqual(self.server.process.wait(20), 0)

    def test_examples(self) -> None:
        """The examples of its help restart."""
        line = self.serve()
        for example in line.examples("restart"):
            line.shell(example)

    def test_asking(self) -> None:
        """Where nobody can be asked it wants --yes, and the full token."""
        line = self.serve()
        self.assertIn("say --yes", line.trouble("restart"))
        with self.server.program("read") as program:
            self.assertEqual(program.post("/api/v1/restart", json={}).status_code, 403)

    def test_reactor_that_is_held(self) -> None:
        """Code that holds the reactor while the server stops does not keep it from beginning again."""
        line = self.serve(after="\n    async def on_disconnect(self, client):\n        time.sleep(60)\n")
        pid = self.of_server()["pid"]
        with self.server.client():
            line.json("restart", "--yes")
        self.assertEqual(self.of_server()["pid"], pid)

    def test_wrong_requests(self) -> None:
        """What is no request for a restart is answered so, and nothing stops."""
        self.serve()
        url = "/api/v1/restart"
        with self.server.program() as full, self.server.program("") as nobody:
            self.assertEqual(nobody.post(url, json={}).status_code, 401)
            self.assertEqual(full.post(url, json={"now": True}).status_code, 400)
            self.assertEqual(full.post(url, content="now").status_code, 415)
            self.assertEqual(full.get(url).status_code, 405)
        self.assertNotIn("to begin again", self.server.log.read_text())

    def test_wrong_configuration(self) -> None:
        """A server whose configuration has become wrong says so, and goes on."""
        line = self.serve()
        before = self.of_server()["started_at"]
        with (self.folder / "wstwist.toml").open("a") as file:
            file.write("intervall = 1\n")
        self.assertIn("intervall", line.trouble("restart", "--yes"))
        self.assertEqual(self.of_server()["started_at"], before)

    def test_sigterm_meanwhile(self) -> None:
        """A SIGTERM while it stops has it end instead of beginning again."""
        line = self.serve()
        with self.server.client() as client:
            client.send("sleep")
            until(self.is_busy, "the event")
            with self.server.program() as program:
                self.assertEqual(program.post("/api/v1/restart", json={}).status_code, 202)
            until(lambda: "to begin again" in self.server.log.read_text(), "the stop")
            self.server.send(signal.SIGTERM)
            self.assertEqual(self.server.process.wait(20), 0)
        self.assertIn("not to begin again", self.server.log.read_text())
        self.assertIn("nobody answers", line.trouble("list"))

    def test_daemon(self) -> None:
        """A daemon begins again in its process, with its pid file and its log."""
        port = free_port()
        (self.folder / "chat.py").write_text(CHAT)
        line = CommandLine(self.folder, WSTWIST_SERVER=f"http://localhost:{port}")
        words = ("--port=0", f"--admin=tcp:{port}:interface=127.0.0.1", "chat:Chat")
        subprocess.run(
            [sys.executable, TWISTD, "--reactor=select", "wsproject", *words],
            cwd=self.folder,
            env=dict(line.environment),
            check=True,
            timeout=60,
        )
        file = self.folder / "twistd.pid"
        until(file.exists, "the pid file")
        pid = int(file.read_text())
        self.addCleanup(_end, pid)
        until(lambda: "administration at" in (self.folder / "twistd.log").read_text(), "the start")
        line.json("restart", "--yes")
        self.assertEqual(int(file.read_text()), pid)
        self.assertEqual((self.folder / "twistd.log").read_text().count("administration at"), 2)
        line.json("restart", "--yes")
        os.kill(pid, signal.SIGTERM)
        until(lambda: not file.exists(), "the end")

    def of_server(self) -> dict[str, object]:
        """Tell of the server."""
        with self.server.program() as program:
            return dict(program.get("/api/v1/server").raise_for_status().json())

    def is_busy(self) -> bool:
        """Whether a client's event is in progress."""
        with self.server.program() as program:
            clients = program.get("/api/v1/projects/Chat/clients").json()["clients"]
            return any(each["event"] for each in clients)


class CommandLineTests(TestCase):
    """How a process is started again."""

    def test_daemon(self) -> None:
        """A daemon stays in its process, and keeps its log."""
        words = ("python", "twistd", "--pidfile=x", "wsproject", "chat:Chat")
        again = command_line(words, Path("/srv"), {}, daemon=True)
        self.assertEqual(
            again.words,
            (
                "python",
                "twistd",
                "--pidfile=x",
                "--nodaemon",
                "--logfile=twistd.log",
                "wsproject",
                "chat:Chat",
            ),
        )
        again = command_line(words, Path("/srv"), {"syslog": 1}, daemon=True)
        self.assertNotIn("--logfile=twistd.log", again.words)
        self.assertEqual(command_line(words, Path("/srv"), {}, daemon=False).words, words)

    def test_rights(self) -> None:
        """Who has given up rights cannot have them again."""
        again = command_line(("python",), Path("/srv"), {"uid": 1000}, daemon=False)
        self.assertRaisesRegex(ConfigurationError, "--uid.*restart it by what has started it", again.check)

    def test_folder(self) -> None:
        """Where the folder has gone there is nowhere to begin."""
        again = command_line(("python",), Path("/nowhere"), {}, daemon=False)
        self.assertRaisesRegex(ConfigurationError, "/nowhere.*is not there any more", again.check)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
