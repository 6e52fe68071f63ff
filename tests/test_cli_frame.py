# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The frame of the command line: help, wrong command lines, where a server is, and which token is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory

import click
from twisted.trial.unittest import TestCase

from tests.command_line import CommandedCase, CommandLine
from tests.processes import ROOT
from wstwist.cli import whereabouts
from wstwist.cli.commands import COMMANDS
from wstwist.cli.framing import Command
from wstwist.cli.trouble import Trouble


class LineCase(TestCase):
    """Tests of commands that need no server."""

    def setUp(self) -> None:
        """Make a folder."""
        folder = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.line = CommandLine(self.folder)


class FrameTests(LineCase):
    """What all commands have in common."""

    def test_help_names_all_commands(self) -> None:
        """The help names each command, and says what it does, at once."""
        self.line.run("--help")
        before = getrusage(RUSAGE_CHILDREN)
        text = self.line.run("--help").stdout
        after = getrusage(RUSAGE_CHILDREN)
        taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.assertLess(taken, 0.5)  # seconds of a processor; 0.07 where nothing else runs
        for name, place in COMMANDS.items():
            self.assertRegex(text, rf"(?m)^  {name} +{place.help[:20]}")

    def test_help_needs_neither_twisted_nor_httpx(self) -> None:
        """What one command needs does not slow the others."""
        code = (
            "import sys, wstwist.cli.running; "
            "sys.exit(any(name in sys.modules for name in ('twisted', 'httpx', 'rich')))"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)

    def test_each_command_has_examples_and_json(self) -> None:
        """Each command can print JSON, ends its help with examples, and is called as the table says."""
        for name, place in COMMANDS.items():
            if not _is_there(place.module):
                continue
            command = getattr(import_module(place.module), place.name)
            self.assertIsInstance(command, Command, name)
            self.assertEqual(command.name, name)
            self.assertTrue(command.help)
            self.assertTrue(any("--json" in option.opts for option in command.params), name)
            text = command.get_help(click.Context(command, info_name=f"wstwist {name}"))
            self.assertEqual(text.rstrip().splitlines()[-1].strip(), command.examples[-1], name)

    def test_installation(self) -> None:
        """An installation has the program, and all packages of the command line."""
        settings = ConfigParser()
        settings.read(ROOT / "setup.cfg")
        program = settings["options.entry_points"]["console_scripts"].partition("=")[2].strip()
        module, _, name = program.partition(":")
        self.assertTrue(callable(getattr(import_module(module), name)))
        packages = settings["options"]["packages"].split()
        for folder in (ROOT / "wstwist" / "cli").rglob("__init__.py"):
            self.assertIn(".".join(folder.parent.relative_to(ROOT).parts), packages)

    def test_version(self) -> None:
        """The version is printed."""
        self.assertRegex(self.line.run("--version").stdout, r"^wstwist \d+\.\d+")

    def test_wrong_command_lines(self) -> None:
        """A command line that is wrong has status 2, and what is mistyped is told what was meant."""
        self.assertIn("Did you mean 'list'?", self.line.run("lsit", status=2).stderr)
        self.assertIn("No such option", self.line.run("list", "--jsno", status=2).stderr)
        self.assertIn("Missing argument 'PROJECT'", self.line.run("clients", status=2).stderr)

    def test_no_server(self) -> None:
        """Where nobody answers the line names the address, and what starts a server."""
        said = self.line.trouble("list", "--server", "http://localhost:1", WSTWIST_TOKEN="x")
        self.assertIn("nobody answers at http://localhost:1", said)
        self.assertIn("wstwist serve", said)

    def test_no_token(self) -> None:
        """Where there is no token the line names where it was looked for."""
        said = self.line.trouble("list")
        self.assertIn("$WSTWIST_TOKEN", said)
        self.assertIn(str(self.folder / "state" / "wstwist" / "wstwist.tokens"), said)
        self.assertIn("--token-file", said)

    def test_bad_files(self) -> None:
        """Files that cannot be read, or have another content, are named."""
        self.assertIn("there.json", self.line.trouble("list", "--token-file", "there.json"))
        (self.folder / "empty").write_text("{}")
        self.assertIn("there is no token in it", self.line.trouble("list", "--token-file", "empty"))
        (self.folder / "wstwist.toml").write_text("admin = ")
        self.assertIn("wstwist.toml: is no TOML", self.line.trouble("list"))
        (self.folder / "wstwist.toml").write_text('admin = "off"')
        self.assertIn('admin = "off"', self.line.trouble("list"))

    def test_token_on_a_network(self) -> None:
        """A token does not go over a network without TLS, unless that is wanted."""
        said = self.line.trouble("list", "--server", "http://ops.example.invalid:9001", WSTWIST_TOKEN="x")
        self.assertIn("ssh -L 9001:localhost:9001 ops.example.invalid", said)
        words = ("list", "--server", "http://ops.example.invalid:9001", "--insecure")
        self.assertIn("nobody answers", self.line.trouble(*words, WSTWIST_TOKEN="x"))

    def test_bad_address(self) -> None:
        """What is no address is said to be none."""
        for text in ("localhost:9001", "ftp://localhost", "http://", "http://localhost:99999", "x"):
            self.assertIn("is no address of a server", self.line.trouble("list", "--server", text))


