# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.support import ServedCase
from wstwist import Client, ConfigurationError, Project, Refuse, certificate
from wstwist.auth import bearer
from wstwist.loading import load
from wstwist.testing import MemoryServer

SECRET = "k" * 64
OTHER = "o" * 64


@cache
def private(kind: str) -> Any:
    """Give a private key, made once."""
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(getattr(ec, kind)())


def public_pem(kind: str) -> str:
    """Give the public key that belongs to it."""
    return private(kind).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(kind: str) -> str:
    """Give it as text."""
    return private(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def token(
    key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Sign a token; None takes a claim out."""
    claims = {"aud": "chat", "exp": int(time.time()) + 60, "sub": "ann"} | claims
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers)


def project(**arguments: Any) -> type[Project]:
    """Make a project whose clients need a token."""
    given = {"key": SECRET, "algorithms": ["HS256"], "audience": "chat"} | arguments
    if "jwks" in arguments:
        del given["key"]

    class Chat(Project):
        authenticate = bearer(**given)

    return Chat


def encoded(value: Any) -> str:
    """Encode a part of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Case(SynchronousTestCase):
    """A project whose clients need a token."""

    def serve(self, **arguments: Any) -> MemoryServer[Project]:
        self.server = MemoryServer(project(**arguments))
        self.addCleanup(self.server.stop)
        return self.server

    def user(self, token: str) -> Any:
        return self.server.connect(headers={"Authorization": f"Bearer {token}"}).instance.client.user

    def refused(self, token: str | None = None, target: str = "", **headers: str) -> Refuse:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        with self.assertRaises(Refuse) as caught:
            self.server.connect(target, headers=headers)
        refusal = caught.exception
        self.assertEqual(refusal.status, 401)
        challenge = refusal.headers["WWW-Authenticate"]
        self.assertTrue(challenge.startswith('Bearer realm="Chat"'), challenge)
        if token is not None:
            for part in token.split("."):
                if len(part) > 3:
                    self.assertNotIn(part, f"{refusal} {refusal.headers}")
        return refusal


class SourceTests(Case):
    """Where a token comes from."""

    def test_all(self) -> None:
        """It may come in the header, in the query, or as a sub-protocol."""
        self.serve()
        good = token()
        for target, headers in (
            ("", {"Authorization": f"Bearer {good}"}),
            ("", {"Authorization": f"bearer  {good}"}),
            (f"?token={good}", {}),
            ("", {"Sec-WebSocket-Protocol": f"bearer, {good}"}),
            ("", {"Sec-WebSocket-Protocol": f"chat.v1, bearer, {good}"}),
        ):
            user = self.server.connect(target, headers=headers).instance.client.user
            self.assertEqual((user["sub"], user["aud"]), ("ann", "chat"))

    def test_named(self) -> None:
        """Only the sources that are named are looked at, and the query's field has the name that is given."""
        self.serve(sources=["query"], parameter="access")
        good = token()
        self.assertEqual(self.server.connect(f"?access={good}").instance.client.user["sub"], "ann")
        for target, headers in (
            ("", {"Authorization": f"Bearer {good}"}),
            (f"?token={good}", {}),
            ("", {"Sec-WebSocket-Protocol": f"bearer, {good}"}),
        ):
            self.assertEqual(self.refused(None, target, **headers).reason, "a token, please")

    def test_none(self) -> None:
        """Who has none is told that one is wanted, and nothing of an error (RFC 6750, section 3)."""
        self.serve()
        for headers in (
            {},
            {"Authorization": "Basic YTpi"},
            {"Authorization": "Bearer"},
            {"Sec-WebSocket-Protocol": "bearer"},
            {"Sec-WebSocket-Protocol": "chat.v1, bearer"},
        ):
            refusal = self.refused(None, "", **headers)
            self.assertEqual(refusal.headers, {"WWW-Authenticate": 'Bearer realm="Chat"'})


class ClaimTests(Case):
    """What a token must say."""

    def test_reasons(self) -> None:
        """Each thing that is wrong is a 401 with a reason of its own."""
        self.serve(issuer="https://login.example")
        now = int(time.time())
        good = {"iss": "https://login.example"}
        self.assertEqual(self.user(token(**good))["sub"], "ann")
        for wrong, reason in (
            (token(**good, exp=now - 10), "the token has expired"),
            (token(**good, exp=None), "the token does not say exp"),
            (token(**good, nbf=now + 100), "the token is not valid yet"),
            (token(**good, aud="shop"), "the token is for another audience"),
            (token(**good, aud=None), "the token does not say aud"),
            (token(iss="https://evil.example"), "the token is another issuer's"),
            (token(), "the token does not say iss"),
            (token(OTHER, **good), "the token's signature is wrong"),
            (token(**good, exp="soon"), "the token is malformed"),
            (token(**good, exp=1e400), "the token is malformed"),
            (token(**good, sub=7), "the token is malformed"),
        ):
            refusal = self.refused(wrong)
            self.assertEqual(refusal.reason, reason)
            self.assertIn('error="invalid_token"', refusal.headers["WWW-Authenticate"])

    def test_several(self) -> None:
        """Audience and issuer may be lists, and a token may be for several."""
        self.serve(audience=["chat", "talk"], issuer=["a", "b"])
        self.user(token(aud=["shop", "talk"], iss="b"))
        self.refused(token(aud=["shop"], iss="b"))
        self.refused(token(aud="talk", iss="c"))

    def test_switched_off(self) -> None:
        """Audience and expiry are wanted unless that is switched off; an expiry counts all the same."""
        self.serve(audience=None, require_expiry=False)
        self.user(token(aud=None, exp=None))
        self.user(token(aud="anybody"))
        self.assertEqual(self.refused(token(exp=1)).reason, "the token has expired")

    def test_leeway(self) -> None:
        """Clocks may differ by so much."""
        self.serve(leeway=30)
        now = int(time.time())
        self.user(token(exp=now - 20, nbf=now + 20))
        self.refused(token(exp=now - 40))

    def test_claims_are_values(self) -> None:
        """Claims of every kind that JSON has become client.user."""
        self.serve()
        claims = {"n": None, "list": [1, 2.5, {"x": True}], "big": 2**80, "text": "é☃"}
        user = self.user(jwt.encode(claims | {"aud": "chat", "exp": 9e9}, SECRET, "HS256"))
        self.assertEqual({name: user[name] for name in claims}, claims)


class MalformedTests(Case):
    """What is no token."""

    def test_malformed(self) -> None:
        """Whatever is sent as a token is a 401, and no error of ours."""
        self.serve()
        good = token()
        head, body, signature = good.split(".")
        deep = "[" * 4000
        for wrong in (
            "x",
            "...",
            "é☃",
            f"{good}, {good}",
            f"{good} {good}",
            f"{head}.{body}",
            f"{head}.{body}.{signature}.x",
            f"{head}.{body[:-2]}.{signature}",
            f"{encoded([1])}.{body}.{signature}",
            f"{encoded(deep.encode())}.{body}.{signature}",
            f"{encoded({'alg': ['HS256']})}.{body}.{signature}",
            f"{encoded({'alg': 'HS256', 'kid': 7})}.{body}.{signature}",
            f"{encoded({'alg': 'HS256', 'kid': {}})}.{body}.{signature}",
            f"{encoded({})}.{body}.{signature}",
            "a" * 16000,
            "\0.\0.\0",
        ):
            self.refused(wrong)
        self.assertEqual(self.server.errors, [])

    def test_signed_nonsense(self) -> None:
        """Neither is what is signed, and no object of claims."""
        self.serve()
        for payload in (b"[1]", b"not json", b"[" * 5000, b"\xff"):
            signed = jwt.PyJWS().encode(payload, SECRET, "HS256")
            self.assertEqual(self.refused(signed).reason, "the token is malformed")

    def test_critical(self) -> None:
        """A token that says that something must be understood which nobody does is refused (RFC 7515)."""
        self.serve()
        self.refused(token(headers={"crit": ["x-own"], "x-own": 1}))
        self.refused(token(headers={"crit": ["b64"], "b64": True}))


class AlgorithmTests(Case):
    """Which algorithms are taken, with which key."""

    def test_kinds(self) -> None:
        """RS, PS, ES and EdDSA with public keys in PEM, HS with secrets."""
        for algorithm, kind in (
            ("RS256", "RSA"),
            ("PS512", "RSA"),
            ("ES256", "SECP256R1"),
            ("ES384", "SECP384R1"),
            ("ES512", "SECP521R1"),
            ("ES256K", "SECP256K1"),
            ("EdDSA", "Ed25519"),
        ):
            self.serve(key=public_pem(kind), algorithms=[algorithm])
            self.assertEqual(self.user(token(private_pem(kind), algorithm))["sub"], "ann")
        for algorithm in ("HS256", "HS384", "HS512"):
            self.serve(algorithms=[algorithm])
            self.user(token(SECRET, algorithm))

    def test_not_listed(self) -> None:
        """An algorithm that is not listed is refused, though the key would do."""
        self.serve(key=public_pem("RSA"), algorithms=["RS256"])
        self.refused(token(private_pem("RSA"), "RS512"))
        self.refused(token(private_pem("RSA"), "PS256"))

    def test_none(self) -> None:
        """A token that nobody signed is refused, however "none" is written."""
        self.serve()
        body = token().split(".")[1]
        for name in ("none", "None", "NONE", "nOnE", ""):
            self.refused(f"{encoded({'alg': name, 'typ': 'JWT'})}.{body}.")

    def test_confusion(self) -> None:
        """A public key is no secret: what is signed with it as one is refused (CVE-2015-9235)."""
        for kind, algorithm in (("RSA", "RS256"), ("SECP256R1", "ES256"), ("Ed25519", "EdDSA")):
            pem = public_pem(kind)
            self.serve(key=pem, algorithms=[algorithm])
            for secret in (pem.encode(), pem.strip().encode()):
                signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{token().split('.')[1]}"
                signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
                self.refused(f"{signed}.{encoded(signature)}")

    def test_key_in_the_token(self) -> None:
        """A key that a token itself brings is never used (CVE-2018-0114)."""
        self.serve(key=public_pem("RSA"), algorithms=["RS256"])
        own = rsa.generate_private_key(65537, 2048)
        brought = json.loads(RSAAlgorithm.to_jwk(own.public_key()))
        headers = {"jwk": brought, "jku": "https://evil.example", "x5u": "https://evil.example"}
        self.assertEqual(self.refused(token(own, "RS256", headers)).reason, "the token's signature is wrong")

    def test_certificate(self) -> None:
        """The key may stand in a certificate."""
        folder = Path(self.mktemp())
        folder.mkdir()
        pair = certificate.ensure(folder)
        self.serve(key=pair.cert, algorithms=["ES256"])
        self.user(token(pair.key.read_text(), "ES256"))


class JwksTests(Case):
    """A file of keys."""

    def setUp(self) -> None:
        self.file = Path(self.mktemp())
        self.count = 0

    def write(self, *members: dict[str, Any], text: str | None = None) -> None:
        self.file.write_text(json.dumps({"keys": members}) if text is None else text)
        self.count += 1
        os.utime(self.file, (self.count, self.count))

    def jwk(self, kind: str, **more: Any) -> dict[str, Any]:
        algorithm = {"RSA": RSAAlgorithm, "Ed25519": OKPAlgorithm}.get(kind, ECAlgorithm)
        return {**json.loads(algorithm.to_jwk(private(kind).public_key())), **more}

    def test_by_name(self) -> None:
        """A token names its key; one that names none is tried with all that fit."""
        self.write(self.jwk("RSA", kid="one"), self.jwk("SECP256R1", kid="two"), self.jwk("Ed25519"))
        self.serve(jwks=self.file, algorithms=["RS256", "ES256", "EdDSA"])
        self.user(token(private_pem("RSA"), "RS256", {"kid": "one"}))
        self.user(token(private_pem("SECP256R1"), "ES256", {"kid": "two"}))
        self.user(token(private_pem("SECP256R1"), "ES256"))
        self.user(token(private_pem("Ed25519"), "EdDSA", {"kid": "three"}))
        refusal = self.refused(token(private_pem("RSA"), "RS256", {"kid": "two"}))
        self.assertIn("a key or an algorithm that is not accepted", refusal.reason)

    def test_several_of_a_kind(self) -> None:
        """Of several keys that fit the right one is found."""
        other = ec.generate_private_key(ec.SECP256R1())
        self.write(json.loads(ECAlgorithm.to_jwk(other.public_key())), self.jwk("SECP256R1"))
        self.serve(jwks=str(self.file), algorithms=["ES256"])
        self.user(token(private_pem("SECP256R1"), "ES256"))
        self.user(token(other, "ES256"))
        self.refused(token(ec.generate_private_key(ec.SECP256R1()), "ES256"))

    def test_what_a_key_is_for(self) -> None:
        """Keys to encrypt with, and those for another algorithm, are not used; others of the file are."""
        self.write(
            self.jwk("RSA", use="enc"),
            self.jwk("RSA", alg="RS512"),
            self.jwk("SECP256R1", use="sig"),
            {"kty": "new"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        )
        self.serve(jwks=self.file, algorithms=["RS256", "ES256"])
        self.user(token(private_pem("SECP256R1"), "ES256"))
        self.refused(token(private_pem("RSA"), "RS256"))
        self.refused(token(private_pem("RSA"), "RS512"))

    def test_confusion(self) -> None:
        """Beside a secret in the same file a public key is none."""
        secret = {"kty": "oct", "k": encoded(SECRET.encode())}
        self.write(self.jwk("RSA"), secret)
        self.serve(jwks=self.file, algorithms=["RS256", "HS256"])
        self.user(token())
        signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{token().split('.')[1]}"
        for guess in (public_pem("RSA").encode(), json.dumps(self.jwk("RSA")).encode()):
            self.refused(f"{signed}.{encoded(hmac.digest(guess, signed.encode(), hashlib.sha256))}")

    def test_changed(self) -> None:
        """A file that has changed is read again, and one that has not is not."""
        self.write(self.jwk("RSA"))
        self.serve(jwks=self.file, algorithms=["RS256", "ES256"])
        self.refused(token(private_pem("SECP256R1"), "ES256"))
        self.write(self.jwk("SECP256R1"))
        with capturedLogs() as logs:
            self.user(token(private_pem("SECP256R1"), "ES256"))
            self.refused(token(private_pem("RSA"), "RS256"))
        self.assertEqual(len([event for event in logs if event["log_namespace"] == "wstwist.auth"]), 1)

    def test_broken_meanwhile(self) -> None:
        """What cannot be read, or is away, leaves the keys as they were, and is logged once."""
        self.write(self.jwk("SECP256R1"))
        self.serve(jwks=self.file, algorithms=["ES256"])
        good = token(private_pem("SECP256R1"), "ES256")
        with capturedLogs() as logs:
            for broken in ("{", '{"keys": []}', '{"keys": 1}', "[]", "[" * 9000):
                self.write(text=broken)
                self.user(good)
                self.user(good)
            self.file.unlink()
            self.user(good)
            self.user(good)
        lines = [event for event in logs if event["log_namespace"] == "wstwist.auth"]
        self.assertEqual([event["log_level"].name for event in lines], ["error"] * 6)
        self.write(self.jwk("SECP256R1"))
        self.user(good)


class ArgumentTests(SynchronousTestCase):
    """What an author gives."""

    def refused(self, **arguments: Any) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            project(**arguments)
        text = str(caught.exception)
        self.assertTrue(text.startswith("bearer: "), text)
        self.assertNotIn("\n", text)
        return text

    def test_wrong(self) -> None:
        """Each mistake is one line that says what would be right."""
        rs, es = public_pem("RSA"), public_pem("SECP256R1")
        empty = Path(self.mktemp())
        empty.write_text("nothing")
        jwks = Path(self.mktemp())
        jwks.write_text(json.dumps({"keys": [{"kty": "oct", "k": encoded(b"short")}]}))
        for words, arguments in (
            ("algorithms is a list such as ['ES256'], not 'ES256'", {"algorithms": "ES256"}),
            ("algorithms is a list", {"algorithms": []}),
            ("'none' is no algorithm that signs", {"algorithms": ["none"]}),
            ("did you mean RS256?", {"algorithms": ["rs256"]}),
            ("one key is not both", {"algorithms": ["HS256", "RS256"]}),
            ("it has 5 bytes; HS256 needs 32", {"key": "short"}),
            ("cannot be used for HS512", {"key": "k" * 32, "algorithms": ["HS256", "HS512"]}),
            ("a key in PEM is no secret", {"key": rs}),
            ("cannot be used for RS256: it is one for ES256", {"key": es, "algorithms": ["RS256"]}),
            ("cannot be used for ES384: it is one for ES256", {"key": es, "algorithms": ["ES384"]}),
            ("openssl pkey", {"key": private_pem("RSA"), "algorithms": ["RS256"]}),
            ("neither a public key in PEM nor a file", {"key": SECRET, "algorithms": ["RS256"]}),
            ("away.pem cannot be read: No such file", {"key": "away.pem", "algorithms": ["RS256"]}),
            ("no public key in PEM", {"key": empty, "algorithms": ["RS256"]}),
            ("no public key in PEM", {"key": rs[:60] + rs[90:], "algorithms": ["RS256"]}),
            ("cannot be read: No such file", {"key": Path("away")}),
            ("JWKS file", {"jwks": "away.json"}),
            ("is not of the form", {"jwks": empty}),
            ("has no key for HS256", {"jwks": jwks}),
            ("give one of key and jwks", {"key": None}),
            ("audience is a name or a list of names, not ''", {"audience": ""}),
            ("audience is a name or a list of names, not []", {"audience": []}),
            ("issuer is a name or a list of names, not [1]", {"issuer": [1]}),
            ("leeway is a number of seconds", {"leeway": "1 s"}),
            ("leeway is a number of seconds", {"leeway": -1}),
            ("sources is a list of header, query, protocol", {"sources": "header"}),
            ("sources is a list of header, query, protocol", {"sources": ["cookie"]}),
        ):
            text = self.refused(**arguments)
            self.assertIn(words, text)
            self.assertNotIn(SECRET, text)

    def test_weak_keys(self) -> None:
        """A short RSA key is refused (RFC 7518, section 3.3)."""
        weak = rsa.generate_private_key(65537, 1024).public_key()
        pem = weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.assertIn("it has 1024 bits, and needs 2048", self.refused(key=pem, algorithms=["RS256"]))

    def test_files(self) -> None:
        """A secret's file may end with a line end, and a key's path may be a text."""
        secret, pem = Path(self.mktemp()), Path(self.mktemp() + ".pem")
        secret.write_text(f"{SECRET}\n")
        pem.write_text(public_pem("RSA"))
        with MemoryServer(project(key=secret)) as server:
            server.connect(f"?token={token()}")
        with MemoryServer(project(key=str(pem), algorithms=["RS256"])) as server:
            server.connect(f"?token={token(private_pem('RSA'), 'RS256')}")

    def test_one_line_at_the_start(self) -> None:
        """A module whose key is not there is refused in one line that names place and file."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        (folder / "keyless.py").write_text(
            "from wstwist import Project\nfrom wstwist.auth import bearer\n\nclass Keyless(Project):\n"
            "    authenticate = bearer(key='gone.pem', algorithms=['ES256'], audience='chat')\n"
        )
        import sys

        sys.path.insert(0, str(folder))
        self.addCleanup(sys.path.remove, str(folder))
        with self.assertRaises(ConfigurationError) as caught:
            load("keyless:Keyless")
        self.assertIn("keyless.py:5: bearer: the key ", str(caught.exception))


class Talk(Project):
    """Its clients have a token, and it speaks a sub-protocol."""

    protocols = ("chat.v1",)
    authenticate = bearer(key=SECRET, algorithms=["HS256"], audience="chat")

    async def on_connect(self, client: Client) -> None:
        client.send(f"{client.user['sub']} {client.protocol}")


class ServedTests(ServedCase):
    """On real connections."""

    async def test_protocols(self) -> None:
        """A browser's token is a sub-protocol; the answer is the project's or "bearer", never the token."""
        await self.serve(Talk)
        for offered, answered in (
            (["bearer", token()], "bearer"),
            (["bearer", token(), "chat.v1"], "chat.v1"),
            (["chat.v1", "bearer", token()], "chat.v1"),
        ):
            client = await self.connect(protocols=offered)
            self.assertEqual(client.response["sec-websocket-protocol"], answered)
            self.assertEqual(await client.receive(), f"ann {answered}")

    async def test_header_and_query(self) -> None:
        """Other clients send it in the header or in the query, and are answered without a sub-protocol."""
        await self.serve(Talk)
        for target, headers in (("", {"Authorization": f"Bearer {token()}"}), (f"?token={token()}", {})):
            client = await self.connect(target, headers=headers)
            self.assertNotIn("sec-websocket-protocol", client.response)
            self.assertEqual(await client.receive(), "ann None")


class ServedOverTlsTests(ServedTests):
    transport = "tls"
