# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.config`: the configuration file."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial import unittest

from wstwist.config import Configuration, read
from wstwist.config_checks import line_of
from wstwist.config_projects import Plan, changed, write_changes
from wstwist.exceptions import ConfigurationError


class FileTests(unittest.TestCase):
    """Tests that write a configuration file."""

    def setUp(self):
        """Choose where the file goes."""
        self.path = Path(self.enterContext(TemporaryDirectory()), "wstwist.toml")

    def read(self, text):
        self.path.write_text(dedent(text))
        return read(self.path)

    def error(self, text):
        """Give what is said of a file, without the place."""
        error = str(self.assertRaises(ConfigurationError, self.read, text))
        self.assertRegex(error, rf"\A{re.escape(str(self.path))}(:\d+)?: [^\n]*\Z")
        return error.removeprefix(f"{self.path}:").partition(" ")[2]


class ReadTests(FileTests):
    """What a good file says."""

    def test_everything(self):
        """Every key arrives where it belongs, and paths are relative to the file."""
        configuration = self.read(
            """
            version = 1
            port = 9001
            interface = "127.0.0.1"
            tls_port = 0
            cert = "cert.pem"
            key = "/etc/key.pem"
            client_ca = "clients.pem"
            client_certificates = "optional"
            listen = ["unix:/run/chat.sock", "tcp:9002"]
            trusted_proxies = ["10.0.0.0/8", "unix"]
            reactor = "epoll"
            metrics = "tcp:9100"

            [projects.Chat]
            import = "chat:Chat"
            interval = "5 s"
            path = "/chat"
            protocols = ["chat.v1"]
            web = "web"
            compress = true
            database = "sqlite:///chat.db"
            threads = 8
            reply_timeout = false
            keep_headers = true

            [projects.Chat.limits]
            message_size = 65536

            [projects.Echo]
            import = "examples.echo:Echo"
            directory = "rooms/../echo"
            state = "blocked"
            message = "Back at nine."
            reply_timeout = 2.5
            """
        )
        folder = self.path.absolute().parent
        self.assertEqual(
            configuration,
            Configuration(
                port=9001,
                interface="127.0.0.1",
                tls_port=0,
                cert=str(folder / "cert.pem"),
                key="/etc/key.pem",
                client_ca=str(folder / "clients.pem"),
                client_certificates="optional",
                listen=("unix:/run/chat.sock", "tcp:9002"),
                trusted_proxies=("10.0.0.0/8", "unix"),
                reactor="epoll",
                metrics="tcp:9100",
                projects=(
                    Plan(
                        "Chat",
                        "chat:Chat",
                        folder,
                        settings={
                            "interval": "5 s",
                            "path": "/chat",
                            "protocols": ["chat.v1"],
                            "web": str(folder / "web"),
                            "compress": True,
                            "database": f"sqlite:///{folder / 'chat.db'}",
                            "threads": 8,
                            "reply_timeout": None,
                            "keep_headers": True,
                            "limits": {"message_size": 65536},
                        },
                    ),
                    Plan(
                        "Echo",
                        "examples.echo:Echo",
                        folder / "echo",
                        "blocked",
                        "Back at nine.",
                        {"reply_timeout": 2.5},
                    ),
                ),
            ),
        )

    def test_limits_that_are_off(self):
        """``false`` switches off a limit that can be off; for the others it is as wrong as any other word."""
        configuration = self.read(
            """
            [projects.Chat]
            import = "chat:Chat"

            [projects.Chat.limits]
            idle_time = false
            bytes_per_second = 1000
            ping_timeout = false
            """
        )
        self.assertEqual(
            configuration.projects[0].settings["limits"],
            {"idle_time": None, "bytes_per_second": 1000, "ping_timeout": False},
        )

    def test_empty(self):
        """An empty file says nothing."""
        self.assertEqual(self.read(""), Configuration())

    def test_versions(self):
        """A file of version 1 means what it meant: an empty table of projects is the demonstration."""
        for version, projects in (("version = 1\n", None), ("version = 2\n", ()), ("", ())):
            self.assertEqual(self.read(f"{version}[projects]\n").projects, projects)
        self.assertEqual(self.read('version = 1\n[projects.A]\nimport = "a:A"\n').projects[0].spec, "a:A")


