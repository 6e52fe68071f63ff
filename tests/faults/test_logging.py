# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What stands in the log: of which client, in text and in JSON, and nothing that is secret."""

from __future__ import annotations

import json
import re
import signal
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

from twisted.logger import LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.faults.disks import SmallDisk
from tests.processes import Server, until
from wstwist import log_output
from wstwist.exceptions import ConfigurationError
from wstwist.log_lines import json_line, text_line
from wstwist.log_output import FORMATS, Observer, TornLineError

TALKS = """
    import asyncio
    import contextvars
    import logging
    import sys
    import threading
    import warnings
    from twisted.internet import reactor
    from twisted.logger import Logger
    from twisted.python import log as legacy
    from wstwist import Limits, Project, Refuse

    class Talks(Project):
        limits = Limits(event_time=0.1)
        log = Logger()

        async def on_connect(self, client):
            if "refuse" in client.query:
                raise Refuse(403, "not with this token")
            if "fail" in client.query:
                raise LookupError("on_connect fails")

        async def on_message(self, client, message):
            if message == "talk":
                self.talk()
                client.send("talked")
            elif message == "wait":
                from twisted.internet.task import deferLater
                await deferLater(reactor, 0.25)
                client.send("waited")
            elif message == "thread":
                await self.in_thread(lambda: logging.getLogger("a.thread").warning("from a thread"))
                self.execute_global_service(self.nothing)
                client.send("done")
            elif message == "uncaught":
                self.fail_elsewhere()
                client.send("done")
            elif message.startswith("raise"):
                raise ValueError("as told")
            else:
                client.send(message)

        def nothing(self):
            raise KeyError("nobody waits")

        def fail_elsewhere(self):
            self.start(print, "of its own")
            self.start(contextvars.copy_context().run, print, "with a copy")
            self.start(fail, "in a thread")
            self.start(sys.exit)
            asyncio.ensure_future(wait_and_fail())
            asyncio.get_running_loop().call_soon(fail, "called by asyncio")
            Failing()

        def start(self, function, *args):
            thread = threading.Thread(target=function, args=args)
            thread.start()
            thread.join()

        def talk(self):
            self.log.info("caf\\u00e9\\nsecond line")
            print("printed")
            logging.getLogger("a.library").warning("from %s", "a library")
            logging.getLogger("a.library").info("not worth a line")
            try:
                raise OSError("of a library")
            except OSError as error:
                logging.getLogger("a.library").exception("with a traceback")
                legacy.err(error, "an old one")
            legacy.msg("old style")
            warnings.warn("careful")
            reactor.callLater(0, outside)

    def fail(where):
        raise ArithmeticError(where)

    async def wait_and_fail():
        await asyncio.sleep(0)
        fail("in a task")

    class Failing:
        def __del__(self):
            fail("in a finalizer")

    def outside():
        raise RuntimeError("outside of events")
"""

SECRET = "s3cret-t0ken"
PAYLOAD = "p4yload"


class Served(TestCase):
    """A server whose log is looked at."""

    timeout = 60

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (self.folder / "talks.py").write_text(dedent(TALKS))

    def serve(self, *options: str, before: tuple[str, ...] = ()) -> Server:
        server = Server(self.folder, "--port=0", *options, projects=("talks:Talks",), before=before)
        self.addCleanup(server.kill)
        server.start()
        self.url = f"ws://127.0.0.1:{server.port}/Talks?token={SECRET}"
        self.web = f"http://127.0.0.1:{server.port}"
        return server

    def talk(self) -> None:
        """Have everything logged that can be."""
        with connect(self.url, additional_headers={"Authorization": f"Bearer {SECRET}"}) as client:
            for message in ("talk", "wait", "thread", f"echo {PAYLOAD}"):
                client.send(message)
                client.recv(timeout=10)
            client.send(f"raise {PAYLOAD}")
            time.sleep(0.2)
        for more, status in (("&refuse=1", 403), ("&fail=1", 500)):
            with self.assertRaises(InvalidStatus) as caught, connect(self.url + more):
                pass
            self.assertEqual(caught.exception.response.status_code, status)
        for method in ("GET", "HEAD", "PUT", "NOTHING"):
            for path in ("/", "/nothing", "/wstwist.js", "/Talks"):
                request = urllib.request.Request(f"{self.web}{path}?token={SECRET}", method=method)
                try:
                    urllib.request.urlopen(request).close()
                except urllib.error.HTTPError as error:
                    error.close()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]


