# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist connect``: in pipes and at a terminal, against a real server."""

from __future__ import annotations

import atexit
import json
import os
import pty
import re
import select
import subprocess
import termios
import time
from base64 import b64decode
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trustme import CA
from twisted.trial.unittest import TestCase

from tests.command_line import CommandLine
from tests.processes import PATIENCE, Server, until
from wstwist import blocking
from wstwist.cli.conversation import Style, Typed, meaning, typed
from wstwist.exceptions import ConnectionClosed, ReceiveTimeout

ECHO = """
from wstwist import Project

class Echo(Project):
    protocols = ["echo.v1"]
    origins = ["https://pages.example"]
    keep_headers = True

    async def on_message(self, client, message):
        if message == "who":
            client.send(f"{self.request.headers.get('x-room')} {client.origin} {client.protocol}")
        elif message == "silence":
            pass
        elif message == "clear":
            client.send("a" + chr(27) + "[2Jb")
        elif isinstance(message, str) and message.startswith("close "):
            client.send("bye")
            client.disconnect(int(message[6:]), "as you say")
        else:
            client.send(message)
"""


class ConnectCase(TestCase):
    """Tests of one server, which all of them share.

    Attributes:
        server: It.
        line: The command line.
        url: Where the project is.
    """

    server: Server
    line: CommandLine
    url: str
    _stack: ExitStack

    timeout = 120

    def setUp(self) -> None:
        """Start the server, if this is the first test."""
        if "server" not in vars(type(self)):
            self._start()

    @classmethod
    def _start(cls) -> None:
        cls._stack = ExitStack()
        atexit.register(cls._stack.close)
        folder = Path(cls._stack.enter_context(TemporaryDirectory(prefix="wstwist-test-")))
        (folder / "echo.py").write_text(ECHO)
        server = Server(folder, *cls.options(folder), projects=("echo:Echo",))
        cls._stack.callback(server.kill)
        server.start()
        cls.server, cls.line = server, CommandLine(folder, PROMPT_TOOLKIT_NO_CPR="1", TERM="xterm")
        cls.url = f"ws://localhost:{server.port}/Echo"

    @classmethod
    def options(cls, folder: Path) -> tuple[str, ...]:
        """Say where the server listens."""
        return ()

    @classmethod
    def tearDownClass(cls) -> None:
        if "_stack" in vars(cls):
            cls._stack.close()

    def connect(self, *options: str, stdin: str = "", **settings: Any) -> str:
        """Connect in a pipe, and give what is printed."""
        return self.line.run("connect", self.url, *options, stdin=stdin, **settings).stdout

    def events(self, *options: str, stdin: str = "", **settings: Any) -> list[dict[str, Any]]:
        """The same with ``--json``."""
        return [
            json.loads(line)
            for line in self.connect(*options, "--json", stdin=stdin, **settings).splitlines()
        ]


