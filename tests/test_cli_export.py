# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist export`` and ``wstwist import``: a server that runs goes elsewhere, whole."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import tomllib
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.administered import CONFIGURATION, Server
from tests.command_line import CommandedCase
from tests.commanded import Serving
from tests.processes import PATIENCE, until

NOTES = """
from pathlib import Path

from sqlalchemy import text
from wstwist import Project

class Notes(Project):
    web = "web"

    def on_message(self, client, message):
        self.db.execute(text("CREATE TABLE IF NOT EXISTS notes (line TEXT, number INTEGER)"))
        self.db.execute(text("INSERT INTO notes VALUES (:line, 1)"), {"line": message})
        self.db.execute(text("INSERT INTO notes VALUES (:line, 2)"), {"line": message})
        self.db.commit()
        client.send(str(self.db.scalar(text("SELECT count(*) FROM notes"))))

class Outside(Project):
    database = f"sqlite:///{Path(__file__).parent}/outside.db"

    def on_message(self, client, message):
        client.send(self.db.get_bind().engine.url.database)
"""

TOML = f"""{CONFIGURATION}
[projects.Notes]  # of everybody
import = "notes:Notes"
directory = "notes"
database = "sqlite:///data/notes.db"

[projects.Outside]
import = "outside:Outside"
directory = "{{outside}}"
"""

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"


class ExportedCase(CommandedCase):
    """Tests of a server with two folders, one of them elsewhere, and databases."""

    outside: Path

    @classmethod
    def make(cls, folder: Path) -> Server:
        """Make the server, and much beside it that nobody wants elsewhere."""
        cls.outside = folder / "elsewhere"
        here = folder / "here"
        for name, content in {
            "here/notes/notes.py": NOTES,
            "here/notes/web/index.html": "<p>hello",
            "here/notes/tls.pem": KEY,
            "here/notes/key.json": json.dumps({"private_key": KEY}),
            "here/notes/secret.key": "x",
            "here/notes/.git/config": "x",
            "here/notes/.venv/pyvenv.cfg": "x",
            "here/notes/__pycache__/notes.pyc": "x",
            "here/notes/twistd.log": "x",
            "here/notes/prints_keys.py": 'print("-----BEGIN PRIVATE KEY-----")',
            "here/data/.keep": "",
            "elsewhere/outside.py": NOTES,
        }.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        (here / "notes" / "link.py").symlink_to("notes.py")
        return Server(here, configuration=TOML.format(outside=cls.outside))

    def export(self, *options: str) -> tuple[dict[str, Any], zipfile.ZipFile]:
        """Export the server, and give what is said, and the archive."""
        told = self.line.json("export", "out.zip", "--yes", *options)
        archive = zipfile.ZipFile(self.server.folder / "out.zip")
        self.addCleanup(archive.close)
        return told, archive

    def say(self, port: int, project: str, message: str) -> Any:
        """Send a message, and give the answer."""
        with connect(f"ws://127.0.0.1:{port}/{project}", proxy=None) as client:
            client.send(message)
            return client.recv(PATIENCE)


