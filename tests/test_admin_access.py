# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who may ask the administration: tokens, sessions, cookies, host names, origins, wrong tokens."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.administered import AdministeredCase
from wstwist.admin.access import Asker, Gate, cookie_name
from wstwist.admin.failures import FORGOTTEN, FREE, LONGEST_DELAY, MOST, Failures
from wstwist.admin.problems import Problem
from wstwist.admin.sessions import IDLE_TIME, Sessions
from wstwist.admin.sessions import MOST as MOST_SESSIONS
from wstwist.admin.tokens import Role, Tokens, default_folder
from wstwist.exceptions import ConfigurationError


class TokensTests(TestCase):
    """The file with the tokens."""

    def setUp(self) -> None:
        self.path = Path(self.enterContext(TemporaryDirectory())) / "state" / "wstwist.tokens"

    def write(self, text: str, mode: int = 0o600) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(text)
        self.path.chmod(mode)

    def test_made_once(self) -> None:
        """The first start makes two tokens, which nobody else may read; the next one reads them."""
        tokens = Tokens(self.path)
        content = json.loads(self.path.read_text())
        self.assertEqual(list(content), ["read", "full"])
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.path.parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual(len({*content.values()}), 2)
        for each in (tokens, Tokens(self.path)):
            self.assertEqual(each.role_of(content["read"]), Role.READ)
            self.assertEqual(each.role_of(content["full"]), Role.FULL)
            for wrong in ("", content["read"][:-1], content["full"] + "x", "\ud800", "full"):
                self.assertIsNone(each.role_of(wrong))
        self.assertEqual([each.name for each in self.path.parent.iterdir()], ["wstwist.tokens"])

    def test_two_servers_at_once(self) -> None:
        """Servers that start at the same time have the same tokens."""
        made: list[Tokens] = []
        threads = [threading.Thread(target=lambda: made.append(Tokens(self.path))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        token = json.loads(self.path.read_text())["full"]
        self.assertEqual([each.role_of(token) for each in made], [Role.FULL] * 8)

    def test_wrong_files(self) -> None:
        """A file that others may read, or that is none, is refused in one line that says what to do."""
        good = json.dumps({"read": "r" * 20, "full": "f" * 20})
        for text, mode, why in (
            (good, 0o640, "chmod 600"),
            (good, 0o604, "chmod 600"),
            ("{", 0o600, "remove it"),
            ("[]", 0o600, "remove it"),
            ('{"read": "x"}', 0o600, "remove it"),
            (json.dumps({"read": "r" * 19, "full": "f" * 20}), 0o600, "20 characters"),
            (json.dumps({"read": "r" * 20, "full": "r" * 20}), 0o600, "differ"),
            (json.dumps({"read": "r" * 20, "full": 5}), 0o600, "ASCII"),
            (json.dumps({"read": "r" * 20, "full": "é" * 20}), 0o600, "ASCII"),
        ):
            self.write(text, mode)
            with self.assertRaises(ConfigurationError) as caught:
                Tokens(self.path)
            self.assertIn(why, str(caught.exception), text)
            self.assertIn(str(self.path), str(caught.exception))
            self.assertNotIn("r" * 10, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))

    def test_somebody_elses(self) -> None:
        """A file of another user's, who knows what is in it, is refused."""
        self.write(json.dumps({"read": "r" * 20, "full": "f" * 20}), 0o600)
        self.patch(os, "geteuid", lambda: os.getuid() + 1)
        if os.getuid() == 0:
            os.chown(self.path, 12345, -1)
        self.assertRaisesRegex(ConfigurationError, "belongs to somebody else", Tokens, self.path)

    def test_cannot_be_written(self) -> None:
        """Where there can be no file, one line says so."""
        folder = Path(self.enterContext(TemporaryDirectory()))
        (folder / "file").write_text("")
        with self.assertRaises(ConfigurationError) as caught:
            Tokens(folder / "file" / "wstwist.tokens")
        self.assertIn("cannot be written", str(caught.exception))

    def test_another_token(self) -> None:
        """A token that is replaced in the file holds no more, at once; a broken file changes nothing."""
        self.write(json.dumps({"read": "r" * 20, "full": "f" * 20}))
        tokens = Tokens(self.path)
        before = tokens.fingerprint(Role.READ)
        self.write(json.dumps({"read": "s" * 21, "full": "f" * 20}))
        self.assertIsNone(tokens.role_of("r" * 20))
        self.assertEqual(tokens.role_of("s" * 21), Role.READ)
        self.assertEqual(tokens.role_of("f" * 20), Role.FULL)
        self.assertNotEqual(tokens.fingerprint(Role.READ), before)
        self.write("broken")
        self.assertEqual(tokens.role_of("s" * 21), Role.READ)
        self.path.unlink()
        self.assertEqual(tokens.role_of("s" * 21), Role.READ)

    def test_default_folder(self) -> None:
        """Without a configuration file the tokens are where the state of programs is."""
        self.assertEqual(default_folder({"XDG_STATE_HOME": "/state"}), Path("/state/wstwist"))
        for relative in ("", "state"):
            self.assertEqual(
                default_folder({"XDG_STATE_HOME": relative}), Path.home() / ".local" / "state" / "wstwist"
            )


class FailuresTests(TestCase):
    """Wrong tokens."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.failures = Failures(self.clock.seconds)

    def test_delays_grow(self) -> None:
        """The first five cost nothing; then each one costs twice as long, up to five minutes."""
        for _ in range(FREE - 1):
            self.failures.failed("a")
            self.assertEqual(self.failures.wait("a"), 0)
        waits = []
        for _ in range(11):
            self.failures.failed("a")
            waits.append(self.failures.wait("a"))
            self.clock.advance(waits[-1])
            self.assertEqual(self.failures.wait("a"), 0)
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_DELAY, LONGEST_DELAY])

    def test_others_wait_for_nobody(self) -> None:
        """Only the address waits that failed; of IPv6 its network."""
        for _ in range(FREE):
            self.failures.failed("10.0.0.1")
            self.failures.failed("2001:db8::1")
        self.assertGreater(self.failures.wait("10.0.0.1"), 0)
        self.assertGreater(self.failures.wait("2001:db8::2"), 0)
        for other in ("10.0.0.2", "2001:db8:0:1::1", "", "::1"):
            self.assertEqual(self.failures.wait(other), 0)

    def test_forgotten(self) -> None:
        """A right token, or a quarter of an hour, makes the wrong ones forgotten."""
        for _ in range(FREE):
            self.failures.failed("a")
            self.failures.failed("b")
        self.failures.succeeded("a")
        self.assertEqual(self.failures.wait("a"), 0)
        self.clock.advance(FORGOTTEN)
        self.failures.failed("b")
        self.assertEqual(self.failures.wait("b"), 0)

    def test_bounded(self) -> None:
        """However many addresses try, what is remembered has a bound."""
        for number in range(MOST + 10):
            self.failures.failed(f"address {number}")
        self.assertEqual(len(self.failures._known), MOST)


class SessionsTests(TestCase):
    """The sessions of browsers."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.prints = {Role.READ: b"r", Role.FULL: b"f"}
        self.sessions = Sessions(self.clock.seconds, self.prints.__getitem__)

    def test_idle(self) -> None:
        """A session ends when it was not used for twelve hours; to look at it is no use."""
        identity = self.sessions.begin(Role.READ)
        for _ in range(3):
            self.clock.advance(IDLE_TIME - 1)
            session = self.sessions.use(identity)
            self.assertEqual(session and session.role, Role.READ)
        self.clock.advance(IDLE_TIME - 1)
        self.assertIsNotNone(self.sessions.find(identity))
        self.clock.advance(1)
        self.assertIsNone(self.sessions.use(identity))
        self.assertEqual(len(self.sessions), 0)

    def test_end(self) -> None:
        """A session ends when it is ended, or when its token is another."""
        first, second = self.sessions.begin(Role.FULL), self.sessions.begin(Role.FULL)
        self.sessions.end(first)
        self.assertIsNone(self.sessions.use(first))
        self.assertIsNotNone(self.sessions.use(second))
        self.prints[Role.FULL] = b"another"
        self.assertIsNone(self.sessions.use(second))

    def test_bounded(self) -> None:
        """There are at most so many sessions; that goes which was not used for longest."""
        first, second = self.sessions.begin(Role.READ), self.sessions.begin(Role.READ)
        self.sessions.use(first)
        for _ in range(MOST_SESSIONS - 1):
            self.sessions.begin(Role.READ)
        self.assertIsNone(self.sessions.use(second))
        self.assertIsNotNone(self.sessions.use(first))
        self.assertEqual(len(self.sessions), MOST_SESSIONS)

    def test_readers_end_no_others(self) -> None:
        """However many sign in to read: who may do all stays."""
        full = self.sessions.begin(Role.FULL)
        for _ in range(MOST_SESSIONS + 1):
            self.sessions.begin(Role.READ)
        self.assertIsNotNone(self.sessions.use(full))

    def test_cookies_last(self) -> None:
        """A browser that goes on is told again, now and then, how long its cookie is good."""
        identity = self.sessions.begin(Role.READ)
        told = []
        for _ in range(20):
            self.clock.advance(100)
            self.sessions.use(identity)
            told.append(self.sessions.is_to_be_told(identity))
        self.assertEqual([number for number, is_told in enumerate(told) if is_told], [5, 11, 17])
        self.assertFalse(self.sessions.is_to_be_told("nobody"))


class GateTests(TestCase):
    """Host names, origins and the cookie."""

    def setUp(self) -> None:
        self.clock = Clock()
        path = Path(self.enterContext(TemporaryDirectory())) / "wstwist.tokens"
        self.gate = Gate(Tokens(path), self.clock.seconds, ["Ops.example.org"])
        self.tokens = json.loads(path.read_text())

    def asker(self, **headers: str) -> Asker:
        return Asker({"host": "localhost:9001", **headers}, "127.0.0.1", secure=False)

    def test_host(self) -> None:
        """Known names and addresses are asked, whatever the port; a name that anybody may bind is not."""
        for host in (
            "localhost",
            "LOCALHOST:5",
            "127.0.0.1:9001",
            "[::1]:9001",
            "10.1.2.3",
            "ops.example.org:1",
        ):
            self.gate.check_host(self.asker(host=host))
        for host in (
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "x:y",
            "a b",
            "[::1",
        ):
            with self.assertRaises(Problem) as caught:
                self.gate.check_host(self.asker(host=host))
            self.assertEqual(caught.exception.status, 421)

    def test_origin(self) -> None:
        """Pages of the same host and port may ask, over whatever scheme; others may not."""
        for origin in ("http://localhost:9001", "https://localhost:9001"):
            self.gate.check_own_page(self.asker(origin=origin))
        for origin in ("http://localhost:9000", "http://localhost", "http://evil.example", "null", "x"):
            with self.assertRaises(Problem) as caught:
                self.gate.check_origin(self.asker(origin=origin))
            self.assertEqual(caught.exception.status, 403)
        self.gate.check_origin(self.asker())
        with self.assertRaises(Problem):
            self.gate.check_own_page(self.asker())

    def test_cookie(self) -> None:
        """The cookie holds a random id; it is for this host only, and no script may read it."""
        role, cookie = self.gate.sign_in(self.tokens["read"], self.asker())
        self.assertEqual(role, Role.READ)
        pair, _, attributes = cookie.partition("; ")
        self.assertEqual(attributes, "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict")
        self.assertTrue(pair.startswith("wstwist-admin-9001="))
        self.assertNotIn(self.tokens["read"], cookie)
        who = self.gate.who(self.asker(cookie=f"a=b; {pair}; c=d"))
        self.assertEqual((who.role, str(who)), (Role.READ, "read at 127.0.0.1"))
        self.assertTrue(who.is_current())
        self.assertIn("Max-Age=0", self.gate.sign_out(self.asker(cookie=pair)))
        self.assertFalse(who.is_current())
        with self.assertRaises(Problem):
            self.gate.who(self.asker(cookie=pair))

    def test_cookies_of_others(self) -> None:
        """What other services of the host have set, well-formed or not, is in nobody's way."""
        pair = self.gate.sign_in(self.tokens["full"], self.asker())[1].partition("; ")[0]
        others = (
            'prefs={"dark":1}',
            "flag",
            "path=/",
            "a=b c",
            "n\xe4me=1",
            "k[]=1",
            "=",
            "",
            "wstwist-admin-9001=x",
        )
        for other in others:
            for cookie in (f"{other}; {pair}", f"{pair}; {other}"):
                self.assertEqual(self.gate.who(self.asker(cookie=cookie)).role, Role.FULL, cookie)

    def test_a_reader_who_guesses(self) -> None:
        """A right token to read does not undo what wrong ones have cost."""

        def show(token: str) -> int:
            try:
                self.gate.who(self.asker(authorization=f"Bearer {token}"))
            except Problem as problem:
                return problem.status
            return 200

        found = [show(token) for token in ("w", "w", "w", "w", self.tokens["read"], "w", "w")]
        self.assertEqual(found, [401, 401, 401, 401, 200, 401, 429])

    def test_cookie_over_tls(self) -> None:
        """Over TLS the cookie is for TLS; its name has the port, for browsers send it to all ports."""
        secure = Asker({"host": "localhost"}, "127.0.0.1", secure=True)
        self.assertTrue(self.gate.sign_in(self.tokens["full"], secure)[1].endswith("; Secure"))
        self.assertEqual(cookie_name(secure), "wstwist-admin-443")
        self.assertEqual(cookie_name(self.asker(host="[::1]:5")), "wstwist-admin-5")

    def test_bearer(self) -> None:
        """A token is shown as RFC 6750 says; everything else is a 401, which says how."""
        for name in ("Bearer", "bearer", "BEARER"):
            self.assertEqual(
                self.gate.who(self.asker(authorization=f"{name} {self.tokens['full']}")).role, Role.FULL
            )
        for wrong in (
            "",
            "Bearer",
            "Bearer  ",
            f"Basic {self.tokens['full']}",
            self.tokens["full"],
            "Bearer a b",
        ):
            with self.assertRaises(Problem) as caught:
                self.gate.who(self.asker(authorization=wrong))
            self.assertEqual(caught.exception.status, 401)
            self.assertIn("WWW-Authenticate", caught.exception.headers)
            self.assertEqual(self.gate._failures.wait("127.0.0.1"), 0)


class ServedAccessTests(AdministeredCase):
    """The same, asked over HTTP."""

    def test_without_a_token(self) -> None:
        """Nothing of the API is told without a token, not even whether there is such a thing."""
        with self.server.program("") as nobody:
            for path in ("session", "server", "projects/Chat", "projects/Nobody", "x", "log"):
                response = nobody.get(f"/api/v1/{path}")
                self.check(response, 401)
                self.assertIn("Bearer", response.headers["www-authenticate"])
            self.check(nobody.post("/api/v1/projects/Chat/stop", json={}), 401)
            self.assertEqual(nobody.get("/api/v1/openapi.json").json()["openapi"], "3.1.0")

    def test_roles(self) -> None:
        """The session tells which token it was."""
        self.assertEqual(self.check(self.read.get("/api/v1/session")), {"role": "read"})
        self.assertEqual(self.check(self.full.get("/api/v1/session")), {"role": "full"})

    def test_browser(self) -> None:
        """A browser signs in once, asks with its cookie, and signs out."""
        with self.server.browser("read") as browser:
            self.assertEqual(self.check(browser.get("/api/v1/session")), {"role": "read"})
            self.check(browser.post("/api/v1/projects/Chat/stop", json={}), 403)
            self.check(browser.post("/logout", json={}), 204)
            self.assertEqual(len(browser.cookies), 0)
            self.check(browser.get("/api/v1/session"), 401)

    def test_wrong_logins(self) -> None:
        """/login wants a token in JSON, and tells a wrong one."""
        with self.server.program("") as browser:
            self.check(browser.post("/login", json={"token": "wrong"}), 401)
            self.check(browser.post("/login", json={"token": 5}), 400)
            self.check(browser.post("/login", json={}), 400)
            self.check(browser.post("/login", json={"token": "x", "tokn": "y"}), 400)
            self.check(browser.post("/login", json=[]), 400)
            self.check(browser.post("/login", content="{", headers={"Content-Type": "application/json"}), 400)
            self.check(browser.post("/login", data={"token": self.server.tokens["full"]}), 415)
            self.check(browser.get("/login"), 405)
            self.check(browser.post("/login/x", json={}), 404)
            origin = {"Origin": "http://evil.example"}
            self.check(browser.post("/login", json={"token": "x"}, headers=origin), 403)

    def test_pages_of_others(self) -> None:
        """A cookie alone changes nothing: the request has to come from our own page, and to be JSON."""
        path = "/api/v1/projects/Chat/unblock"
        with self.server.browser() as browser:
            own = browser.headers.pop("Origin")
            self.check(browser.get("/api/v1/session"))
            self.check(browser.post(path, json={}), 403)
            for origin in (
                "http://evil.example",
                "null",
                own.replace("localhost", "127.0.0.1"),
                "http://localhost",
            ):
                self.check(browser.post(path, json={}, headers={"Origin": origin}), 403)
            self.check(browser.post(path, headers={"Origin": own}), 415)
            self.check(browser.post(path, data={"a": "b"}, headers={"Origin": own}), 415)
            text = {"Origin": own, "Content-Type": "text/plain"}
            self.check(browser.post(path, content="{}", headers=text), 415)
            self.check(browser.post(path, json={}, headers={"Origin": own}))
            self.check(browser.delete("/api/v1/projects/Chat"), 403)

    def test_names(self) -> None:
        """Neither the API nor the page is told by a name that is not known."""
        for path in ("/", "/login", "/api/v1/session", "/main.js"):
            response = self.full.get(path, headers={"Host": "evil.example"})
            self.check(response, 421)
            self.assertIn("--admin-host evil.example", response.json()["detail"])
            self.assertNotEqual(self.full.get(path, headers={"Host": "127.0.0.1:1"}).status_code, 421)

    def test_bodies(self) -> None:
        """A body has to be a JSON object of a reasonable size."""
        path, kind = "/api/v1/projects/Chat/block", {"Content-Type": "application/json"}
        for content in (b"[]", b"x", b"\xff", b'{"message": NaN}', b"[" * 100_000):
            self.check(self.full.post(path, content=content, headers=kind), 400)
        self.check(self.full.post(path, content=b"{}"), 415)
        self.assertEqual(self.full.post(path, content=b" " * 3_000_000, headers=kind).status_code, 413)

    def test_bodies_of_strangers(self) -> None:
        """Who has shown no token may send a token, and no more; a form is not taken apart for anybody."""
        with self.server.program("") as stranger:
            kind = {"Content-Type": "multipart/form-data; boundary=a"}
            for path in ("/", "/login", "/api/v1/projects"):
                response = stranger.post(path, content=b"--a\n\n" * 1000, headers=kind)
                self.assertEqual(response.status_code, 413, path)
            self.check(stranger.post("/login", content=b"--a\n\n" * 600, headers=kind), 415)
        with self.server.browser() as browser:
            body = {"message": "x" * 100_000, "what": 1}
            self.check(browser.post("/api/v1/projects/Chat/block", json=body), 400)


class WrongTokenTests(AdministeredCase):
    """Somebody who guesses."""

    def test_guessing(self) -> None:
        """After five wrong tokens the next ones are not looked at; who is signed in goes on."""
        with self.server.browser() as browser, self.server.program("") as guesser:
            guesser.headers["Authorization"] = "Bearer wrong"
            for content in (b"", b"{}", b" " * 5000, b"", b"{}"):
                response = guesser.post("/api/v1/projects/Chat/block", content=content)
                self.assertEqual(response.status_code, 413 if len(content) > 4096 else 401)
            response = guesser.get("/api/v1/session")
            self.check(response, 429)
            self.assertEqual(response.headers["retry-after"], "1")
            self.check(self.full.get("/api/v1/session"), 429)  # the right one is not looked at, either
            self.check(browser.get("/api/v1/session"))
        self.assertIn("127.0.0.1: a wrong token", self.server.log.read_text())
        self.assertNotIn("Bearer", self.server.log.read_text())


class ReplacedTokenTests(AdministeredCase):
    """An operator who replaces the tokens."""

    def test_replaced(self) -> None:
        """New tokens in the file hold at once, without a restart, and end the sessions of the old ones."""
        path = self.server.folder / "wstwist.tokens"
        with self.server.browser() as browser:
            draft = path.with_name("draft")
            draft.touch(0o600)
            draft.write_text(
                json.dumps({"read": self.server.tokens["read"], "full": "another-token-of-mine"})
            )
            draft.replace(path)
            self.check(browser.get("/api/v1/session"), 401)
            self.check(self.full.get("/api/v1/session"), 401)
            self.check(self.read.get("/api/v1/session"))
            bearer = {"Authorization": "Bearer another-token-of-mine"}
            self.assertEqual(self.check(self.full.get("/api/v1/session", headers=bearer)), {"role": "full"})
