# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The examples, each run as its first lines say, in a folder of its own."""

from __future__ import annotations

import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.request import urlopen

from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import wstwist
from tests.test_commands import environment

ROOT = Path(wstwist.__file__).parents[1]
LONG = 30.0
"""Seconds after which what should have happened is given up."""

MIB = 1024 * 1024


class ExamplesTestCase(TestCase):
    """What the tests of all examples share."""

    def setUp(self):
        """Copy the examples, as somebody does who tries them."""
        self.folder = Path(self.enterContext(TemporaryDirectory())) / "examples"
        shutil.copytree(ROOT / "examples", self.folder, ignore=shutil.ignore_patterns("__pycache__"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run Python in the examples' folder until the test ends."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.process = process
        return process

    def serve(self, *arguments: str) -> int:
        """Run ``twistd -n wsproject``, by its other name, on a free port, and give the port."""
        port = free_port()
        self.start("-m", "wstwist", "--interface=127.0.0.1", f"--port={port}", *arguments)
        return port

    def connect(self, port: int, path: str) -> ClientConnection:
        """Connect a client, as soon as the server listens; it is closed when the test ends."""
        self.wait_for(port)
        return self.enterContext(
            connect(f"ws://127.0.0.1:{port}{path}", open_timeout=LONG, max_size=None, proxy=None)
        )

    def wait_for(self, port: int) -> None:
        """Wait until the process listens."""
        end = time.monotonic() + LONG
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.process.kill()
        raise AssertionError(f"nothing listens on port {port}:\n{self.process.stdout.read()}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the process by a signal; it must end well."""
        self.process.send_signal(number)
        self.assertEqual(self.process.wait(LONG), 0)

    def come_in(self, port: int, path: str, name: str) -> ClientConnection:
        """Connect to the chat and tell a name."""
        client = self.connect(port, path)
        self.assertEqual(client.recv(LONG), "* Welcome! What is your name?")
        client.send(name)
        self.assertEqual(said(client), f"* {name} has come")
        return client


class ServedTests(ExamplesTestCase):
    """The examples that ``twistd wsproject`` serves."""

    def test_echo(self):
        """echo.py answers text with text and binary with binary, compressed, up to 16 MiB."""
        client = self.connect(self.serve("echo:Echo"), "/Echo")
        for message in ("héllo", b"\x00\xff", "", b"x" * (16 * MIB)):
            client.send(message)
            self.assertEqual(client.recv(LONG), message)
        self.assertIn("permessage-deflate", client.response.headers["Sec-WebSocket-Extensions"])

    def test_chat(self):
        """chat.py tells everybody who comes, what is said, numbered over all clients, and who goes."""
        port = self.serve("chat:Chat")
        ann = self.come_in(port, "/Chat", "Ann")
        bob = self.come_in(port, "/Chat", "Bob")
        self.assertEqual(said(ann), "* Bob has come")
        ann.send("hello")
        self.assertEqual([said(ann), said(bob)], ["1 Ann: hello"] * 2)
        bob.send("hi")
        self.assertEqual([said(ann), said(bob)], ["2 Bob: hi"] * 2)
        bob.close()
        self.assertEqual(said(ann), "* Bob has gone")
        self.assertIn("* 1 here", iter(lambda: ann.recv(LONG), None))

    def test_awaitables(self):
        """awaitables.py asks every site, and counts in the global service."""
        nobody = f"http://127.0.0.1:{free_port()}/"
        with web_site() as address:
            (self.folder / "sites.txt").write_text(f"{address}\n{address}missing\n{nobody}\n")
            client = self.connect(self.serve("awaitables:Sites"), "/Sites")
            for number in (1, 2):
                client.send("how are they?")
                answers = sorted(client.recv(LONG) for _ in range(3))
                self.assertEqual(
                    answers, sorted([f"{address} 200", f"{address}missing 404", f"{nobody} does not answer"])
                )
                self.assertEqual(client.recv(LONG), f"check {number}, from {platform.platform()}")

    def test_awaitables_time_out(self):
        """awaitables.py gives up a site that does not answer within 5 s, and answers all the same."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            (self.folder / "sites.txt").write_text(f"http://127.0.0.1:{silent.getsockname()[1]}/")
            client = self.connect(self.serve("awaitables:Sites"), "/Sites")
            begun = time.monotonic()
            client.send("how are they?")
            self.assertEqual(client.recv(LONG), "that was all in 5 s")
            self.assertGreaterEqual(time.monotonic() - begun, 4.9)
            self.assertTrue(client.recv(LONG).startswith("check 1, from "))

    def test_database(self):
        """database.py keeps entries in a file: another server shows the last ten, and refuses binary."""
        port = self.serve("database:GuestBook")
        client = self.connect(port, "/GuestBook")
        for number in range(1, 13):
            client.send(f"entry {number}")
            self.assertEqual(client.recv(LONG), f"thank you, this is entry {number}")
        self.stop()

        self.assertTrue((self.folder / "guests.db").exists())
        client = self.connect(self.serve("database:GuestBook"), "/GuestBook")
        self.assertEqual(
            [client.recv(LONG) for _ in range(10)], [f"entry {number}" for number in range(3, 13)]
        )
        client.send(b"binary")
        client.send("the next")
        self.assertEqual(client.recv(LONG), "thank you, this is entry 13")

    def test_configuration(self):
        """wstwist.toml serves two projects, with a path, a limit and an interval of its own."""
        port = self.serve("--config=wstwist.toml")
        self.come_in(port, "/chat", "Ann")
        echo = self.connect(port, "/Echo")
        for size, answer in ((65536, "x" * 65536), (65537, None)):
            echo.send("x" * size)
            if answer:
                self.assertEqual(echo.recv(LONG), answer)
        self.assertEqual(self.assertRaises(ConnectionClosed, echo.recv, LONG).rcvd.code, 1009)


class EmbeddedTests(ExamplesTestCase):
    """The examples that are programs."""

    def test_embedded(self):
        """embedded.py serves chat and quotes; at SIGTERM clients see 1001, and it ends with status 0."""
        chat, quote = free_port(), free_port()
        self.start("embedded.py", *(f"tcp:{port}:interface=127.0.0.1" for port in (chat, quote)))
        client = self.come_in(chat, "/Chat", "Ann")
        with socket.create_connection(("127.0.0.1", quote), LONG) as connection:
            self.assertEqual(connection.makefile().read(), "An apple a day keeps the doctor away.\n")
        self.stop()
        self.assertEqual(end_of(client), 1001)

    def test_in_a_site(self):
        """in_a_site.py serves its page and, where the page looks for it, the chat; 1001 at SIGINT."""
        port = free_port()
        self.start("in_a_site.py", f"tcp:{port}:interface=127.0.0.1")
        self.wait_for(port)
        with urlopen(f"http://127.0.0.1:{port}/", timeout=LONG) as answer:
            page = answer.read().decode()
        self.assertIn('new WebSocket("/live/chat")', page)
        client = self.come_in(port, "/live/chat", "Ann")
        self.stop(signal.SIGINT)
        self.assertEqual(end_of(client), 1001)


class TestKitTests(ExamplesTestCase):
    """The example of `wstwist.testing`, under both runners."""

    def check(self, runner: str, *arguments: str, passed: str, failed: str) -> None:
        """Run the tests; then again with a chat that is wrong, when one of them must fail."""
        self.assertIn(passed, self.start("-m", runner, *arguments).communicate(timeout=LONG)[0])
        chat = self.folder / "chat.py"
        chat.write_text(chat.read_text().replace("has gone", "has left"))
        self.assertIn(failed, self.start("-m", runner, *arguments).communicate(timeout=LONG)[0])

    def test_pytest(self):
        """The tests of test_chat.py pass with pytest, and notice an error in chat.py."""
        self.check("pytest", "-W", "error", passed="4 passed", failed="1 failed, 3 passed")

    def test_trial(self):
        """The tests of test_chat.py pass with trial, and notice an error in chat.py."""
        self.check(
            "twisted.trial",
            "test_chat",
            passed="PASSED (successes=4)",
            failed="FAILED (failures=1, successes=3)",
        )


def free_port() -> int:
    """Give a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def said(client: ClientConnection) -> str | bytes:
    """Give the next message that is no announcement of the global service's."""
    while (message := client.recv(LONG)).endswith(" here"):
        pass
    return message


def end_of(client: ClientConnection) -> int:
    """Read until the server closes the connection, and give the close code."""
    try:
        while True:
            client.recv(LONG)
    except ConnectionClosed as closed:
        return closed.rcvd.code


@contextmanager
def web_site():
    """Serve a web site with one page, and give its address."""
    server = HTTPServer(("127.0.0.1", 0), _OnePage)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _OnePage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass
