# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A database that goes away and comes back, under a real server."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial.unittest import SkipTest, TestCase
from websockets.sync.client import ClientConnection, connect

from tests.faults.disks import SmallDisk
from tests.processes import Server, until

KEEPS = """
    import os
    from sqlalchemy import text
    from wstwist import Project

    class Keeps(Project):
        database = os.environ["KEEPS_DATABASE"]

        def on_service_start(self):
            self.db.execute(text("CREATE TABLE IF NOT EXISTS kept (message TEXT)"))

        def on_message(self, client, message):
            if message == "errors":
                counters = self._context.project.counters
                client.send(f"{counters['errors']} {counters['database_errors']}")
            elif message == "wrong":
                self.db.execute(text("SELECT * FROM nowhere"))
            else:
                self.db.execute(text("INSERT INTO kept VALUES (:message)"), {"message": message})
                count = self.db.scalar(text("SELECT count(*) FROM kept"))
                self.db.commit()
                client.send(str(count))

        def on_error(self, event, error):
            self.client.send(f"failed: {type(error).__name__}")
"""

SECRET = "a message that is nobody's business"


class Keeping(TestCase):
    """A server with a database."""

    timeout = 120

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (self.folder / "keeps.py").write_text(dedent(KEEPS))

    def serve(self, url: str) -> ClientConnection:
        """Serve with this database, and give a client."""
        variables = {"KEEPS_DATABASE": url}
        self.server = Server(self.folder, projects=("keeps:Keeps",), variables=variables)
        self.addCleanup(self.server.kill)
        self.server.start()
        return self.enterContext(connect(f"ws://127.0.0.1:{self.server.port}/Keeps"))

    def ask(self, client: ClientConnection, message: str = SECRET) -> str:
        client.send(message)
        return str(client.recv(timeout=30))

    def faults(self) -> list[str]:
        """Give the lines of the log that tell of the database."""
        text = self.server.log.read_text()
        self.assertNotIn("Traceback", text)
        self.assertNotIn(SECRET, text)
        return [
            line.partition(": the database: ")[2] for line in text.splitlines() if "the database: " in line
        ]


class SQLite(Keeping):
    """A SQLite file."""

    def open(self) -> ClientConnection:
        self.file = self.folder / "keeps.db"
        return self.serve(f"sqlite:///{self.file}?timeout=0.3")

    def move(self, source: str, target: str) -> None:
        """Rename the file, and what SQLite has put beside it."""
        for end in ("", "-wal", "-shm"):
            file = self.folder / f"{source}{end}"
            if file.exists():
                file.rename(self.folder / f"{target}{end}")

    def test_removed(self):
        """While it is away events fail, each with a line; when it is back they work, and nothing is lost."""
        client = self.open()
        self.assertEqual([self.ask(client), self.ask(client)], ["1", "2"])
        self.move("keeps.db", "away.db")
        self.assertEqual([self.ask(client), self.ask(client)], ["failed: OperationalError"] * 2)
        self.assertFalse(self.file.exists())
        self.move("away.db", "keeps.db")
        self.assertEqual([self.ask(client), self.ask(client)], ["3", "4"])
        self.assertEqual(self.faults(), [f"the database file {self.file} is not there any more"] * 2)
        self.assertEqual(self.ask(client, "errors"), "2 2")

    def test_replaced(self):
        """A file that took its place is what events use from then on."""
        client = self.open()
        self.assertEqual(self.ask(client), "1")
        with sqlite3.connect(self.folder / "other.db") as other:
            other.execute("CREATE TABLE kept (message TEXT)")
            other.executemany("INSERT INTO kept VALUES (?)", [(str(number),) for number in range(10)])
        other.close()
        self.move("keeps.db", "before.db")
        self.move("other.db", "keeps.db")
        self.assertEqual([self.ask(client), self.ask(client)], ["11", "12"])
        with sqlite3.connect(self.folder / "before.db") as before:
            self.assertEqual(before.execute("SELECT count(*) FROM kept").fetchone(), (1,))
        before.close()
        self.assertEqual(self.faults(), [])

    def test_locked(self):
        """While another process holds its lock events fail; afterwards they work."""
        client = self.open()
        other = sqlite3.connect(self.file, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.ask(client), "failed: OperationalError")
        other.execute("COMMIT")
        self.assertEqual(self.ask(client), "1")
        self.assertEqual(self.faults(), ["database is locked"])

    def test_broken(self):
        """A file that is no database is named as that; put right it works."""
        client = self.open()
        self.move("keeps.db", "whole.db")
        self.file.write_bytes(b"nonsense" * 1000)
        self.assertEqual(self.ask(client), "failed: DatabaseError")
        self.file.unlink()
        self.move("whole.db", "keeps.db")
        self.assertEqual(self.ask(client), "1")
        self.assertEqual(self.faults(), ["file is not a database"])

    def test_full(self):
        """On a full disk events fail and are rolled back; when there is room they work."""
        disk = SmallDisk(self)
        client = self.serve(f"sqlite:///{disk.folder}/keeps.db?timeout=0.3")
        self.assertEqual(self.ask(client, "before"), "1")
        disk.fill()
        answers = [self.ask(client, SECRET * 1000) for _ in range(3)]
        self.assertEqual(answers, ["failed: OperationalError"] * 3)
        disk.free()
        self.assertEqual(self.ask(client, "after"), "2")
        self.assertEqual(self.faults(), ["database or disk is full"] * 3)

    def test_own_fault(self):
        """An author's wrong statement has its traceback."""
        client = self.open()
        self.assertEqual(self.ask(client, "wrong"), "failed: OperationalError")
        until(lambda: "no such table: nowhere" in self.server.log.read_text(), "the line")
        self.assertIn("in on_message", self.server.log.read_text())
        self.assertEqual(self.ask(client, "errors"), "1 0")