class WhereaboutsTests(TestCase):
    """Where a configuration file says that the administration is."""

    def test_endpoints(self) -> None:
        """An endpoint's description is as good as its URL."""
        file = Path("/srv/chat/wstwist.toml")
        for endpoint, url in (
            ("9002", "http://localhost:9002"),
            ("tcp:9002", "http://localhost:9002"),
            ("tcp:9002:interface=127.0.0.1", "http://127.0.0.1:9002"),
            ("tcp:port=9002:interface=\\:\\:1", "http://[::1]:9002"),
            ("tcp6:9002", "http://localhost:9002"),
            ("fast:9443:certKey=c.pem:privateKey=k.pem", "https://localhost:9443"),
            ("ssl:9443:interface=10.0.0.1:certKey=c.pem", "https://10.0.0.1:9443"),
            ("unix:/run/admin.sock:mode=600", "unix:/run/admin.sock"),
            ("unix:admin.sock", "unix:/srv/chat/admin.sock"),
            ("unix:address=/run/a\\:b", "unix:/run/a:b"),
        ):
            self.assertEqual(whereabouts.url_of(endpoint, file), url, endpoint)
        for endpoint in ("tcp:0", "systemd:domain=INET:index=0", "tcp", "", "tcp:"):
            self.assertRaises(Trouble, whereabouts.url_of, endpoint, file)


class AskingTests(CommandedCase):
    """Where a server is, and which token is shown, with a server."""

    def test_address(self) -> None:
        """The address comes from the option, else the environment, else the configuration."""
        self.assertEqual(self.line.json("list")["projects"][0]["name"], "Chat")
        self.line.json("list", "--server", self.server.url, WSTWIST_SERVER="http://localhost:1")
        self.line.trouble("list", WSTWIST_SERVER="http://localhost:1")
        port = self.server.url.rstrip("/").rpartition(":")[2]
        other = self.server.folder / "other"
        other.mkdir(exist_ok=True)
        (other / "wstwist.toml").write_text(f'admin = "tcp:{port}:interface=127.0.0.1"')
        tokens = str(self.server.folder / "wstwist.tokens")
        self.line.json("list", "--token-file", tokens, folder=other, WSTWIST_SERVER="")
        self.line.json("list", "--token-file", tokens, "--config", "other/wstwist.toml", WSTWIST_SERVER="")

    def test_tokens(self) -> None:
        """A wrong token, and one that does not suffice, are told with where they are from."""
        said = self.line.trouble("list", WSTWIST_TOKEN="x" * 30)
        self.assertIn("does not know the token of $WSTWIST_TOKEN", said)
        reading = self.server.folder / "reading"
        reading.write_text(self.server.tokens["read"] + "\n")
        self.line.json("list", "--token-file", "reading")
        said = self.line.trouble("reload", "Chat", "--token-file", "reading")
        self.assertIn("(it is from reading)", said)
        self.assertIn("full token", said)

    def test_global_json(self) -> None:
        """--json may stand before the command, too."""
        found = json.loads(self.line.run("--json", "list").stdout)
        self.assertEqual(found["projects"][0]["name"], "Chat")

    def test_not_an_administration(self) -> None:
        """Another server than an administration is recognised."""
        said = self.line.trouble("list", "--server", f"http://127.0.0.1:{self.server.port}")
        self.assertIn("is the address right?", said)

    def test_ctrl_c(self) -> None:
        """Ctrl-C ends a command with 130, and without a traceback."""
        process = self.line.start("logs", "--follow")
        assert process.stdout is not None
        process.stdout.readline()
        self.line.interrupt(process)

    def test_completion(self) -> None:
        """Bash completes commands, options, projects and clients."""
        with self.server.client("?user=annabel"):
            self.only_client()
            for words, found in (
                ("wstwist bl", ["block"]),
                ("wstwist block C", ["Chat"]),
                ("wstwist disconnect annab", ["annabel"]),
                ("wstwist list --jso", ["--json"]),
                ("wstwist completion z", ["zsh"]),
            ):
                self.assertEqual(self.complete(words), found, words)

    def test_completion_without_a_server(self) -> None:
        """Where no server answers nothing is completed, and nothing is said."""
        self.assertEqual(self.complete("wstwist block C", WSTWIST_SERVER="http://localhost:1"), [])

    def complete(self, words: str, **variables: str) -> list[str]:
        """Press Tab in a bash."""
        before = " ".join(f"{name}={value}" for name, value in variables.items())
        script = (
            f'export {before or "A=1"}; eval "$(wstwist completion bash)"; COMP_WORDS=({words}); '
            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _wstwist_completion wstwist; "
            "printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        done = self.line.shell(script)
        self.assertEqual(done.stderr, "")
        return [line for line in done.stdout.splitlines() if line]


def _is_there(module: str) -> bool:
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return False
    return True
