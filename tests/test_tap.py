# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.tap`, `wstwist.server`, `wstwist.reactors`, `wstwist.twistd_files`: without starting a process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from twisted.application.reactors import getReactorTypes
from twisted.internet import (
    reactor,  # noqa: F401 - installed before options would choose one
    selectreactor,
)
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.error import ReactorNotRunning
from twisted.internet.testing import MemoryReactorClock
from twisted.trial import unittest

from wstwist import reactors, server, tap, twistd_files
from wstwist.config import Configuration
from wstwist.config_projects import Plan
from wstwist.exceptions import ConfigurationError
from wstwist.signals import Signals


class OptionsTests(unittest.TestCase):
    """What the command line says."""

    def setUp(self):
        """Keep the search path as it was, and work where nothing is."""
        self.enterContext(mock.patch.object(sys, "path", list(sys.path)))
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def parse(self, *arguments):
        options = tap.Options()
        options.parseOptions(arguments)
        return options.configuration

    def error(self, *arguments):
        return str(self.assertRaises(SystemExit, self.parse, *arguments))

    def test_nothing(self):
        """Nothing said is nothing configured."""
        self.assertEqual(self.parse(), Configuration())

    def test_everything(self):
        """Options and projects arrive, in whichever order they stand."""
        self.assertEqual(
            self.parse(
                *("chat:Chat", "-p", "9001", "--interface", "", "echo:Echo", "--tls-port=9443"),
                *("--cert", "c", "--key", "k", "--listen", "unix:a", "--listen", "unix:b"),
                *("--client-ca", "a", "--client-certificates", "optional"),
                *("--trusted-proxy", "10.0.0.0/8", "--trusted-proxy=unix"),
                *("--metrics", "tcp:9100"),
            ),
            Configuration(
                port=9001,
                interface="",
                tls_port=9443,
                cert="c",
                key="k",
                client_ca="a",
                client_certificates="optional",
                listen=("unix:a", "unix:b"),
                trusted_proxies=("10.0.0.0/8", "unix"),
                metrics="tcp:9100",
                projects=(Plan("Chat", "chat:Chat", Path.cwd()), Plan("Echo", "echo:Echo", Path.cwd())),
            ),
        )

    def test_file(self):
        """What the command line says goes before what the file says."""
        file = self.folder / "wstwist.toml"
        file.write_text('port = 1\ninterface = "::1"\n[projects.Chat]\nimport = "chat:Chat"\ninterval = 1\n')
        self.assertEqual(
            self.parse("--config", str(file), "--port", "2"),
            Configuration(
                port=2,
                interface="::1",
                projects=(Plan("Chat", "chat:Chat", self.folder, settings={"interval": 1}),),
            ),
        )
        self.assertEqual(sys.path[:2], [str(Path.cwd()), str(self.folder)])

    def test_projects_and_file(self):
        """Projects of the command line go before the file's, with its settings, and are not kept in it."""
        file = self.folder / "wstwist.toml"
        file.write_text('[projects.Chat]\nimport = "chat:Chat"\ninterval = 1\n[projects.A]\nimport = "a:A"\n')
        for arguments, is_kept in (((), True), (("other:Chat",), False)):
            found = self.parse("--config", str(file), *arguments)
            self.assertEqual(found.is_kept, is_kept)
            self.assertEqual(found.file.path, file)
        self.assertEqual(found.projects, (Plan("Chat", "other:Chat", Path.cwd(), settings={"interval": 1}),))

    def test_current_folder(self):
        """The current folder is the first in which modules are looked for."""
        self.parse()
        self.assertEqual(sys.path[0], str(Path.cwd()))
        self.assertEqual(sys.path.count(str(Path.cwd())), 1)

    def test_no_current_folder(self):
        """A current folder that was removed is told."""
        with mock.patch.object(Path, "cwd", side_effect=FileNotFoundError):
            self.assertEqual(self.error(), "wstwist: the current folder is not there any more")

    def test_bad(self):
        """What is no option, or no value for one, is told in one line."""
        for arguments, expected in (
            (["--prot", "1"], "option --prot not recognized"),
            (["--port"], "option --port requires argument"),
            (["--port", "http"], "--port must be a port, 0 to 65535, not 'http'"),
            (["--tls-port", "65536"], "--tls-port must be a port, 0 to 65535, not '65536'"),
            (["--config", "missing.toml"], "missing.toml: cannot be read: No such file or directory"),
        ):
            self.assertEqual(self.error(*arguments), f"wstwist: {expected}")

    def test_twistds_option(self):
        """An option of twistd's is told to go before the command."""
        options = tap.Options()
        options.parent = mock.Mock(longOpt=["reactor="])
        error = str(self.assertRaises(SystemExit, options.parseOptions, ["--reactor", "epoll"]))
        self.assertEqual(
            error,
            "wstwist: option --reactor not recognized; --reactor is twistd's own: it goes before wsproject",
        )

    def test_version(self):
        """The version is that of wstwist."""
        with mock.patch("sys.stdout", StringIO()) as output:
            self.assertRaises(SystemExit, self.parse, "--version")
        self.assertRegex(output.getvalue(), r"\Awstwist \d+\.\d+\.\d+\n\Z")


