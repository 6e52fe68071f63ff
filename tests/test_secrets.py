# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""No token, no password and no query is ever in a server's log."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory
from typing import Any

import jwt
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.test.requesthelper import DummyChannel

from tests.processes import Server, until
from tests.wire.support import close, frame, text
from wstwist.auth import hash_password
from wstwist.wire.plain import PlainRequest

SECRET = "the-secret-that-signs-all-the-tokens-of-this-test"
PASSWORD = "correct-horse-battery"
WRONG = "incorrect-horse-battery"

MODULE = f"""
from wstwist import Limits, Project
from wstwist.auth import basic, bearer

class Base(Project):
    limits = Limits(connect_time=0.3, message_size=1000)

    async def on_connect(self, client):
        if "boom" in client.query:
            raise ValueError("boom")
        if "wait" in client.query:
            from twisted.internet.defer import Deferred
            await Deferred()

    async def on_message(self, client, message):
        raise ValueError("boom")

class Tokens(Base):
    authenticate = bearer(key={SECRET!r}, algorithms=["HS256"], audience="chat")

class Passwords(Base):
    authenticate = basic({{"ann": {hash_password(PASSWORD)!r}}})

class Broken(Base):
    async def authenticate(self, request):
        raise OSError("the directory is away")

class Odd(Base):
    async def authenticate(self, request):
        return {{"who": request}}
"""


def token(**claims: Any) -> str:
    """Sign a token."""
    return jwt.encode({"aud": "chat", "exp": int(time.time()) + 9000, "sub": "ann"} | claims, SECRET, "HS256")


def basic(password: str) -> str:
    """Encode a user and a password."""
    return base64.b64encode(f"ann:{password}".encode()).decode()


GOOD = token()
TOKENS = (GOOD, token(exp=1), token(aud="shop"), GOOD[:-5] + "AAAAA", "no.token.atall", "noise" * 20)
PASSWORDS = (basic(PASSWORD), basic(WRONG))


class LogTests(TestCase):
    """What a server writes while all kinds of things are done with tokens."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (self.folder / "door.py").write_text(MODULE)
        projects = tuple(f"door:{name}" for name in ("Tokens", "Passwords", "Broken", "Odd"))
        options = ("--port=0", "--trusted-proxy=127.0.0.1")
        self.server = Server(self.folder, *options, projects=projects)
        self.server.start()
        self.addCleanup(self.server.kill)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def test_it(self) -> None:
        """None of them is in the log, in no form, although each kind of refusal has left its lines there."""
        statuses = {self.ask(request) for request in requests()}
        self.assertEqual(statuses, {101, 200, 400, 401, 403, 404, 405, 426, 431, 500, 503})
        until(lambda: "404" in self.log, "the lines")
        self.server.kill(SIGTERM)
        log = self.log
        for expected in ("401", "403", "404", "431", "503", "boom", "the directory is away", "CannotCross"):
            self.assertIn(expected, log)
        for secret in (
            *TOKENS,
            *PASSWORDS,
            PASSWORD,
            WRONG,
            SECRET,
            "token=",
            "wait=",
            "/Tokens?",
            "Bearer ey",
        ):
            for part in {secret, secret[:24], secret[-24:]}:
                self.assertNotIn(part, log)

    def ask(self, request: bytes) -> int:
        """Send a request, and frames where it is accepted; give the status."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(request)
            answer = connection.recv(65536)
            status = int(answer.split()[1])
            if status == 101:
                connection.sendall(text(GOOD) + frame(2, GOOD.encode() * 100))
                connection.sendall(close())
            while answer:
                answer = connection.recv(65536)
        return status


def requests() -> Iterator[bytes]:
    """Give requests with secrets in them."""
    for value in TOKENS:
        header = f"Authorization: Bearer {value}"
        yield request("/Tokens", header)
        yield request(f"/Tokens?token={value}")
        yield request("/Tokens", f"Sec-WebSocket-Protocol: bearer, {value}")
        for more in ("boom=1", "wait=1"):
            yield request(f"/Tokens?token={value}&{more}", header)
        for path in ("/Broken", "/Odd", "/Nowhere", "/Token", "/"):
            yield request(f"{path}?token={value}", header)
        yield request(f"/Tokens?token={value}", "Origin: https://evil.example")
        yield request(f"/Tokens?token={value}", header, "X-Forwarded-For: unknown")
        yield request(f"/Tokens?token={value}", header, "X-Forwarded-For: 192.0.2.1")
        yield request(f"/Tokens?token={value}", header, *(f"X-{number}: {value}" for number in range(80)))
        yield request(f"/Tokens?token={value}", header, "Host: again")
        yield request(f"/Tokens?token={value}", f"Sec-WebSocket-Protocol: bearer, {value}, {value}")
        yield request(f"/Tokens?token={value}", header, "Origin: https://a", "Origin: https://b")
        for method in ("GET", "HEAD", "POST"):
            for path in ("/", "/Tokens", "/nowhere"):
                yield plain(method, f"{path}?token={value}", header)
    for value in PASSWORDS:
        yield request("/Passwords", f"Authorization: Basic {value}")
        yield request("/Passwords", f"Authorization: Basic {value}x")
        yield request("/Passwords?wait=1", f"Authorization: Basic {value}")


def plain(method: str, target: str, *more: str) -> bytes:
    """Give a request without upgrade."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: localhost", *more, "", "")).encode()


def request(target: str, *more: str) -> bytes:
    """Give a WebSocket client's."""
    return plain(
        "GET",
        target,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *more,
    )


class RequestTests(SynchronousTestCase):
    """What twisted.web shows of a request, in lines of its own."""

    def test_no_query(self) -> None:
        """It shows method and path."""
        request = PlainRequest(DummyChannel())
        self.assertEqual(repr(request), "<request (no method yet) (no uri yet)>")
        request.method, request.uri = b"HEAD", b"/page?token=s3cret"
        self.assertEqual(repr(request), "<request HEAD /page>")