class PipeTests(ConnectCase):
    """In a pipe."""

    def test_lines(self) -> None:
        """Each line is a message, each message is a line, and it ends when no more comes."""
        self.assertEqual(self.connect(stdin="hello\nwörld \n\nlast"), "hello\nwörld \n\nlast\n")

    def test_shell(self) -> None:
        """It works as people write it."""
        self.assertEqual(self.line.shell(f"echo hi | wstwist connect {self.url}").stdout, "hi\n")
        done = self.line.shell(f"seq 2000 | wstwist connect {self.url} | tail -n 1")
        self.assertEqual((done.stdout, done.stderr), ("2000\n", ""))
        done = self.line.shell(f"wstwist connect {self.url} --wait 0 <&-")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_silence(self) -> None:
        """It waits for as long as it is told, and not longer."""
        began = time.monotonic()
        self.assertEqual(self.connect("--wait", "0.1", stdin="silence\n"), "")
        self.assertLess(time.monotonic() - began, 10)
        process = self.line.start("connect", self.url, "--wait", "inf", stdin=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "hello\n")  # while stdin goes on
        process.stdin.write("again\nclose 1000\n")
        process.stdin.close()
        process.stdin = None
        self.assertEqual(process.communicate(timeout=PATIENCE), ("again\nbye\n", ""))
        self.assertEqual(process.returncode, 0)

    def test_binary(self) -> None:
        """Bytes are hexadecimal digits, both ways; raw ones are as they are."""
        self.assertEqual(self.connect("--binary", stdin="00ff\n0a 0b\n"), "00ff\n0a0b\n")
        done = self.line.shell(
            f"printf '\\000\\377\\nx' | wstwist connect {self.url} --binary --raw | od -An -tx1"
        )
        self.assertEqual(done.stdout.split(), ["00", "ff", "78"])
        self.assertIn("line 2 'xy' is not hexadecimal", self.trouble("--binary", stdin="00\nxy\n"))

    def test_what_is_no_text(self) -> None:
        """A line that is no text is named, and what would be right."""
        done = self.line.shell(f"printf 'a\\n\\377\\n' | wstwist connect {self.url}", status=1)
        self.assertIn("wstwist: line 2 is no UTF-8; --binary --raw", done.stderr)

    def test_json(self) -> None:
        """Each event is an object a line: the beginning, messages with their times, the end."""
        opened, text, closed = self.events("--protocol", "echo.v1", stdin="a\\nb\n")
        self.assertEqual((opened["event"], opened["url"], opened["protocol"]), ("open", self.url, "echo.v1"))
        self.assertGreater(opened["seconds"], 0)
        self.assertEqual((text["event"], text["text"]), ("message", "a\\nb"))
        self.assertRegex(text["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$")
        self.assertGreater(text["after"], 0)
        self.assertEqual(closed, {"event": "closed", "code": 1000, "reason": "", "was_clean": True})
        _, binary, _ = self.events("--binary", stdin="00ff\n")
        self.assertEqual(b64decode(binary["base64"]), b"\0\xff")

    def test_request(self) -> None:
        """Header fields, origin and sub-protocols arrive."""
        said = self.connect(
            *(
                "-H",
                "X-Room: 7",
                "--origin",
                "https://pages.example",
                "--protocol",
                "other",
                "--protocol",
                "echo.v1",
            ),
            stdin="who\n",
        )
        self.assertEqual(said, "7 https://pages.example echo.v1\n")

    def test_timing(self) -> None:
        """Each message has its time, and how long it came after the last one that was sent."""
        self.assertRegex(
            self.connect("--timing", stdin="hello\n"), r"\A\[\d\d:\d\d:\d\d\.\d{6} \+\d+\.\d ms\] hello\n\Z"
        )

    def test_ends(self) -> None:
        """The close code says whether it went well, in words."""
        self.assertEqual(self.connect("--wait", "inf", stdin="close 1000\n"), "bye\n")
        done = self.line.run("connect", self.url, "--wait", "inf", stdin="close 1008\n", status=1)
        self.assertEqual(done.stdout, "bye\n")
        self.assertEqual(
            done.stderr,
            f"wstwist: {self.url}: the connection has ended with 1008 (against the server's policy): "
            "as you say\n",
        )
        *_, closed = self.events("--wait", "inf", stdin="close 4001\n", status=1)
        self.assertEqual(closed, {"event": "closed", "code": 4001, "reason": "as you say", "was_clean": True})

    def test_no_connection(self) -> None:
        """Each reason why there is no connection is one line."""
        for url, why in (
            ("ws://localhost:1/Echo", "ws://localhost:1/Echo: "),
            (self.url.replace("Echo", "Ecko"), "404"),
            ("ws://nowhere.invalid/", "nowhere.invalid"),
            ("localhost:9000", "ws://"),
        ):
            self.assertIn(why, self.line.trouble("connect", url))
        self.assertIn("403", self.trouble("--origin", "https://evil.example"))

    def test_wrong_options(self) -> None:
        """A command line that means nothing has status 2."""
        for options, why in (
            (("-H", "X-Room"), "is not NAME:VALUE"),
            (("-H", "a:1", "-H", "A:2"), "given twice"),
            (("-H", "Host:x"), "belongs to the handshake"),
            (("--protocol", "a b"), "no name of a sub-protocol"),
            (("--key", "key.pem"), "certificate"),
            (("--wait", "nan"), "seconds"),
            (("--wait", "-1"), "range"),
        ):
            self.assertIn(why, self.line.run("connect", self.url, *options, status=2).stderr)

    def test_ctrl_c(self) -> None:
        """Ctrl-C ends it, with 130 and without a traceback, while it waits for either side."""
        process = self.line.start("connect", self.url, stdin=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("hello\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "hello\n")
        self.line.interrupt(process)

    def test_examples(self) -> None:
        """The examples of the help work; at a terminal the one without a pipe does."""
        for example in self.line.examples("connect"):
            line = example.replace("localhost:9000/Chat", f"localhost:{self.server.port}/Echo")
            self.assertNotEqual(line, example)
            self.line.shell(line)

    def trouble(self, *options: str, stdin: str = "") -> str:
        """Connect, and give why that does not go well."""
        done = self.line.run("connect", self.url, *options, stdin=stdin, status=1)
        self.assertEqual(done.stderr.count("\n"), 1)
        return done.stderr


class TlsTests(ConnectCase):
    """Over TLS."""

    @classmethod
    def options(cls, folder: Path) -> tuple[str, ...]:
        """Serve over TLS, and demand certificates of clients."""
        authority = CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        for name in ("localhost", "ann"):
            authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(
                str(folder / f"{name}.pem")
            )
        files = {"cert": "localhost", "key": "localhost", "client-ca": "ca"}
        return ("--tls-port=0", *(f"--{option}={folder}/{name}.pem" for option, name in files.items()))

    def test_certificates(self) -> None:
        """The server's has to be signed by somebody known, and ours is shown."""
        self.url = self.url.replace("ws:", "wss:")
        self.assertEqual(self.connect("--ca", "ca.pem", "--cert", "ann.pem", stdin="hello\n"), "hello\n")
        self.assertEqual(self.connect("--insecure", "--cert", "ann.pem", stdin="hello\n"), "hello\n")
        self.assertIn("signed by nobody we know", self.line.trouble("connect", self.url))
        self.assertIn("certificate of ours", self.line.trouble("connect", self.url, "--ca", "ca.pem"))
        self.assertIn("nowhere.pem", self.line.trouble("connect", self.url, "--ca", "nowhere.pem"))


class Terminal:
    """A command at a pseudo-terminal.

    Args:
        line: What runs it.
        words: It.
    """

    def __init__(self, line: CommandLine, *words: str) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self.process = line.start(*words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.said = ""

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self.master, text.encode())

    def wait_for(self, pattern: str) -> None:
        """Wait until something is said, after what was waited for before."""

        def is_there() -> bool:
            self._read()
            return re.search(pattern, self.said) is not None

        until(is_there, f"{pattern!r} at the terminal")
        found = re.search(pattern, self.said)
        assert found is not None
        self.said = self.said[found.end() :]

    def end(self) -> int:
        """Wait for the end, and give the status."""
        until(lambda: self._read() or self.process.poll() is not None, "the end")
        self._read()
        os.close(self.master)
        return self.process.returncode

    def _read(self) -> None:
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # Linux' way to say that it is over
                return
            self.said += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode())


class TerminalTests(ConnectCase):
    """At a terminal."""

    def start(self, *options: str) -> Terminal:
        """Connect."""
        terminal = Terminal(self.line, "connect", self.url, *options)
        self.addCleanup(terminal.process.kill)
        terminal.wait_for(r"connected to ws://localhost:\d+/Echo.* in [\d.]+ ms; Ctrl-D ends")
        terminal.wait_for("(?m)^>")
        return terminal

    def test_messages(self) -> None:
        """What is typed is sent, also what begins with a slash; what comes is shown; Ctrl-D ends."""
        terminal = self.start()
        terminal.type("hello\r")
        terminal.wait_for("< hello")
        terminal.type("//slash\r")
        terminal.wait_for("< /slash")
        terminal.type("/binary 00ff\r")
        terminal.wait_for(r"< 00ff \(2 bytes\)")
        terminal.type("\x1b[A\x1b[A\r")  # the history
        terminal.wait_for("< /slash")
        terminal.type("helo\x1b[Dl\r")  # editing
        terminal.wait_for("< hello")
        terminal.type("clear\r")
        terminal.wait_for(r"< a\\x1b\[2Jb")
        terminal.type("\x04")
        terminal.wait_for(r"closed: 1000 \(normal\)")
        self.assertEqual(terminal.end(), 0)

    def test_commands(self) -> None:
        """The round trip is measured, what is no command is not sent, and codes are sent with the end."""
        terminal = self.start("--timing")
        terminal.type("/ping\r")
        terminal.wait_for(r"pong: \d+\.\d ms")
        terminal.type("/pong\r")
        terminal.wait_for("/pong is no command so; did you mean /ping?")
        terminal.type("/binary x\r")
        terminal.wait_for("is not hexadecimal")
        terminal.type("/close 999\r")
        terminal.wait_for("a close code is")
        terminal.type("/help\r")
        terminal.wait_for(r"/close \[CODE \[REASON\]\] +close the connection")
        terminal.type("hello\r")
        terminal.wait_for(r"\[\d\d:\d\d:\d\d\.\d{6} \+\d+\.\d ms\] < hello")
        terminal.type("/close 4000 enough of it\r")
        terminal.wait_for(r"closed: 4000 \(of the application\): enough of it")
        self.assertEqual(terminal.end(), 0)

    def test_the_servers_end(self) -> None:
        """When the server closes, it ends, and says with what."""
        terminal = self.start()
        terminal.type("close 1013\r")
        terminal.wait_for("< bye")
        terminal.wait_for(r"wstwist: ws://.* ended with 1013 \(try again later\): as you say")
        self.assertEqual(terminal.end(), 1)
        terminal = self.start()
        terminal.type("half a line")
        with blocking.connect(self.url) as other:
            other.send("hello")
        terminal.type("\x15close 1000\r")
        terminal.wait_for(r"closed: 1000 \(normal\)")
        self.assertEqual(terminal.end(), 0)

    def test_ctrl_c(self) -> None:
        """Ctrl-C ends it with 130."""
        terminal = self.start()
        terminal.type("half a line\x03")
        self.assertEqual(terminal.end(), 130)
        self.assertNotIn("Traceback", terminal.said)


class PingTests(ConnectCase):
    """The blocking client's pings."""

    def test_round_trip(self) -> None:
        """A ping gives the time until its answer; several threads may ask."""
        with blocking.connect(self.url) as connection:
            self.assertGreater(connection.ping("5 s"), 0)
            self.assertLess(connection.ping(), 5)
            connection.send("hello")
            self.assertEqual(connection.receive(PATIENCE), "hello")
        self.assertRaises(ConnectionClosed, connection.ping)

    def test_no_answer(self) -> None:
        """A server that does not answer is not waited for longer than that; one that goes is told at once."""
        server = Server(Path(self.enterContext(TemporaryDirectory(prefix="wstwist-test-"))))
        self.addCleanup(server.kill)
        server.start()
        with blocking.connect(f"ws://localhost:{server.port}/Demo", close_timeout=0.1) as connection:
            server.freeze()
            self.assertRaises(ReceiveTimeout, connection.ping, 0.1)
            server.kill()
            self.assertRaises(ConnectionClosed, connection.ping, PATIENCE)


class ConversationTests(TestCase):
    """What lines mean."""

    def test_typed(self) -> None:
        """A line is a message, or a command."""
        for line, meant in (
            ("hello", Typed("send", "hello")),
            ("//ping", Typed("send", "/ping")),
            ("/ping", Typed("ping")),
            ("/close", Typed("close")),
            ("/close 4000", Typed("close", code=4000)),
            ("/close 4000 a b", Typed("close", code=4000, reason="a b")),
            ("/binary 00 FF", Typed("send", b"\0\xff")),
        ):
            self.assertEqual(typed(line, Style()), meant)
        self.assertEqual(typed("00ff", Style(is_binary=True)), Typed("send", b"\0\xff"))
        for line, why in (("/pign", "/ping?"), ("/x", "//x"), ("/close x", "4000"), ("/binary x", "00ff")):
            error = self.assertRaises(ValueError, typed, line, Style())
            self.assertIn(why, str(error))

    def test_meanings(self) -> None:
        """Codes are told in words, with the reason."""
        self.assertEqual(meaning(1011, "oops"), "1011 (an error in the server): oops")
        self.assertEqual(meaning(3000, ""), "3000 (of a library)")
        self.assertEqual(meaning(1006, ""), "1006 (the connection broke)")
        self.assertEqual(meaning(1100, ""), "1100")