class ListeningTests(unittest.TestCase):
    """Which endpoints a configuration means."""

    def listen(self, **configuration):
        memory = MemoryReactorClock()
        items = list(server._listening(Configuration(**configuration), memory))
        for endpoint, secure, is_proxied in items:
            self.assertFalse(secure or is_proxied)
            if not isinstance(endpoint, str):
                self.successResultOf(endpoint.listen(mock.Mock()))
        tcp = [(port, interface) for port, _, _, interface in memory.tcpServers]
        return tcp, [endpoint for endpoint, *_ in items if isinstance(endpoint, str)]

    def test_demonstration(self):
        """The demonstration is for this machine alone, unless an interface is named."""
        self.assertEqual(self.listen(), ([(9000, "127.0.0.1")], []))
        self.assertEqual(self.listen(interface="10.0.0.1"), ([(9000, "10.0.0.1")], []))

    def test_projects(self):
        """Projects are for everybody."""
        ((port, interface),) = self.listen(projects=(Plan("Chat", "chat:Chat", Path()),))[0]
        self.assertEqual(port, 9000)
        self.assertIn(interface, ("", "::"))

    def test_default_port(self):
        """Where an endpoint is named, nothing listens but what is named."""
        self.assertEqual(self.listen(port=1), ([(1, "127.0.0.1")], []))
        self.assertEqual(self.listen(listen=("tcp:2", "unix:a")), ([], ["tcp:2", "unix:a"]))

    def test_secure(self):
        """It is known of each endpoint in Twisted's language whether clients come over TLS."""
        listen = ("tcp:1", "ssl:2:privateKey=k", "fast:3", "fast:4:privateKey=k:certKey=c")
        behind = tuple(f"haproxy:{each}" for each in listen)
        items = list(server._listening(Configuration(listen=listen + behind), MemoryReactorClock()))
        self.assertEqual([item.secure for item in items], [False, True, False, True] * 2)
        self.assertEqual([item.is_proxied for item in items], [False] * 4 + [True] * 4)

    def test_incomplete_tls(self):
        """TLS needs port, certificate and key."""
        for part in ({"tls_port": 0}, {"cert": "c"}, {"key": "k"}, {"tls_port": 1, "cert": "c"}):
            error = self.assertRaises(ConfigurationError, self.listen, **part)
            self.assertIn("TLS needs all three", str(error))

    def test_clients_without_tls(self):
        """Clients' certificates need TLS."""
        for part in ({"client_ca": "c"}, {"client_certificates": "optional"}):
            error = self.assertRaises(ConfigurationError, self.listen, **part)
            self.assertIn("--client-ca needs --tls-port", str(error))


