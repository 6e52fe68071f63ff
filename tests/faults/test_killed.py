# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""kill -9 in the middle of database work: no half transaction, and the next start works."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial.unittest import TestCase
from websockets.exceptions import WebSocketException
from websockets.sync.client import unix_connect

from tests.processes import Server, until

KILLS = 24
ACCOUNTS = 10
CLIENTS = 4

BANK = f"""
    import random
    from sqlalchemy import text
    from wstwist import Project

    class Bank(Project):
        database = "sqlite:///bank.db"

        def on_service_start(self):
            self.db.execute(text("CREATE TABLE IF NOT EXISTS account (number INT PRIMARY KEY, balance INT)"))
            self.db.execute(text("CREATE TABLE IF NOT EXISTS transfer (id TEXT PRIMARY KEY)"))
            for number in range({ACCOUNTS}):
                self.db.execute(text("INSERT OR IGNORE INTO account VALUES (:n, 1000)"), {{"n": number}})

        def on_message(self, client, message):
            one, other = random.sample(range({ACCOUNTS}), 2)
            change = text("UPDATE account SET balance = balance + :by WHERE number = :n")
            self.db.execute(text("INSERT INTO transfer VALUES (:id)"), {{"id": message}})
            for _ in range(20):  # it takes a while
                self.db.execute(change, {{"by": -7, "n": one}})
                self.db.execute(change, {{"by": 7, "n": other}})
            self.db.commit()
            client.send(message)
"""


class Killed(TestCase):
    """A server that is killed again and again while it works, and started again."""

    timeout = 300

    def test_no_half_transaction(self):
        """What was acknowledged is there, nothing is there by half; pid file and socket are no bar."""
        seed = random.randrange(1 << 32)
        random.seed(seed)
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (folder / "bank.py").write_text(dedent(BANK))
        pid_file = folder / "twistd.pid"
        server = Server(
            folder,
            "--listen=unix:bank.sock",
            "--port=0",
            projects=("bank:Bank",),
            before=(f"--pidfile={pid_file}",),
        )
        self.addCleanup(server.kill)
        acknowledged: set[str] = set()
        for turn in range(KILLS):
            server.start()
            workers = [
                threading.Thread(target=work, args=(folder / "bank.sock", f"{turn}-{number}", acknowledged))
                for number in range(CLIENTS)
            ]
            for worker in workers:
                worker.start()
            until(lambda: acknowledged, "the first answer of all")
            time.sleep(random.uniform(0.05, 0.3))
            server.kill()
            for worker in workers:
                worker.join(20)
            self.assertTrue(pid_file.exists())
            self.assertTrue((folder / "bank.sock").exists())
            self.check(folder / "bank.db", acknowledged, f"seed {seed}, kill {turn}")
        self.assertGreater(len(acknowledged), KILLS)

    def check(self, file: Path, acknowledged: set[str], where: str) -> None:
        """Look into the database as the kill has left it."""
        bank = sqlite3.connect(":memory:")
        source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        source.backup(bank)
        source.close()
        self.assertEqual(bank.execute("PRAGMA integrity_check").fetchone(), ("ok",), where)
        balances = [row[0] for row in bank.execute("SELECT balance FROM account")]
        transfers = {row[0] for row in bank.execute("SELECT id FROM transfer")}
        bank.close()
        self.assertEqual((len(balances), sum(balances)), (ACCOUNTS, 1000 * ACCOUNTS), where)
        for balance in balances:
            self.assertEqual((balance - 1000) % (20 * 7), 0, where)
        self.assertLessEqual(acknowledged, transfers, where)


def work(path: Path, name: str, acknowledged: set[str]) -> None:
    """Have one transfer after another done, until the server is gone."""
    with (
        contextlib.suppress(OSError, EOFError, WebSocketException, TimeoutError),
        unix_connect(str(path), "ws://localhost/Bank") as client,
    ):
        number = 0
        while True:
            client.send(f"{name}-{number}")
            acknowledged.add(str(client.recv(timeout=10)))
            number += 1
