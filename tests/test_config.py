# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.config`: the configuration file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial import unittest

from wstwist.config import Configuration, read
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
        error = str(self.assertRaises(ConfigurationError, self.read, text))
        self.assertTrue(error.startswith(f"{self.path}: "), error)
        self.assertNotIn("\n", error)
        return error.removeprefix(f"{self.path}: ")


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
                projects=("chat:Chat", "examples.echo:Echo"),
                settings={
                    "Chat": {
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
                    "Echo": {"reply_timeout": 2.5},
                },
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
            configuration.settings["Chat"]["limits"],
            {"idle_time": None, "bytes_per_second": 1000, "ping_timeout": False},
        )

    def test_empty(self):
        """An empty file says nothing."""
        self.assertEqual(self.read(""), Configuration())


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
            ("version = 2", "version must be 1, the version of this format, not 2"),
            ("version = true", "version must be 1, the version of this format, not True"),
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
        ):
            self.assertEqual(self.error(text), expected)

    def test_import(self):
        """A project's table names the class that it is about."""
        for text in ("[projects.Chat]", '[projects.Chat]\nimport = "chat:Echo"'):
            self.assertTrue(
                self.error(text).startswith('[projects.Chat] import must name this class, as "module:Chat"')
            )
