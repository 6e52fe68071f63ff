# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``twistd wsproject`` and ``python -m wstwist``, as processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from threading import Timer

from twisted.trial import unittest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect, unix_connect

import wstwist
from wstwist.certificate import ensure

ROOT = Path(wstwist.__file__).parents[1]
LONG = 20.0
"""Seconds after which a process that should have done something is given up."""

CHAT = """
import time
from wstwist import Limits, Project

class Chat(Project):
    interval = "5 s"
    limits = Limits(drain_time=0.3)

    async def on_message(self, client, message):
        if message == "hold the reactor":
            client.send("held")
            self.hold = True
            from twisted.internet import reactor
            reactor.callLater(0.1, time.sleep, 60)
        else:
            client.send(message)

    def on_service_stop(self):
        print("the service has stopped")
"""

BAD = {
    "fails.py": "import json\n\njson.loads('{')\n",
    "needs.py": "import nothing_of_the_kind\n",
    "bad.py": """
        import threading
        from wstwist import Project

        class Interval(Project):
            interval = 0.5

        class Globals(Project):
            lock = threading.Lock()

        class Names(Project):
            connected_clients = 1

        class Database(Project):
            database = "no url"

        class Other: ...
    """,
    "more.py": "from wstwist import Project\nclass Chat(Project): ...\n",
    "keys.toml": '[projects.Chat]\nimport = "chat:Chat"\nintervall = 1\n',
    "reactor.toml": 'reactor = "epol"\n',
    "not.pem": "not a certificate\n",
}


def environment(folder):
    """Give the environment of processes: one in which wstwist is found if it is not installed."""
    installed = any(Path(sysconfig.get_path("purelib")).glob("wstwist-*.dist-info"))
    found = {} if installed else {"PYTHONPATH": str(ROOT)}
    return os.environ | found | {"WSTWIST_DEMO_DATABASE": f"sqlite:///{folder}/demo.db"}


def twistd_script():
    """Give the command that users type."""
    return str(Path(sys.executable).with_name("twistd"))