class BadFileTests(FileTests):
    """What is said of a bad file: one line, with the file's name."""

    def test_missing(self):
        """A file that is not there is named."""
        error = self.assertRaises(ConfigurationError, read, self.path)
        self.assertEqual(str(error), f"{self.path}: cannot be read: No such file or directory")

    def test_folder(self):
        """A folder is no file."""
        error = self.assertRaises(ConfigurationError, read, self.path.parent)
        self.assertEqual(str(error), f"{self.path.parent}: cannot be read: Is a directory")

    def test_not_toml(self):
        """What is not TOML is told with line and column."""
        error = self.error("version = 1\nport == 9000")
        self.assertTrue(error.startswith("is not TOML: "), error)
        self.assertIn("(at line 2, column 7)", error)

    def test_not_utf8(self):
        """What is not UTF-8 is told with its place."""
        self.path.write_bytes(b"port = \xff")
        error = self.assertRaises(ConfigurationError, read, self.path)
        self.assertEqual(str(error), f"{self.path}: is not UTF-8: invalid start byte at byte 7")

    def test_too_deep(self):
        """Endless nesting is not TOML either."""
        self.assertTrue(self.error("a = " + "[" * 100_000).startswith("is not TOML: "))

    def test_unknown_key(self):
        """An unknown key is told with the nearest known one, at every level."""
        for text, expected in (
            ("prot = 1", "prot is no setting; did you mean port?"),
            (
                '[projects.Chat]\nimport = "chat:Chat"\nintervall = 1',
                "[projects.Chat] intervall is no setting; did you mean interval?",
            ),
            (
                '[projects.Chat]\nimport = "chat:Chat"\n[projects.Chat.limits]\nmesage_size = 1',
                "[projects.Chat.limits] mesage_size is no setting; did you mean message_size?",
            ),
        ):
            self.assertEqual(self.error(text), expected)

    def test_unlike_any(self):
        """A key that is like no other gets the list of them."""
        self.assertTrue(self.error("zzz = 1").startswith("zzz is no setting; there are version, port, "))

    def test_wrong_kind(self):
        """A value of a wrong kind is told with what would be right."""
        for text, expected in (
            ("version = 3", "version 3 is a newer wstwist's; this one knows versions 1 to 2"),
            ("version = 0", "version must be 1 to 2, the version of this format, not 0"),
            ("version = true", "version must be 1 to 2, the version of this format, not True"),
            ("port = '9000'", "port must be a port, 0 to 65535, not '9000'"),
            ("port = 65536", "port must be a port, 0 to 65535, not 65536"),
            ("tls_port = true", "tls_port must be a port, 0 to 65535, not True"),
            ("cert = 1", "cert must be a text, not 1"),
            ("client_ca = 1", "client_ca must be a text, not 1"),
            ("client_certificates = true", "client_certificates must be 'required' or 'optional', not True"),
            ("listen = 'tcp:1'", "listen must be a list of texts, not 'tcp:1'"),
            ("trusted_proxies = 'unix'", "trusted_proxies must be a list of texts, not 'unix'"),
            ("listen = [1]", "listen must be a list of texts, not [1]"),
            ("projects = ['Chat']", "projects must be tables, [projects.NAME], not ['Chat']"),
            (
                "projects.Chat = 'chat:Chat'",
                "projects must be tables, [projects.NAME], not {'Chat': 'chat:Chat'}",
            ),
            (
                "[projects.Chat]\nimport = 'chat:Chat'\nlimits = 1",
                "[projects.Chat] limits must be a table, not 1",
            ),
            (
                "[projects.Chat]\nimport = 'chat:Chat'\nstate = 'off'",
                "[projects.Chat] state must be 'served', 'blocked' or 'stopped', not 'off'",
            ),
            (
                f"[projects.Chat]\nimport = 'chat:Chat'\nmessage = '{'x' * 1001}'",
                "[projects.Chat] message must be a text of at most 1000 characters",
            ),
        ):
            self.assertEqual(self.error(text), expected)

    def test_import(self):
        """A project's table names the class that it is about."""
        for text in ("[projects.Chat]", '[projects.Chat]\nimport = "chat:Echo"'):
            self.assertTrue(
                self.error(text).startswith('[projects.Chat] import must name this class, as "module:Chat"')
            )

    def test_line(self):
        """The line is named, also of a key whose value takes several, and of a table that lacks one."""
        text = """# a comment
port = 9000

[projects.Chat]
import = "chat:Chat"
protocols = [
    "a",
]
{}
[projects.Chat.limits]
message_size = 1
{}
[projects.Echo]
# import is missing
"""
        for first, second, line in (
            ("intervall = 1", "", 9),
            ("state = [\n1,\n2]", "", 9),
            ("", "mesage_size = 1", 12),
            ("", "", 13),
        ):
            error = str(self.assertRaises(ConfigurationError, self.read, text.format(first, second)))
            self.assertTrue(error.startswith(f"{self.path}:{line}: "), error)

    def test_line_of_nothing(self):
        """What does not stand in a file has no line; what is below a key of it has that key's."""
        self.assertIsNone(line_of("port = 1\n", ["interface"]))
        self.assertEqual(line_of("\na.b = { c = 1 }\n", ["a", "b", "x"]), 2)