class Json(Served):
    """``--log-format json``."""

    def test_lines(self):
        """Each line is an object, whoever logs; it says of which project, context, client and event."""
        server = self.serve("--log-format=json")
        self.talk()
        server.kill(signal.SIGTERM)
        lines = self.lines()
        by_message = {line["message"]: line for line in lines}
        for line in lines:
            self.assertLessEqual({"time", "level", "namespace", "message"}, set(line), line)
            self.assertEqual(datetime.fromisoformat(line["time"]).tzinfo, UTC)
        started = by_message["twistd 26.10.0"] if "twistd 26.10.0" in by_message else lines[1]
        self.assertIn("starting up", started["message"])
        client = by_message["café\nsecond line"]["client"]
        expected = {
            "café\nsecond line": ("info", "talks.Talks", None),
            "printed": ("info", "stdout", None),
            "from a library": ("warn", "a.library", None),
            "with a traceback": ("error", "a.library", "OSError"),
            "an old one": ("critical", "log_legacy", "OSError"),
            "old style": ("info", "log_legacy", None),
            "from a thread": ("warn", "a.thread", None),
            f"Talks, client {client}, on_message: ValueError: as told": (
                "critical",
                "wstwist.host.Host",
                "ValueError",
            ),
        }
        for message, (level, namespace, error) in expected.items():
            line = by_message[message]
            found = (line["level"], line["namespace"], line.get("error"))
            self.assertEqual(found, (level, namespace, error), message)
            origin = [line[name] for name in ("project", "context", "client", "event")]
            self.assertEqual(origin, ["Talks", f"client {client}", client, "on_message"], message)
            if error:
                self.assertIn("Traceback (most recent call last)", line["traceback"])
        (late,) = [line for line in lines if "lasts for 0.1 s" in line["message"]]
        self.assertEqual((late["client"], late["event"]), (client, "on_message"))
        (ignored,) = [line for line in lines if "nobody waited" in line["message"]]
        self.assertEqual((ignored["project"], ignored["context"]), ("Talks", "global service"))
        self.assertIn("in nothing", ignored["traceback"])
        self.assertNotIn("not worth a line", by_message)
        (outside,) = [line for line in lines if line.get("error") == "RuntimeError"]
        self.assertIn("outside of events", outside["traceback"])
        (refused,) = [line for line in lines if line.get("error") == "LookupError"]
        self.assertEqual((refused["project"], refused["event"]), ("Talks", "on_connect"))

    def test_uncaught(self):
        """What nobody catches is one object with a traceback, marked where it is known whose it is."""
        for reactor in ("uvloop", "asyncio"):
            server = self.serve("--log-format=json", before=(f"--reactor={reactor}",))
            with connect(self.url) as client:
                client.send("uncaught")
                client.recv(timeout=10)
            until(lambda: (self.folder / "log").read_text().count("ArithmeticError") >= 4, "the errors")
            server.kill(signal.SIGTERM)
            lines = self.lines()
            self.assertFalse([line for line in lines if line["namespace"] == "stderr"])
            failed = [line for line in lines if line.get("error") == "ArithmeticError"]
            contexts = {}
            for line in failed:
                self.assertTrue(line["traceback"].startswith("Traceback (most recent call last)"))
                (said,) = re.findall(r"ArithmeticError: (.*)\n", line["traceback"])
                contexts[said] = line.get("context", "")
            self.assertEqual(len(failed), 4)
            (own,) = {context for context in contexts.values() if context}
            self.assertRegex(own, "^client ")
            self.assertEqual(
                contexts,
                {"in a thread": "", "in a finalizer": "", "in a task": own, "called by asyncio": own},
            )
            printed = [
                (line["message"], line.get("context")) for line in lines if line["namespace"] == "stdout"
            ]
            self.assertEqual(printed, [("of its own", None), ("with a copy", own)])

    def test_rotation(self):
        """A log file rotates by SIGUSR1, in this format, too."""
        (self.folder / "wstwist.toml").write_text('log_format = "json"\n')
        log = self.folder / "server.log"
        command = ("--config", str(self.folder / "wstwist.toml"))
        before = ("--logfile", str(log))
        server = Server(self.folder, "--port=0", *command, projects=("talks:Talks",), before=before, log=log)
        self.addCleanup(server.kill)
        server.start()
        server.send(signal.SIGUSR1)
        until((self.folder / "server.log.1").exists, "the rotation")
        server.kill(signal.SIGTERM)
        for name, message in (("server.log.1", "starting up"), ("server.log", "SIGTERM: stopping")):
            lines = [json.loads(line) for line in (self.folder / name).read_text().splitlines()]
            self.assertTrue(any(message in line["message"] for line in lines), name)


