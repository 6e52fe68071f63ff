# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The demonstration's project; its page is tested in test_demo_browser."""

from __future__ import annotations

import json
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from sqlalchemy import make_url, text
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from wstwist import Refuse
from wstwist.database import Database
from wstwist.testing import MemoryClient, MemoryServer

with patch.dict(os.environ, WSTWIST_DEMO_DATABASE="sqlite:///:memory:"):
    # Otherwise the import makes a folder in the home of whoever tests.
    from wstwist.demo import Demo, archive, chat, place

WEB = Path(chat.__file__).parent / "web"


class DemoCase(TestCase):
    """A test with the demonstration served in memory."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Demo, {"database": place.IN_MEMORY}))

    def join(self, nickname: str) -> MemoryClient[Demo]:
        """Connect a client, and forget what it was told so far."""
        client = self.server.connect(f"?nickname={nickname}")
        client.received.clear()
        return client

    def say(self, client: MemoryClient[Demo], said: str) -> None:
        client.send(json.dumps({"text": said}))

    def told(self, client: MemoryClient[Demo], type_: str) -> list[dict[str, Any]]:
        """Take what a client was told, and give what is of one type."""
        events = [json.loads(message) for message in client.received]
        client.received.clear()
        return [event for event in events if event["type"] == type_]


class TalkingTests(DemoCase):
    def test_everybody_is_told_what_is_said_and_by_whom(self) -> None:
        """What a client says reaches everybody, with its nickname, its id and the time."""
        ada, grace = self.join("Ada"), self.join("Grace")
        self.say(ada, "Hello!")
        (heard,) = self.told(grace, "said")
        self.assertEqual(self.told(ada, "said"), [heard])
        self.assertEqual(
            (heard["nickname"], heard["text"], heard["client"]), ("Ada", "Hello!", ada.instance.client.id)
        )
        self.assertGreater(heard["at"], 1.7e9)

    def test_newcomers_are_shown_the_last_20(self) -> None:
        """Who comes in is told its id, its nickname and the last 20 messages, the oldest first."""
        ada = self.join("Ada")
        for number in range(25):
            self.say(ada, str(number))
        grace = self.server.connect("?nickname=Grace")
        welcome = json.loads(grace.receive())
        self.assertEqual((welcome["type"], welcome["nickname"]), ("welcome", "Grace"))
        self.assertEqual(welcome["client"], grace.instance.client.id)
        self.assertEqual([message["text"] for message in welcome["messages"]], [*map(str, range(5, 25))])
        ids = [message["id"] for message in welcome["messages"]]
        self.assertEqual(ids, sorted(set(ids)))

    def test_comings_and_goings_are_told(self) -> None:
        """Who is here learns who has joined and who has left, and at once how many are here."""
        ada = self.join("Ada")
        grace = self.server.connect("?nickname=Grace")
        events = [json.loads(message) for message in ada.received]
        self.assertIn({"type": "joined", "client": grace.instance.client.id, "nickname": "Grace"}, events)
        self.assertIn({"type": "here", "count": 2}, events)
        ada.received.clear()
        grace.drop()
        events = [json.loads(message) for message in ada.received]
        self.assertIn({"type": "left", "client": grace.instance.client.id, "nickname": "Grace"}, events)
        self.assertIn({"type": "here", "count": 1}, events)

    def test_the_service_announces_how_many_are_here(self) -> None:
        """Every 5 s the global service tells everybody how many are here."""
        ada, grace = self.join("Ada"), self.join("Grace")
        ada.received.clear()
        self.server.advance(10)
        for client in (ada, grace):
            self.assertEqual(self.told(client, "here"), [{"type": "here", "count": 2}] * 2)

    def test_a_nickname_is_a_contexts_own(self) -> None:
        """Each client has its own nickname, and may change it."""
        ada, grace = self.join("Ada"), self.join("Grace")
        ada.send('{"nickname": " Countess\\nof  Lovelace "}')
        (renamed,) = self.told(grace, "renamed")
        self.assertEqual((renamed["before"], renamed["nickname"]), ("Ada", "Countess of Lovelace"))
        nicknames = [context.nickname for context in (ada.instance, grace.instance, self.server.service)]
        self.assertEqual(nicknames, ["Countess of Lovelace", "Grace", "guest"])

    def test_the_same_nickname_is_no_news(self) -> None:
        """A nickname that is none, or the same, is told to nobody."""
        ada = self.join("Ada")
        for nickname in ("Ada", "", " \n"):
            ada.send(json.dumps({"nickname": nickname}))
        self.assertEqual(ada.received, [])

    def test_stopping_says_where_the_messages_stay(self) -> None:
        """At the end the log tells how many messages stay, and where."""
        self.say(self.join("Ada"), "Hello!")
        with capturedLogs() as logs:
            self.server.stop()
        self.assertIn("1 messages stay in :memory:", [formatEvent(event) for event in logs])


class BoundsTests(DemoCase):
    def test_lengths_are_bounded(self) -> None:
        """Texts and nicknames that are too long are cut."""
        huge = self.join("N" * 5000)
        self.assertEqual(huge.instance.nickname, "N" * chat.NICKNAME_LENGTH)
        self.say(huge, "x" * 10_000)
        (said,) = self.told(huge, "said")
        self.assertEqual(said["text"], "x" * chat.TEXT_LENGTH)

    def test_who_has_no_nickname_is_a_guest(self) -> None:
        """A URL without a nickname, or with one of which nothing can be shown, makes a guest."""
        for query in ("", "?nickname=", "?nickname=%00%20%0a", "?other=1"):
            self.assertEqual(self.server.connect(query).instance.nickname, "guest")

    def test_old_messages_are_forgotten(self) -> None:
        """The global service deletes all but the newest messages."""
        ada = self.join("Ada")
        with patch.object(chat, "KEPT", 3):
            for number in range(10):
                self.say(ada, str(number))
            self.server.advance(5)
        welcome = json.loads(self.server.connect().receive())
        self.assertEqual([message["text"] for message in welcome["messages"]], ["7", "8", "9"])

    def test_the_room_can_be_full(self) -> None:
        """Where the most that may be are here, the next is refused; when one has left, it may come in."""
        with patch.object(chat, "ROOM", 2):
            ada = self.join("Ada")
            self.join("Grace")
            self.assertEqual(self.assertRaises(Refuse, self.server.connect).status, 503)
            ada.close()
            self.assertTrue(self.server.connect().is_open)


class UntrustedTests(DemoCase):
    def test_nonsense_is_answered_and_does_nothing(self) -> None:
        """Whatever is no known request gets an error for an answer, and nobody else notices."""
        ada, grace = self.join("Ada"), self.join("Grace")
        ada.received.clear()
        nonsense: list[str | bytes] = [
            "",
            "Hello",
            "null",
            "1e999",
            "9" * 10_000,
            "[" * 15_000,
            '{"a":' * 3000,
            "{}",
            '{"text": 1}',
            '{"text": null, "nickname": ["x"]}',
            '{"nickname": {"text": "x"}}',
            '[{"text": "x"}]',
            b"",
            b"\xff\xfe\x00",
            b"\x00" * 1000,
        ]
        for message in nonsense:
            ada.send(message)
            self.assertEqual([event["type"] for event in map(json.loads, ada.received)], ["error"], message)
            ada.received.clear()
        self.say(ada, "Still here.")
        self.assertEqual([json.loads(message)["text"] for message in grace.received], ["Still here."])

    def test_empty_texts_are_not_said(self) -> None:
        """A text of which nothing can be shown is not said."""
        ada = self.join("Ada")
        for nothing in ("", "  ", "\n\t", "\x00", "\ud800", "\u202e"):
            self.say(ada, nothing)
        self.assertEqual(ada.received, [])

    def test_any_text_can_be_kept_and_told(self) -> None:
        """Half characters and control characters are left out; all else, HTML too, goes through as it is."""
        ada = self.join("Ada")
        for sent, shown in {
            "<b>bold</b> & <script>alert(1)</script>": "<b>bold</b> & <script>alert(1)</script>",
            "'; DROP TABLE messages; --": "'; DROP TABLE messages; --",
            "a\ud800b\x00c\u202ed\r\ne": "a b c d e",
            "👩\u200d💻 سلام": "👩\u200d💻 سلام",
        }.items():
            self.say(ada, sent)
            (said,) = self.told(ada, "said")
            self.assertEqual(said["text"], shown)

    def test_a_failure_is_told(self) -> None:
        """Where something cannot be kept, who said it is told so, and nobody else anything."""
        ada, grace = self.join("Ada"), self.join("Grace")
        with patch.object(chat, "Message", side_effect=OSError("disk full")):
            self.say(ada, "Hello!")
        ((_context, event, error),) = self.server.errors
        self.server.errors.clear()
        self.assertEqual((event, str(error)), ("on_message", "disk full"))
        self.assertEqual(
            [event["text"] for event in self.told(ada, "error")], ["on_message has failed: OSError"]
        )
        self.assertEqual(self.told(grace, "said"), [])


class ArchiveTests(TestCase):
    def test_the_table_is_made_once(self) -> None:
        """Any number of threads and of processes may use a new file at once."""
        folder = self.enterContext(TemporaryDirectory())
        databases = [Database(f"sqlite:///{folder}/new.db", threads=8) for _ in range(4)]

        def use(number: int) -> None:
            database = databases[number % len(databases)]
            session = database.session()
            archive.last(session, 1)
            session.add(archive.Message("c", "Ada", str(number), at=0.0))
            database.end(session, commit=True)
            database.discard(session)

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(use, range(64)))
        session = databases[0].session()
        self.assertEqual(archive.count(session), 64)
        databases[0].discard(session)
        for database in databases:
            database.close()


class PlaceTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    @contextmanager
    def environment(self, **variables: str) -> Any:
        with patch.dict(os.environ, variables):
            if place.VARIABLE not in variables:
                os.environ.pop(place.VARIABLE, None)
            yield

    def test_the_environment_decides(self) -> None:
        """A URL in the environment is taken as it is."""
        with self.environment(WSTWIST_DEMO_DATABASE="sqlite:////srv/chat.db"):
            self.assertEqual(place.database(), "sqlite:////srv/chat.db")

    def test_the_folder_is_made_for_the_user_alone(self) -> None:
        """The database stands in a folder of its own, which is made, and which nobody else may read."""
        state = self.folder / "a state%20?#é"
        with self.environment(XDG_STATE_HOME=str(state)), patch("sys.platform", "linux"):
            url = place.database()
            self.assertEqual(place.database(), url)
        self.assertEqual(make_url(url).database, str(state / "wstwist" / "demo.db"))
        self.assertEqual(stat.S_IMODE((state / "wstwist").stat().st_mode), 0o700)
        database = Database(url, threads=1)
        session = database.session()
        self.assertEqual(session.scalar(text("SELECT 1")), 1)
        database.discard(session)
        database.close()

    def test_a_relative_state_folder_is_not_used(self) -> None:
        """XDG_STATE_HOME must be absolute; otherwise the default below the home is used."""
        with self.environment(XDG_STATE_HOME="state", HOME=str(self.folder)), patch("sys.platform", "linux"):
            self.assertEqual(place.folder(), self.folder / ".local" / "state" / "wstwist")

    def test_without_a_place_it_is_in_memory(self) -> None:
        """Where no folder can be made, or the file cannot be written, messages are kept in memory."""
        (self.folder / "file").touch()
        (self.folder / "wstwist").mkdir()
        with patch("sys.platform", "linux"):
            with self.environment(XDG_STATE_HOME=str(self.folder / "file")):
                self.assertEqual(place.database(), place.IN_MEMORY)
            with self.environment(XDG_STATE_HOME=str(self.folder)), patch("os.access", return_value=False):
                self.assertEqual(place.database(), place.IN_MEMORY)

    def test_other_platforms(self) -> None:
        """On macOS and Windows the database is where programs of theirs keep such things."""
        with self.environment(HOME="/Users/ada", LOCALAPPDATA="/Local"):
            with patch("sys.platform", "darwin"):
                self.assertEqual(place.folder(), Path("/Users/ada/Library/Application Support/wstwist"))
            with patch("sys.platform", "win32"):
                self.assertEqual(place.folder(), Path("/Local/wstwist"))


class PageTests(TestCase):
    def test_the_page_has_nothing_inline(self) -> None:
        """The policy of the page forbids scripts and styles in it; nor does the script write HTML."""
        page = (WEB / "index.html").read_text("utf-8")
        self.assertIn("default-src 'none'", page)
        self.assertNotIn("unsafe", page)
        self.assertIsNone(re.search(r"<style|<script(?![^>]*\ssrc=)|\s(style|on\w+)=", page))
        script = (WEB / "chat.js").read_text("utf-8")
        self.assertIsNone(
            re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script)
        )

    def test_what_the_page_asks_for_is_there(self) -> None:
        """Every file that the page names is in its folder, and all else is in no need of a network."""
        page = (WEB / "index.html").read_text("utf-8")
        for name in re.findall(r'(?:src|href)="([^"]+)"', page):
            self.assertTrue((WEB / name).is_file(), name)
        for length, name in ((chat.TEXT_LENGTH, "text"), (chat.NICKNAME_LENGTH, "nickname")):
            self.assertRegex(page, rf'name="{name}" maxlength="{length}"')