class URLTests(unittest.TestCase):
    """The URLs in the log."""

    def test_urls(self):
        """A URL is one that can be used on this machine, if any."""
        for address, scheme, expected in (
            (IPv4Address("TCP", "127.0.0.1", 80), "ws", "ws://localhost:80/Chat"),
            (IPv4Address("TCP", "10.0.0.1", 80), "ws", "ws://10.0.0.1:80/Chat"),
            (IPv6Address("TCP", "::", 443), "wss", "wss://localhost:443/Chat"),
            (IPv6Address("TCP", "fe80::1", 443), "wss", "wss://[fe80::1]:443/Chat"),
            (UNIXAddress(b"/run/chat.sock"), "ws", "ws+unix:/run/chat.sock:/Chat"),
        ):
            port = mock.Mock(getHost=mock.Mock(return_value=address))
            self.assertEqual(server._url(port, scheme, "/Chat"), expected)


class ReactorsTests(unittest.TestCase):
    """Choosing and naming a reactor."""

    def test_installed(self):
        """A reactor that is installed stays."""
        before = sys.modules["twisted.internet.reactor"]
        reactors.install("no such reactor")
        self.assertIs(sys.modules["twisted.internet.reactor"], before)

    def test_unknown(self):
        """A reactor that does not exist, or not here, is told."""
        modules = {name: module for name, module in sys.modules.items() if name != "twisted.internet.reactor"}
        here = "win32" if sys.platform != "win32" else "epoll"
        with mock.patch.dict(sys.modules, modules, clear=True):
            error = self.assertRaises(ConfigurationError, reactors.install, "epol")
            self.assertEqual(str(error), "no reactor 'epol'; did you mean epoll?")
            error = self.assertRaises(ConfigurationError, reactors.install, here)
            self.assertTrue(str(error).startswith(f"the reactor {here!r} cannot run here: "), error)

    def test_without_uvloop(self):
        """Where uvloop is not installed, asyncio's own loop does it."""
        with mock.patch.dict(sys.modules, {"uvloop": None}):
            loop = reactors.new_loop()
        self.addCleanup(loop.close)
        self.assertIsInstance(loop, asyncio.SelectorEventLoop)
        self.assertEqual(reactors.describe(mock.Mock(_asyncioEventloop=loop)), "asyncio reactor on asyncio")

    def test_named_uvloop(self):
        """The reactor on uvloop can be named; without uvloop it is told in one line what is missing."""
        (kind,) = (kind for kind in getReactorTypes() if kind.shortName == "uvloop")
        with mock.patch.dict(sys.modules, {"uvloop": None}):
            error = str(self.assertRaises(SystemExit, kind.install))
        self.assertEqual(error, "wstwist: --reactor=uvloop needs uvloop: pip install wstwist[fast]")

    def test_daemon_with_kqueue(self):
        """A daemon has no kqueue, which would not live on in it."""
        with mock.patch("selectors.KqueueSelector", create=True):
            loop = reactors.new_loop(daemon=True)
        self.addCleanup(loop.close)
        self.assertEqual(type(loop._selector).__name__, "PollSelector")

    def test_describe(self):
        """A reactor is named as people name it."""
        loop = reactors.new_loop()
        self.addCleanup(loop.close)
        on_loop = mock.Mock(spec=AsyncioSelectorReactor, _asyncioEventloop=loop)
        self.assertRegex(reactors.describe(on_loop), r"\Aasyncio reactor on (uvloop|asyncio)\Z")
        self.assertEqual(
            reactors.describe(selectreactor.SelectReactor.__new__(selectreactor.SelectReactor)),
            "select reactor",
        )