class Text(Served):
    """The usual format."""

    def test_lines(self):
        """What an author's code logs says from which event; a further line is indented."""
        server = self.serve()
        self.talk()
        server.kill(signal.SIGTERM)
        text = (self.folder / "log").read_text()
        origin = r"Talks, client [\w-]+, on_message: "
        for line in (
            rf"\[talks.Talks#info\] {origin}café\n\tsecond line\n",
            rf"\[stdout#info\] {origin}printed\n",
            rf"\[a.library#warn\] {origin}from a library\n",
            rf"\[a.library#error\] {origin}with a traceback\n\tTraceback",
            rf"\[-\] {origin}old style\n",
            rf"\[wstwist.host.Host#critical\] {origin}ValueError: as told\n\tTraceback",
        ):
            self.assertRegex(text, r"(?m)^[\d-]{10}T[\d:]{8}[+-]\d{4} " + line)

    def test_no_secrets(self):
        """Neither a token, nor a query, nor a payload stands in the log."""
        for options in ((), ("--log-format=json",)):
            server = self.serve(*options)
            self.talk()
            server.kill(signal.SIGTERM)
            text = (self.folder / "log").read_text()
            self.assertIn("as told", text)
            for secret in (SECRET, "token=", PAYLOAD):
                self.assertNotIn(secret, text)


class Full(Served):
    """A disk that is full."""

    def test_disk(self):
        """What a full disk takes no more is lost; when there is room the log goes on, and says so."""
        disk = SmallDisk(self)
        log = disk.folder / "server.log"
        before = ("--logfile", str(log))
        server = Server(self.folder, "--port=0", projects=("talks:Talks",), before=before, log=log)
        self.addCleanup(server.kill)
        server.start()
        disk.fill()
        with connect(f"ws://127.0.0.1:{server.port}/Talks") as client:
            for message in ("talk",) * 5:
                client.send(message)
                self.assertEqual(client.recv(timeout=10), "talked")
            self.assertNotIn("lines of the log are lost", log.read_text())
            server.send(signal.SIGUSR1)  # and it rotates, all the same
            time.sleep(0.2)
            disk.free()
            client.send("talk")
            client.recv(timeout=10)
        self.assertRegex(log.read_text(), r"\d+ lines of the log are lost: No space left on device\n")
        self.assertEqual(log.read_text().count("caf\u00e9"), 1)
        server.kill(signal.SIGTERM)

    def test_log(self):
        """A log that cannot be written stops nothing and keeps nothing; what was lost is said afterwards."""
        server = self.serve()
        number = self.folder / "log"
        self.assertIn("codec", number.read_text())
        server.kill()
        full = Server(self.folder, "--port=0", projects=("talks:Talks",), before=("--logfile=/dev/full",))
        self.addCleanup(full.kill)
        full.launch()
        port = until(lambda: listening(full.process.pid), "a port")
        with connect(f"ws://127.0.0.1:{port}/Talks") as client:
            for _ in range(50):
                client.send("talk")
                client.recv(timeout=10)
            before = memory(full.process.pid)
            for _ in range(2000):
                client.send("talk")
                client.recv(timeout=10)
            self.assertLess(memory(full.process.pid) - before, 4 * 1024)
        full.kill(signal.SIGTERM)


def listening(process: int) -> int:
    """Give the port on which a process listens, 0 while there is none."""
    try:
        ours = {str(file.readlink()) for file in Path(f"/proc/{process}/fd").iterdir()}
    except FileNotFoundError:
        return 0
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in ours:
                return int(words[1].rpartition(":")[2], 16)
    return 0