class PostgreSQL(Keeping):
    """A PostgreSQL server."""

    def setUp(self) -> None:
        super().setUp()
        found = [
            *Path("/usr/lib/postgresql").glob("*/bin"),
            *Path("/opt/homebrew/opt").glob("postgresql*/bin"),
        ]
        programs = shutil.which("initdb")
        if find_spec("psycopg") is None or not (found or programs):
            raise SkipTest("PostgreSQL and psycopg are not installed")
        self.programs = found[-1] if found else Path(programs).parent
        self.data = self.folder / "data"
        # It refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
            self.data.mkdir(mode=0o700)
            os.chown(self.data, pwd.getpwnam("postgres").pw_uid, -1)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.run_program("initdb", "-U", "keeper", "-A", "trust", "-D", str(self.data))
        self.start()
        self.addCleanup(
            self.run_program, "pg_ctl", "-D", str(self.data), "-m", "immediate", "stop", check=False
        )

    def run_program(self, name: str, *arguments: str, check: bool = True) -> None:
        """Run one of PostgreSQL's programs."""
        subprocess.run(
            [str(self.programs / name), *arguments],
            check=check,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self.user if os.geteuid() == 0 else None,
            cwd="/",
        )

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = str(self.data / "log")
        self.run_program("pg_ctl", "-D", str(self.data), "-w", "-l", log, "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        self.run_program("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def test_away(self):
        """While it is down events fail, each with a line; when it is back they work, in the same contexts."""
        url = f"postgresql+psycopg://keeper:s3cret@127.0.0.1:{self.port}/postgres?connect_timeout=2"
        client = self.serve(url)
        self.assertEqual([self.ask(client), self.ask(client)], ["1", "2"])
        self.stop("fast")
        self.assertEqual([self.ask(client) for _ in range(2)], ["failed: OperationalError"] * 2)
        self.start()
        self.assertEqual(self.ask(client), "3")
        # It crashes, and comes back before anybody has asked.
        self.stop("immediate")
        self.start()
        self.assertEqual(self.ask(client), "4")
        faults = self.faults()
        self.assertEqual(len(faults), 2)
        for fault in faults:
            self.assertIn("refused", fault)
        self.assertNotIn("s3cret", self.server.log.read_text())
        self.assertEqual(self.ask(client, "errors"), "2 2")
        self.server.kill(signal.SIGTERM)
