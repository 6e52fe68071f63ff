# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What somebody does by mistake, or means no good: one line each, and nothing is lost."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from websockets.sync.server import serve

from tests.command_line import CommandedCase


class _Other(BaseHTTPRequestHandler):
    """A server that is no wstwist, and answers JSON."""

    content: Any = {}
    status = 200

    def do_GET(self) -> None:
        body = json.dumps(self.content).encode()
        self.send_response(self.status)
        self.send_header("content-length", str(len(body)))
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def other_server(content: Any, status: int = 200) -> Iterator[str]:
    """Serve something else; gives its URL."""
    handler = type("Handler", (_Other,), {"content": content, "status": status})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OddTests(CommandedCase):
    """Commands against a server that runs."""

    def test_servers_that_are_no_wstwist(self) -> None:
        """Whatever they answer, that is said."""
        for content, status in (({}, 200), ({"projects": [1, None]}, 200), ([1], 200), ({}, 302)):
            with other_server(content, status) as url:
                for words in (("list",), ("clients", "Chat"), ("logs",), ("block", "Chat"), ("stop", "Chat")):
                    said = self.line.trouble(*words, "--server", url, *(["--yes"] if "stop" in words else []))
                    self.assertIn(f"{url} is no administration of wstwist", said)

    def test_what_is_no_utf_8(self) -> None:
        """It is one line, in arguments, on stdin and in variables."""
        program = str(self.line.folder / "bin" / "wstwist")
        for words, stdin in (
            ([program, "block", "Chat", "--message", b"\x9b"], b""),
            ([program, "send", b"\x9b", "x"], b""),
            ([program, "send", "ann", "-"], b"\xff\xfe"),
        ):
            done = subprocess.run(
                words,
                input=stdin,
                capture_output=True,
                cwd=self.line.folder,
                env=self.line.environment,
                check=False,
            )
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, rb"\Awstwist: [^\n]*UTF-8[^\n]*\n\Z")
        said = self.line.trouble("list", WSTWIST_TOKEN="w\nx y")
        self.assertIn("$WSTWIST_TOKEN is no token", said)
        self.assertNotIn("x y", said)

    def test_streams(self) -> None:
        """stdout that is closed or full, and stdin that is closed."""
        program = self.line.folder / "bin" / "wstwist"
        for redirection, why in ((">&-", "stdout is closed"), (">/dev/full", "No space left")):
            done = subprocess.run(
                ["sh", "-c", f"{program} list {redirection}"],
                capture_output=True,
                cwd=self.line.folder,
                env=self.line.environment,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, rf"\Awstwist: [^\n]*{why}[^\n]*\n\Z")
        subprocess.run(
            ["sh", "-c", f"{program} new Board --directory {self.line.folder}/board <&-"],
            env=self.line.environment,
            check=True,
            capture_output=True,
        )

    def test_secrets_in_addresses(self) -> None:
        """A password in an address is refused, and not repeated."""
        said = self.line.trouble("list", "--server", "http://user:s3cret@localhost:1")
        self.assertIn("no user and no password", said)
        self.assertNotIn("s3cret", said)

    def test_names_that_are_empty(self) -> None:
        """An empty name is none."""
        self.assertIn("is empty", self.line.trouble("clients", ""))

    def test_too_large(self) -> None:
        """What the server does not take at once is told so."""
        with self.server.client("?user=ann"):
            said = self.line.trouble("send", "ann", "-", stdin="y" * 3_000_000)
        self.assertIn("does not take that much", said)

    def test_restart_with_broken_code(self) -> None:
        """A server whose project could not be imported again is not restarted."""
        module = Path(self.server.folder) / "chat.py"
        before = module.read_text()
        module.write_text(before + "\nclass Broken(:\n")
        self.addCleanup(module.write_text, before)
        said = self.line.trouble("restart", "--yes")
        self.assertIn("Chat could not be served again", said)
        self.assertIn("chat.py:", said)
        self.assertEqual(self.line.json("list")["projects"][0]["state"], "served")

    def test_certificates_of_others(self) -> None:
        """A key that is there is not replaced unless somebody says so."""
        folder = self.line.folder / "tls"
        folder.mkdir()
        (folder / "key.pem").write_text("mine\n")
        self.assertIn("say --yes", self.line.trouble("cert", str(folder)))
        self.assertEqual((folder / "key.pem").read_text(), "mine\n")
        self.line.run("cert", str(folder), "--yes")
        self.assertNotEqual((folder / "key.pem").read_text(), "mine\n")
        self.line.run("cert", str(folder))

    def test_escapes_at_a_terminal(self) -> None:
        """What a server sends cannot move the cursor, also where only stdout is a terminal."""
        with serve(lambda socket: socket.send("\x1b[2J\x9b31m evil"), "127.0.0.1", 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
            master, slave = pty.openpty()
            subprocess.run(
                [self.line.folder / "bin" / "wstwist", "connect", url],
                stdin=subprocess.DEVNULL,
                stdout=slave,
                env=self.line.environment,
                check=False,
                timeout=30,
            )
            os.close(slave)
            shown = os.read(master, 65536)
            os.close(master)
            server.shutdown()
        self.assertIn(rb"\x1b[2J\x9b31m evil", shown)
        self.assertNotIn(b"\x1b", shown)