class TwistdFilesTests(unittest.TestCase):
    """The pid file and the log file."""

    def setUp(self):
        """Choose where they are."""
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.pid_file = self.folder / "twistd.pid"

    def is_kept(self, content):
        self.pid_file.write_text(content)
        twistd_files.prepare({"pidfile": str(self.pid_file), "logfile": "-"}, daemon=False)
        return self.pid_file.exists()

    def start(self, *arguments):
        """Start a process that waits, with these arguments."""
        wait = "import sys; print(flush=True); sys.stdin.read()"
        process = subprocess.Popen(
            [sys.executable, "-c", wait, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.enterContext(process)
        process.stdout.readline()
        return str(process.pid)

    def test_stale(self):
        """A pid file is removed that is empty, of this very process, or of another program."""
        for content in ("", str(os.getpid()), self.start("/home/wstwist/bin/other")):
            self.assertFalse(self.is_kept(content), content)

    def test_alive(self):
        """A pid file is kept that may be a twistd's, or is nothing of the kind."""
        for content in (self.start("twistd"), "not a number"):
            self.assertTrue(self.is_kept(content), content)

    def test_own(self):
        """At the end the file goes, unless it is another process's by now."""
        for number, is_kept in ((os.getpid(), False), (os.getpid() + 1, True)):
            self.pid_file.write_text(str(number))
            twistd_files.remove_own(self.pid_file)
            self.assertEqual(self.pid_file.exists(), is_kept)
        twistd_files.remove_own(None)
        twistd_files.remove_own(self.folder / "missing")

    def test_cannot_write(self):
        """A daemon needs its files, a server in the foreground does without a pid file."""
        place = self.folder / "missing"
        options = {"pidfile": str(place / "pid")}
        self.assertIn("the pid file", str(self.prepare_error(options, daemon=True)))
        twistd_files.prepare(options, daemon=False)
        self.assertEqual(options["pidfile"], "")
        self.assertIn("the log file", str(self.prepare_error({"logfile": str(place / "log")}, daemon=False)))
        twistd_files.prepare({"logfile": str(place / "log"), "syslog": True}, daemon=True)

    def prepare_error(self, options, *, daemon):
        return self.assertRaises(ConfigurationError, twistd_files.prepare, options, daemon=daemon)


class SignalsTests(unittest.TestCase):
    """What signals do, without any being sent."""

    def setUp(self):
        """Make the handlers of a reactor in memory, and keep those that are installed."""
        self.reactor = mock.Mock()
        self.reactor.callFromThread = lambda call, *arguments: call(*arguments)
        self.exits = []
        self.cleaned = []
        self.signals = Signals(self.reactor, lambda: self.cleaned.append(True), self.exits.append)
        self.start_thread = self.enterContext(mock.patch("_thread.start_new_thread"))

    def send(self, number=signal.SIGTERM):
        self.signals._on_stop(number, None)

    def end_of_time(self):
        with mock.patch("time.sleep"):
            self.signals._watch()

    def test_first(self):
        """The first signal stops the reactor and sees that it ends."""
        self.send()
        self.reactor.stop.assert_called_once_with()
        self.start_thread.assert_called_once()
        self.assertEqual(self.exits, [])

    def test_second(self):
        """The second signal ends the process at once, with 1."""
        self.send()
        self.send(signal.SIGINT)
        self.assertEqual((self.exits, self.cleaned), ([1], [True]))

    def test_stopped_already(self):
        """A reactor that is stopping already may be stopped again."""
        self.reactor.stop.side_effect = ReactorNotRunning
        self.send()
        self.assertEqual(self.exits, [])

    def test_time_is_over(self):
        """When the time is over it ends: with 1, or with 0 where only threads are left."""
        self.send()
        self.end_of_time()
        (_, _, stopped), _ = self.reactor.addSystemEventTrigger.call_args
        stopped()
        self.end_of_time()
        self.assertEqual(self.exits, [1, 0])

    def test_install(self):
        """SIGINT is taken over from Twisted, and from nobody else."""
        for handler, is_taken in ((self.reactor.sigInt, True), (signal.SIG_IGN, False)):
            with (
                mock.patch("signal.getsignal", return_value=handler),
                mock.patch("signal.signal") as install,
            ):
                self.signals.install(1.0)
            numbers = {call.args[0] for call in install.call_args_list}
            self.assertEqual(signal.SIGINT in numbers, is_taken)
            self.assertIn(signal.SIGTERM, numbers)