class ExportTests(ExportedCase):
    """What is in an archive, and what is not."""

    def test_what_is_in_it(self) -> None:
        """Configuration and projects are in it; secrets, caches, data and links are not, and why."""
        self.say(self.server.port, "Notes", "hello")
        told, archive = self.export()
        names = archive.namelist()
        for name in (
            *("wstwist.toml", "chat.py", "notes/notes.py", "notes/web/index.html", "notes/prints_keys.py"),
            *("projects/Outside/outside.py", "wstwist-export.json"),
        ):
            self.assertIn(name, names)
        why = {each["name"]: each["why"] for each in told["left_out"]}
        for name, reason in (
            ("wstwist.tokens", "tokens"),
            ("notes/tls.pem", "private key"),
            ("notes/key.json", "private key"),
            ("notes/secret.key", "private key"),
            ("notes/.git", "version control"),
            ("notes/.venv", "virtual environment"),
            ("notes/__pycache__", "cache"),
            ("notes/twistd.log", "no use"),
            ("notes/link.py", "symbolic link"),
            ("data/notes.db", "database"),
        ):
            self.assertFalse([each for each in names if each.startswith(name)], name)
            self.assertIn(reason, why[name])
        content = b"".join(archive.read(name) for name in names)
        for token in self.server.tokens.values():
            self.assertNotIn(token.encode(), content)
        manifest = json.loads(archive.read("wstwist-export.json"))
        self.assertEqual(manifest["left_out"], told["left_out"])
        self.assertEqual(manifest["files"], len(names) - 1)
        self.assertEqual((told["data"], manifest["format"]), (False, 1))
        self.assertEqual((self.server.folder / "out.zip").stat().st_mode & 0o077, 0)

    def test_configuration(self) -> None:
        """Comments stay, and paths are those in the archive."""
        _, archive = self.export("--data")
        text = archive.read("wstwist.toml").decode()
        self.assertIn("# the administration's comment", text)
        self.assertIn('import = "chat:Chat"  # the chat', text)
        self.assertIn("[projects.Notes]  # of everybody", text)
        projects = tomllib.loads(text)["projects"]
        self.assertEqual(projects["Chat"], {"import": "chat:Chat", "reply_timeout": "1 s"})
        self.assertEqual(projects["Notes"]["directory"], "notes")
        self.assertEqual(projects["Notes"]["database"], "sqlite:///data/notes.db")
        self.assertEqual(projects["Outside"]["directory"], "projects/Outside")
        self.assertEqual(projects["Outside"]["database"], "sqlite:///projects/Outside/outside.db")

    def test_database_in_use(self) -> None:
        """A database is in it as it is at one moment, while somebody writes to it."""
        is_over = threading.Event()

        def write() -> None:
            with connect(f"ws://127.0.0.1:{self.server.port}/Notes", proxy=None) as client:
                while not is_over.is_set():
                    client.send("x" * 1000)
                    client.recv(PATIENCE)

        self.say(self.server.port, "Notes", "hello")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(3):
                _, archive = self.export("--data")
                path = self.server.folder / "copy.db"
                path.write_bytes(archive.read("data/notes.db"))
                with closing(sqlite3.connect(path)) as database:
                    self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
                    counts = [
                        database.execute(f"SELECT count(*) FROM notes WHERE number = {n}").fetchone()[0]
                        for n in (1, 2)
                    ]
                self.assertEqual(counts[0], counts[1])
                self.assertGreater(counts[0], 0)
                self.assertNotIn("data/notes.db-wal", archive.namelist())
        finally:
            is_over.set()
            writer.join(PATIENCE)

    def test_elsewhere(self) -> None:
        """What was exported is imported into another folder, and serves there, with its data."""
        self.say(self.server.port, "Notes", "hello")
        before = int(self.say(self.server.port, "Notes", "again"))
        self.say(self.server.port, "Outside", "where")
        self.export("--data")
        self.assertIn(
            "serve it: cd there && wstwist serve\n", self.line.run("import", "out.zip", "there").stdout
        )
        there = self.server.folder / "there"
        self.assertFalse((there / "wstwist.tokens").exists())
        serving = Serving(there, "--port=0", "--admin=tcp:0:interface=127.0.0.1")
        self.addCleanup(serving.kill)
        serving.wait_for("Outside at ws://")
        found = re.search(r"Notes at ws://\S+:(\d+)/", serving.said)
        assert found is not None, serving.said
        port = int(found[1])
        self.assertEqual(int(self.say(port, "Notes", "there")), before + 2)
        self.assertEqual(
            Path(self.say(port, "Outside", "where")).resolve(),
            (there / "projects" / "Outside" / "outside.db").resolve(),
        )
        self.assertEqual(int(self.say(self.server.port, "Notes", "here")), before + 2)
        serving.wait_for("administration at ")
        new = json.loads((there / "wstwist.tokens").read_text())
        self.assertNotEqual(new, self.server.tokens)
        url = re.search(r"administration at (\S+);", serving.said)
        assert url is not None
        projects = self.line.json(
            *("list", "--server", url[1].rstrip("/"), "--token-file", str(there / "wstwist.tokens"))
        )["projects"]
        self.assertEqual([each["name"] for each in projects], ["Chat", "Notes", "Outside"])
        self.assertEqual(serving.stop(), 0)

    def test_replacing(self) -> None:
        """A file that is there is replaced only with --yes; a folder that is not empty likewise."""
        self.export()
        self.assertIn("say --yes", self.line.trouble("export", "out.zip"))
        self.line.run("import", "out.zip", "twice")
        (self.server.folder / "twice" / "chat.py").write_text("mine")
        self.assertIn("say --yes", self.line.trouble("import", "out.zip", "twice"))
        self.assertEqual((self.server.folder / "twice" / "chat.py").read_text(), "mine")
        (self.server.folder / "twice" / "mine.py").write_text("mine")
        told = self.line.json("import", "out.zip", "twice", "--yes")
        self.assertIn("class Chat", (self.server.folder / "twice" / "chat.py").read_text())
        self.assertEqual((self.server.folder / "twice" / "mine.py").read_text(), "mine")
        self.assertEqual(told["folder"], "twice")
        self.assertEqual(told["configuration"], "twice/wstwist.toml")
        self.assertEqual([each["name"] for each in told["projects"]], ["Chat", "Notes", "Outside"])

    def test_text(self) -> None:
        """People are told what is in it, and what is not, with each reason once."""
        text = self.line.run("export", "out.zip", "--yes").stdout
        self.assertRegex(text, r"\Aout\.zip: Chat, Notes, Outside; \d+ files, [\d.]+ KiB\n")
        self.assertRegex(text, r"(?m)^without .*: it has a private key$")
        self.assertEqual(text.count("it has a private key"), 1)

    def test_where_it_cannot_be_written(self) -> None:
        """A file that cannot be written is one line, and nothing is left."""
        self.assertIn("nowhere/x.zip: cannot be written", self.line.trouble("export", "nowhere/x.zip"))
        (self.server.folder / "reading").write_text(self.server.tokens["read"])
        said = self.line.trouble("export", "new.zip", "--token-file", "reading")
        self.assertIn("full token", said)
        self.assertEqual([*self.server.folder.glob("*new.zip*")], [])

    def test_the_api(self) -> None:
        """The answer is a zip file with its length; HEAD has the same head; others are refused."""
        answer = self.full.get("/api/v1/export")
        self.assertEqual(answer.headers["content-type"], "application/zip")
        self.assertEqual(int(answer.headers["content-length"]), len(answer.content))
        self.assertIn("wstwist-export.zip", answer.headers["content-disposition"])
        self.assertEqual(self.full.head("/api/v1/export").content, b"")
        self.check(self.read.get("/api/v1/export"), 403)
        self.assertIn("true or false", self.get("export", 400, data="yes")["detail"])
        until(lambda: "exported the server" in self.server.log.read_text(), "the log")

    def test_a_broken_configuration(self) -> None:
        """A file that has become wrong is named with its line."""
        path = self.server.folder / "wstwist.toml"
        text = path.read_text()
        self.addCleanup(path.write_text, text)
        path.write_text(text + "\nprot = 3\n")
        self.assertIn("wstwist.toml:", self.line.trouble("export", "new.zip"))

    def test_examples(self) -> None:
        """The examples of the help do what they say."""
        for command in ("export", "import"):
            for example in self.line.examples(command):
                self.line.shell(example)


class UnfiledTests(ExportedCase):
    """A server without a configuration file."""

    @classmethod
    def make(cls, folder: Path) -> Server:
        server = super().make(folder)
        (server.folder / "wstwist.toml").unlink()
        server._options = ("--port=0",)
        server._projects = ("chat:Chat",)
        server._variables = {"XDG_STATE_HOME": str(server.folder / "state")}
        return server

    def test_what_the_command_line_says(self) -> None:
        """It gets a configuration file that says what its command line does."""
        _, archive = self.export()
        document = tomllib.loads(archive.read("wstwist.toml").decode())
        self.assertEqual(document["projects"], {"Chat": {"import": "chat:Chat"}})
        self.assertEqual((document["port"], document["interface"]), (0, "127.0.0.1"))
        self.line.run("import", "out.zip", "there")