class ChangeTests(unittest.TestCase):
    """Changes of a project's settings: what they mean, and how they are written."""

    def test_alike(self):
        """What is written means what was changed, and None takes a setting out, also among the limits."""
        folder = Path("/srv")
        before = {"interval": 5, "limits": {"message_size": 1, "idle_time": 9.5}}
        for changes, expected in (
            ({"interval": None}, {"limits": before["limits"]}),
            ({"limits": {"message_size": None}}, {"interval": 5, "limits": {"idle_time": 9.5}}),
            ({"limits": {"message_size": None, "idle_time": None}}, {"interval": 5}),
            ({"limits": None, "web": None}, {"interval": 5}),
            ({"limits": {"clients": 3}}, {"interval": 5, "limits": {**before["limits"], "clients": 3}}),
            (
                {"limits": {"idle_time": False}},
                {"interval": 5, "limits": {"message_size": 1, "idle_time": None}},
            ),
            ({"reply_timeout": False}, {**before, "reply_timeout": None}),
            ({"web": "pages"}, {**before, "web": "/srv/pages"}),
            ({"protocols": ("a",)}, {**before, "protocols": ["a"]}),
        ):
            self.assertEqual(changed("Chat", before, changes, folder), expected, changes)
            table = {"import": "chat:Chat", "interval": 5, "limits": dict(before["limits"])}
            write_changes(table, changes)
            del table["import"]
            self.assertEqual(changed("Chat", {}, table, folder), expected, changes)
        self.assertEqual(before, {"interval": 5, "limits": {"message_size": 1, "idle_time": 9.5}})

    def test_wrong(self):
        """What is no setting is refused, also where it is to be taken out."""
        for changes in (
            {"thread": 1},
            {"thread": None},
            {"limits": {"mesage_size": None}},
            {"import": "a:A"},
        ):
            error = self.assertRaises(ConfigurationError, changed, "Chat", {}, changes, Path())
            self.assertIn("is no setting", str(error))
        error = self.assertRaises(ConfigurationError, changed, "Chat", {}, {"limits": [1]}, Path())
        self.assertIn("limits must be a table", str(error))
