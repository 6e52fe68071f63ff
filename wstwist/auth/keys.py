# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The keys that tokens are verified with, and the algorithms that each of them may be used for.

A key is for the algorithms of its own kind alone: what is public of an RSA key is never taken for a secret
(RFC 8725, section 2.1).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK, PyJWTError
from twisted.logger import Logger

from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest

_SECRETS = {"HS256": 32, "HS384": 48, "HS512": 64}  # bytes of a secret, at least (RFC 7518, section 3.2)
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512", "secp256k1": "ES256K"}
_EDWARDS = "EdDSA"
_RSA_BITS = 2048  # at least (RFC 7518, section 3.3)
_PEM = "-----BEGIN "

ALGORITHMS = (*_SECRETS, *_RSA, *_CURVES.values(), _EDWARDS)
"""What a token may be signed with (RFC 7518, section 3.1; RFC 8037). "none" is not among them."""

_log = Logger(namespace="wstwist.auth")


class Key(NamedTuple):
    """A key.

    Attributes:
        id: What tokens may call it (``kid``), or None.
        algorithms: What it may be used for, of what the author lists.
        material: As PyJWT wants it.
    """

    id: str | None
    algorithms: frozenset[str]
    material: Any


def check_algorithms(algorithms: Sequence[str]) -> frozenset[str]:
    """Check the algorithms that an author lists.

    Raises:
        ConfigurationError: It is no list, or something in it is no algorithm.
    """
    if isinstance(algorithms, str) or not algorithms:
        raise ConfigurationError(f"bearer: algorithms is a list such as ['ES256'], not {algorithms!r}")
    for name in algorithms:
        if name not in ALGORITHMS:
            meant = nearest(str(name).upper(), ALGORITHMS)
            advice = f"did you mean {meant}?" if meant else f"there are {', '.join(ALGORITHMS)}"
            raise ConfigurationError(f"bearer: {name!r} is no algorithm that signs; {advice}")
    return frozenset(algorithms)


def one_key(key: str | bytes | Path, algorithms: frozenset[str]) -> Key:
    """Make the key of what an author gives.

    Args:
        key: Where the algorithms are HS256 and its like, the secret, or the `Path` of a file that holds it;
            else a public key or certificate in PEM, or the path of a file that holds it.
        algorithms: What it is to be used for.

    Raises:
        ConfigurationError: It is none, or not one for these algorithms.
    """
    secrets = algorithms & set(_SECRETS)
    if secrets and secrets != algorithms:
        one, other = min(secrets), min(algorithms - secrets)
        raise ConfigurationError(
            f"bearer: {one} is for a secret and {other} for a public key: one key is not both"
        )
    material = _secret(key) if secrets else _public_key(key)
    usable = _fitting(material) & algorithms
    if usable != algorithms:
        raise ConfigurationError(
            f"bearer: the key cannot be used for {min(algorithms - usable)}: {_advice(material)}"
        )
    return Key(None, usable, material)


class KeyFile:
    """The keys of a JWKS file (RFC 7517, section 5), read again whenever it has changed.

    Args:
        path: The file.
        algorithms: What its keys may be used for.

    Raises:
        ConfigurationError: It cannot be read, or has no key for any of these.
    """

    def __init__(self, path: Path, algorithms: frozenset[str]) -> None:
        """Read the file."""
        self._path = path
        self._algorithms = algorithms
        self._stamp = self._look()
        self._keys = self._read()

    def keys(self) -> Sequence[Key]:
        """Give the keys as the file has them now; where it cannot be read, as it had them before."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = self._read()
            except ConfigurationError as error:
                _log.error("{error}; the keys that were there before stay in use", error=error)
            else:
                _log.info("{path} has changed: {count} keys", path=self._path, count=len(self._keys))
        return self._keys

    def _look(self) -> tuple[int, ...]:
        """Give what differs when the file does."""
        try:
            status = self._path.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self) -> Sequence[Key]:
        try:
            members = json.loads(_contents(self._path, "JWKS file"))["keys"]
            found = [self._key(member) for member in members]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ConfigurationError(
                f'bearer: the JWKS file {self._path} is not of the form {{"keys": [...]}}'
            ) from None
        usable = [key for key in found if key is not None]
        if not usable:
            listed = ", ".join(sorted(self._algorithms))
            raise ConfigurationError(f"bearer: the JWKS file {self._path} has no key for {listed}")
        return usable

    def _key(self, member: dict[str, Any]) -> Key | None:
        """Make a key of a member; None: it is not for this (RFC 7517, section 5)."""
        if member.get("use", "sig") != "sig":
            return None
        try:
            material = PyJWK(member).key
        except PyJWTError:
            return None
        if hasattr(material, "public_key"):  # the file has the private one
            material = material.public_key()
        algorithms = _fitting(material) & self._algorithms
        if "alg" in member:
            algorithms &= {member["alg"]}
        return Key(member.get("kid"), algorithms, material) if algorithms else None


def _secret(key: str | bytes | Path) -> bytes:
    if isinstance(key, Path):
        key = _contents(key, "key").rstrip(b"\r\n")
    secret = key.encode() if isinstance(key, str) else key
    if _PEM.encode() in secret:
        raise ConfigurationError(
            "bearer: a key in PEM is no secret: list RS256, ES256 or EdDSA, as it was made for"
        )
    return secret


def _public_key(key: str | bytes | Path) -> Any:
    text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
    if _PEM not in text and not (
        isinstance(key, Path) or Path(text).suffix
    ):  # it may be a secret: do not show it
        raise ConfigurationError(
            "bearer: the key is neither a public key in PEM nor a file such as public.pem"
        )
    pem = text.encode() if _PEM in text else _contents(Path(text), "key")
    if b"PRIVATE KEY" in pem:
        raise ConfigurationError(
            "bearer: that is the private key, which only who signs tokens should have; here goes what "
            "openssl pkey -in private.pem -pubout prints"
        )
    try:
        if b"CERTIFICATE" in pem:
            return x509.load_pem_x509_certificate(pem).public_key()
        return load_pem_public_key(pem)
    except ValueError:
        raise ConfigurationError("bearer: the key is no public key in PEM") from None


def _fitting(material: Any) -> frozenset[str]:
    """Tell what a key can be used for."""
    if isinstance(material, bytes):
        return frozenset(name for name, size in _SECRETS.items() if len(material) >= size)
    if isinstance(material, rsa.RSAPublicKey):
        return frozenset(_RSA if material.key_size >= _RSA_BITS else ())
    if isinstance(material, ec.EllipticCurvePublicKey):
        return frozenset(filter(None, [_CURVES.get(material.curve.name)]))
    return frozenset(
        [_EDWARDS] if isinstance(material, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)) else ()
    )


def _advice(material: Any) -> str:
    """Say what is wrong with a key."""
    if isinstance(material, bytes):
        return (
            f"it has {len(material)} bytes; HS256 needs 32, HS384 48, HS512 64: "
            "python -c 'import secrets; print(secrets.token_urlsafe(64))' makes one"
        )
    if isinstance(material, rsa.RSAPublicKey) and material.key_size < _RSA_BITS:
        return f"it has {material.key_size} bits, and needs {_RSA_BITS}"
    return f"it is one for {', '.join(sorted(_fitting(material))) or 'nothing that is known here'}"


def _contents(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"bearer: the {what} {path.absolute()} cannot be read: {error.strerror}"
        ) from None