def wait_for(condition, what):
    """Wait until a condition holds, and give what it gives."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def is_alive(number):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


class Server:
    """A server in the foreground.

    Args:
        command: How it is started; it must log the URL of a project Chat.
    """

    def __init__(self, command, folder):
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""

    @property
    def urls(self):
        """Give the URLs that the log names."""
        return re.findall(r"wss?://\S+/\w+", self.log)

    def read_until(self, text):
        """Read the log until a text stands in it."""
        watchdog = Timer(LONG, self.process.kill)
        watchdog.start()
        while text not in self.log:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"no {text!r}:\n{self.log}\n{self.process.stderr.read()}")
            self.log += line
        watchdog.cancel()

    def up(self):
        """Wait until it can be used."""
        self.read_until("codec: ")
        return self

    def send_signal(self, name):
        self.process.send_signal(getattr(signal, name))

    def end(self):
        """Wait for the end; give exit status, errors and seconds."""
        began = time.monotonic()
        output, errors = self.process.communicate(timeout=LONG)
        self.log += output
        return self.process.returncode, errors, time.monotonic() - began

    def kill(self):
        with self.process:  # which closes its pipes, too
            self.process.kill()


class CommandTests(unittest.TestCase):
    """Tests in a folder with modules of projects."""

    timeout = 120

    def setUp(self):
        """Make the folder."""
        self.folder = Path(self.enterContext(TemporaryDirectory())).resolve()
        for name, text in {"chat.py": CHAT, **BAD}.items():
            (self.folder / name).write_text(dedent(text))

    def start(self, *arguments, command=(), before=(), folder=None):
        """Start a server on a free port; `Server.up` waits for it."""
        command = command or [twistd_script(), "-n", *before, "wsproject", "--port", "0"]
        server = Server([*command, *arguments], folder or self.folder)
        self.addCleanup(server.kill)
        return server

    def up(self, *arguments, **keywords):
        """Start a server, and wait until it can be used."""
        return self.start(*arguments, **keywords).up()

    def run_command(self, *arguments, before=("--nodaemon",), folder=None):
        """Run a command to its end."""
        return subprocess.run(
            [twistd_script(), *before, "wsproject", *arguments],
            cwd=folder or self.folder,
            env=environment(self.folder),
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )

    def assert_refused(self, cases, **keywords):
        """Each of the commands ends with status 1 and exactly this line, which may be a pattern."""
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(lambda arguments: self.run_command(*arguments, **keywords), cases))
        for process, (arguments, expected) in zip(ended, cases.items(), strict=True):
            self.assertEqual((process.returncode, process.stdout), (1, ""), (arguments, process))
            self.assertRegex(process.stderr, rf"\Awstwist: [^\n]*{expected}[^\n]*\n\Z", arguments)


class RefusedTests(CommandTests):
    """Bad input: one line, status 1."""

    def test_projects(self):
        """A project that cannot be served is told."""
        self.assert_refused(
            {
                ("chat",): "'chat' is not of the form MODULE:CLASS; did you mean chat:Chat",
                ("caht:Chat",): f"no module 'caht' in {self.folder} .*did you mean chat",
                ("fails:Chat",): r"fails cannot be imported: fails.py:3: json.decoder.JSONDecodeError: .*",
                ("needs:Chat",): r"needs.py:1: no module 'nothing_of_the_kind' is installed",
                ("chat:Caht",): r"no class 'Caht' in chat \(chat.py\); did you mean Chat",
                ("bad:Other",): "bad:Other is not a project",
                ("chat:Chat", "more:Chat"): "two projects have the name Chat: chat:Chat and more:Chat",
                ("bad:Interval",): r"Interval.interval: 0.5 is a float: write '500 ms'",
                ("bad:Globals",): "Globals.lock, a threading.[Ll]ock, cannot be copied for each context",
                ("bad:Names",): "Names.connected_clients: the name belongs to wstwist",
                ("bad:Database",): "Database.database: ",
            }
        )

    def test_options(self):
        """Options and files that mean nothing are told."""
        self.assert_refused(
            {
                ("--prot", "1"): "option --prot not recognized",
                ("--reactor=epoll",): "--reactor is twistd's own: it goes before wsproject",
                ("--port", "http"): "--port must be a port, 0 to 65535, not 'http'",
                ("--config", "missing.toml"): "missing.toml: cannot be read: No such file or directory",
                ("--config", "keys.toml"): (
                    r"keys.toml:3: \[projects.Chat\] intervall is no setting; did you mean interval"
                ),
                ("--config", "reactor.toml"): "no reactor 'epol'; did you mean epoll",
            }
        )

    def test_endpoints(self):
        """Places at which it cannot listen are told, before anything is logged."""
        one, other = ensure(self.folder / "one"), ensure(self.folder / "other")
        tls = ("--tls-port", "0", "--cert")
        good = (*tls, str(one.cert), "--key", str(one.key))
        with socket.create_server(("127.0.0.1", 0)) as used:
            port = used.getsockname()[1]
            self.assert_refused(
                {
                    ("chat:Chat", "--listen", "nonsense:1"): "'nonsense:1' is no endpoint",
                    ("chat:Chat", "--listen", "tcp:99999"): "65535",
                    ("chat:Chat", "--listen", f"tcp:{port}:interface=127.0.0.1"): f"{port}.* is in use",
                    ("chat:Chat", "--port", str(port)): f"{port} .*is in use",
                    ("chat:Chat", "--port", "0", "--interface", "192.0.2.1"): "no such address",
                    ("chat:Chat", "--tls-port", "0"): "TLS needs all three",
                    ("chat:Chat", *tls, "missing.pem", "--key", str(one.key)): "missing.pem",
                    ("chat:Chat", *tls, str(one.cert), "--key", "missing.pem"): "missing.pem",
                    ("chat:Chat", *tls, "not.pem", "--key", str(one.key)): "not.pem is no certificate",
                    ("chat:Chat", "--client-ca", str(one.cert)): "--client-ca needs --tls-port",
                    ("chat:Chat", *good, "--client-ca", "missing.pem"): "client CA missing.pem is not there",
                    ("chat:Chat", *good, "--client-ca", "not.pem"): "client CA not.pem is no certificate",
                    ("chat:Chat", *good, "--client-ca", str(one.cert)): "which is no CA",
                    ("chat:Chat", *good, "--client-certificates", "optional"): "need a client CA",
                    ("chat:Chat", "--listen", "haproxy:nonsense:1"): "'nonsense:1' is no endpoint",
                    ("chat:Chat", "--listen", f"fast:0:clientCA={one.cert}"): "needs privateKey and certKey",
                    (
                        "chat:Chat",
                        *tls,
                        str(one.cert),
                        "--key",
                        str(other.key),
                    ): "does not belong to the certificate",
                }
            )

    def test_daemon(self):
        """A daemon's errors are told before it goes to the background."""
        place = self.folder / "missing" / "file"
        self.assert_refused({("caht:Chat",): "no module 'caht'"}, before=())
        self.assert_refused({(): "the pid file .* cannot be written"}, before=("--pidfile", str(place)))
        self.assert_refused({(): "the log file .* cannot be written"}, before=("--logfile", str(place)))
        self.assertEqual(list(self.folder.glob("twistd*")), [])

    def test_help(self):
        """Help and version are no errors."""
        for option, expected in (
            ("--help", "MODULE:CLASS"),
            ("--version", f"wstwist {wstwist.__version__}\n"),
        ):
            process = self.run_command(option)
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            self.assertIn(expected, process.stdout)