def memory(process: int) -> int:
    """Give the resident memory of a process, in KiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


class Disk:
    """An output that may be full."""

    def __init__(self) -> None:
        self.written = b""
        self.is_full = False

    def write(self, data: bytes) -> None:
        if self.is_full:
            if not self.written.endswith(b"\n"):
                raise OSError(28, "No space left on device")
            self.written += data[:10]
            raise TornLineError(28, "No space left on device")
        self.written += data


class Losing(SynchronousTestCase):
    """What is said of lines that are lost."""

    def observe(self, kind: str) -> list[str]:
        disk = Disk()
        observer = Observer(disk, FORMATS[kind])

        for text in ("one", "two", "three", "four", "five"):
            disk.is_full = text in ("two", "three")
            observer(event(text))
        return disk.written.decode().splitlines()

    def test_text(self):
        """Once there is room again, the log says how many lines are lost, and why."""
        lines = self.observe("text")
        self.assertEqual(len(lines), 5)
        self.assertTrue(lines[2].endswith("2 lines of the log are lost: No space left on device"), lines)
        self.assertTrue(lines[4].endswith("five"))

    def test_json(self):
        """Whole lines stay whole."""
        lines = self.observe("json")
        messages = [json.loads(line)["message"] for line in (lines[0], *lines[2:])]
        note = "2 lines of the log are lost: No space left on device"
        self.assertEqual(messages, ["one", note, "four", "five"])


class Lines(SynchronousTestCase):
    """Log events as lines."""

    def test_what_cannot_be_shown(self):
        """Whatever a value or an error raises when it is shown, there is a line."""

        class Bad(Exception):
            def __str__(self) -> str:
                raise ValueError("no")

            __repr__ = __str__

        disk = Disk()
        for kind in FORMATS:
            observer = Observer(disk, FORMATS[kind])
            observer(event("{bad}", bad=Bad()))
            observer({**event("fails"), "log_failure": Failure(Bad())})
            observer({**event("a lone surrogate \udc80"), "project": Bad()})
        self.assertEqual(disk.written.count(b"\n") > 5, True)

    def test_controls(self):
        """In text what would overwrite a line, end it or command a terminal is escaped; in JSON anyway."""
        said = "a\x1b[31m b\rc\u2028d\x85e\x00f\x9bg\th caf\u00e9\nforged"
        line = text_line(event("{said}", said=said))
        shown = "a\\x1b[31m b\\rc\\u2028d\\x85e\\x00f\\x9bg\th caf\u00e9\n\tforged\n"
        self.assertTrue(line.endswith(shown), line)
        self.assertEqual(json_line(event("{said}", said=said)).count("\n"), 1)
        self.assertTrue(json_line(event("{said}", said=said)).isascii())

    def test_nothing(self):
        """What says nothing is no line."""
        for line in (text_line, json_line):
            self.assertIsNone(line({"log_level": LogLevel.info, "log_time": 0.0, "log_format": None}))


class Options(SynchronousTestCase):
    """What can be asked for."""

    def test_refused(self):
        """A format that there is not, or not with another log, is refused in one line."""
        for options, log_format, daemon, expected in (
            ({}, "jsn", False, "the log's format must be text or json, not 'jsn'"),
            ({"syslog": 1}, "json", False, "the log's format cannot be json with twistd's --syslog"),
            ({"logger": "a.b"}, "json", False, "the log's format cannot be json with twistd's --logger"),
            ({"logfile": "-"}, None, True, "a daemon has no standard output to log to"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                log_output.install(options, log_format, daemon=daemon)
            self.assertIn(expected, str(caught.exception))

    def test_others(self):
        """Another log that twistd is told of stays."""
        options = {"logger": "a.b"}
        log_output.install(options, None, daemon=False)
        self.assertEqual(options, {"logger": "a.b"})


def event(text: str, **fields: Any) -> dict[str, Any]:
    """Make a log event."""
    return {
        "log_format": text,
        "log_level": LogLevel.info,
        "log_namespace": "test",
        "log_time": 0.0,
        **fields,
    }
