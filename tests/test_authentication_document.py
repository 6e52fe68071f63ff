# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code in docs/authentication.md runs as it stands there."""

from __future__ import annotations

import base64
import inspect
import re
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.documents import TWISTD, Document, DocumentCase
from wstwist.auth import bearer
from wstwist.project import HandshakeRequest

AUTHENTICATION = Document("docs/authentication.md")
KEY = ec.generate_private_key(ec.SECP256R1())


class AuthenticationTests(DocumentCase):
    """What an author copies works."""

    document = AUTHENTICATION

    def setUp(self) -> None:
        super().setUp()
        public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self.folder / "public.pem").write_bytes(public)

    def ask(self, path: str, **options: Any) -> str | int:
        """Connect, and give the first message, or the status of a refusal."""
        try:
            with connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, **options) as client:
                return str(client.recv())
        except InvalidStatus as error:
            return error.response.status_code

    def test_samples(self) -> None:
        """The three projects let in whom they should, and nobody else."""
        projects = ("door:Door", "tokens:Tokens", "club:Club")
        args = [TWISTD, "-n", "--pidfile=", "wsproject", "--port", str(self.port), *projects]
        good = jwt.encode({"aud": "chat", "exp": time.time() + 60, "sub": "ann"}, KEY, "ES256")
        right, wrong = (base64.b64encode(f"ann:{word}".encode()).decode() for word in ("pw", "wp"))
        with self.running(*args):
            self.assertEqual(self.ask("/Door", additional_headers={"X-Key": "k-1f0c"}), "Welcome, ann")
            self.assertEqual(self.ask("/Door"), 401)
            self.assertEqual(self.ask(f"/Tokens?token={good}"), "Welcome, ann")
            self.assertEqual(self.ask("/Tokens", subprotocols=["bearer", good]), "Welcome, ann")
            self.assertEqual(self.ask(f"/Tokens?token={good}x"), 401)
            for encoded, expected in ((right, "Welcome, ann"), (wrong, 401)):
                header = {"Authorization": f"Basic {encoded}"}
                self.assertEqual(self.ask("/Club", additional_headers=header), expected)

    def test_types(self) -> None:
        """The samples pass mypy --strict."""
        self.check_types()

    def test_arguments(self) -> None:
        """The table names the arguments of `bearer`."""
        table = AUTHENTICATION.text[AUTHENTICATION.text.index("| argument |") :]
        named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
        self.assertEqual(set(named), set(inspect.signature(bearer).parameters))

    def test_request(self) -> None:
        """The text names what a request has."""
        for name, value in vars(HandshakeRequest).items():
            if not name.startswith("_") and (inspect.isdatadescriptor(value) or isinstance(value, property)):
                self.assertIn(f"`{name}`", AUTHENTICATION.text)

    def test_links(self) -> None:
        """Every file that the document links to is there."""
        self.check_links()