class ForegroundTests(CommandTests):
    """Serving in the foreground, and the end of it."""

    def assert_echo(self, url, **keywords):
        with connect(url, open_timeout=LONG, **keywords) as client:
            client.send("hello")
            self.assertEqual(client.recv(timeout=LONG), "hello")

    def assert_stops(self, server, name="SIGTERM"):
        server.send_signal(name)
        status, errors, took = server.end()
        self.assertEqual((status, errors), (0, ""), server.log)
        self.assertLess(took, 5)
        self.assertIn(f"{name}: stopping", server.log)
        self.assertIn("the service has stopped", server.log)

    def test_reactors(self):
        """It serves, stops when it is asked to although it is idle, and says what it runs on."""
        cases = [
            ((), "asyncio reactor on uvloop, aiofastnet's transports;"),
            (("--reactor=uvloop",), "asyncio reactor on uvloop, aiofastnet's transports;"),
            (("--reactor=asyncio",), "asyncio reactor on asyncio, aiofastnet's transports;"),
            (("--reactor=epoll",), "epoll reactor, Twisted's transports;"),
            (("--reactor=select",), "select reactor, Twisted's transports;"),
        ]
        servers = [self.start("chat:Chat", before=("--pidfile=", *before)) for before, _ in cases]
        for server, (_, name) in zip(servers, cases, strict=True):
            self.assertIn(name, server.up().log)
            self.assertIn("global service every 5 s", server.log)
            (url,) = server.urls
            self.assert_echo(url)
            self.assertFalse((self.folder / "twistd.pid").exists())
            self.assert_stops(server)

    def test_everywhere(self):
        """It listens on TCP, TLS and a Unix socket at once, as a configuration file says."""
        pair = ensure(self.folder / "tls")
        (self.folder / "wstwist.toml").write_text(
            dedent(
                """
                port = 0
                interface = "127.0.0.1"
                tls_port = 0
                cert = "tls/cert.pem"
                key = "tls/key.pem"
                listen = ["unix:chat.sock"]
                [projects.Chat]
                import = "chat:Chat"
                interval = 1500
                path = "/talk"
                """
            )
        )
        server = self.up("--config", "wstwist.toml", command=[sys.executable, "-m", "wstwist"])
        self.assertIn("global service every 1.5 s", server.log)
        plain, secure = server.urls
        self.assertRegex(plain, r"\Aws://localhost:\d+/talk\Z")
        self.assert_echo(plain)
        like_browsers = ssl.create_default_context(cafile=str(pair.cert))
        like_browsers.set_alpn_protocols(["h2", "http/1.1"])
        self.assert_echo(secure, ssl=like_browsers)
        with unix_connect(str(self.folder / "chat.sock"), "ws://localhost/talk") as client:
            client.send("hello")
            self.assertEqual(client.recv(timeout=LONG), "hello")
        server.send_signal("SIGHUP")
        server.read_until("reloaded: nothing has changed")
        self.assert_stops(server, "SIGINT")

    def test_clients_are_told(self):
        """Clients are closed with 1001 when it stops."""
        server = self.up("chat:Chat")
        with connect(server.urls[0]) as client:
            self.assert_echo(server.urls[0])
            self.assertEqual((self.folder / "twistd.pid").read_text(), str(server.process.pid))
            self.assert_stops(server)
            error = self.assertRaises(ConnectionClosed, client.recv, timeout=LONG)
            self.assertEqual(error.rcvd.code, 1001)
        self.assertFalse((self.folder / "twistd.pid").exists())

    def hold(self, server):
        """Have something hold a server's reactor, and ask it to stop."""
        with connect(server.up().urls[0], close_timeout=0.1) as client:
            client.send("hold the reactor")
            client.recv(timeout=LONG)
            time.sleep(0.3)
            server.send_signal("SIGTERM")
        self.assertIsNone(server.process.poll())

    def test_held(self):
        """A held reactor is left in bounded time with 1, or at once when a second signal comes."""
        pid_file = self.folder / "a.pid"
        patient = self.start("chat:Chat", before=("--pidfile=",))
        impatient = self.start("chat:Chat", before=("--pidfile", str(pid_file)))
        self.hold(patient)
        began = time.monotonic()
        self.hold(impatient)
        impatient.send_signal("SIGINT")
        status, errors, took = impatient.end()
        self.assertEqual((status, errors), (1, ""))
        self.assertLess(took, 1)
        self.assertFalse(pid_file.exists())
        status, errors, _ = patient.end()
        self.assertEqual((status, errors), (1, ""))
        self.assertLess(time.monotonic() - began, 7)
        self.assertIn("Not stopped within 5.3 s", patient.log)

    def test_killed(self):
        """After SIGKILL it starts again, whoever has its process id by then."""
        server = self.up("chat:Chat")
        server.kill()
        pid_file = self.folder / "twistd.pid"
        self.assertEqual(pid_file.read_text(), str(server.process.pid))
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as another:
            self.addCleanup(another.kill)
            for content in (str(server.process.pid), str(another.pid)):
                pid_file.write_text(content)
                self.assert_stops(self.up("chat:Chat"))
            another.communicate(b"\n")

    def test_folder_that_cannot_be_written(self):
        """In the foreground it needs no folder to write to."""
        folder = self.folder / "closed"
        folder.mkdir()
        (folder / "chat.py").write_text(CHAT)
        folder.chmod(0o555)
        if os.access(folder, os.W_OK):  # root may write everywhere but where there is nothing to write
            (self.folder / "wstwist.toml").write_text('[projects.Chat]\nimport = "chat:Chat"\n')
            server = self.up("--config", str(self.folder / "wstwist.toml"), folder="/proc")
        else:
            server = self.up("chat:Chat", folder=folder)
        self.assert_echo(server.urls[0])
        self.assert_stops(server)


class DaemonTests(CommandTests):
    """Serving in the background."""

    def test_reactors(self):
        """A daemon serves, on each reactor, and takes its pid file with it when it ends."""
        for reactor in ((), ("--reactor=uvloop",), ("--reactor=asyncio",), ("--reactor=epoll",)):
            self.serve_and_stop(reactor)

    def serve_and_stop(self, reactor):
        pid_file, log_file = self.folder / "a.pid", self.folder / "a.log"
        before = (*reactor, "--pidfile", str(pid_file), "--logfile", str(log_file))
        process = self.run_command("--port", "0", "chat:Chat", before=before)
        self.assertEqual((process.returncode, process.stdout, process.stderr), (0, "", ""))
        number = int(pid_file.read_text())
        self.addCleanup(lambda: is_alive(number) and os.kill(number, signal.SIGKILL))
        wait_for(lambda: "codec: " in log_file.read_text(), "the log's first lines")
        with connect(re.search(r"ws://\S+/\w+", log_file.read_text())[0]) as client:
            client.send("hello")
            self.assertEqual(client.recv(timeout=LONG), "hello")
        os.kill(number, signal.SIGTERM)
        wait_for(lambda: not is_alive(number), "the end")
        self.assertFalse(pid_file.exists())
        self.assertIn("the service has stopped", log_file.read_text())
        log_file.unlink()


class DemonstrationTests(CommandTests):
    """What is served when nothing is named."""

    def test_demonstration(self):
        """Without a project the demonstration is served, on this machine alone."""
        server = self.up()
        self.assertRegex(server.urls[0], r"\Aws://localhost:\d+/Demo\Z")
        port = int(server.urls[0].split(":")[2].split("/")[0])
        with connect(server.urls[0]):
            pass
        with socket.socket() as probe:
            self.assertRaises(OSError, probe.connect, ("127.0.0.2", port))
        server.send_signal("SIGTERM")
        self.assertEqual(server.end()[0], 0, server.log)
