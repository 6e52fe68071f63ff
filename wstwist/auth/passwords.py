# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Hashes of passwords: scrypt (RFC 7914), as text ``scrypt$15$8$3$SALT$HASH``.

The numbers are the binary logarithm of its cost, its block size and its parallelism.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass

_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_NUMBER = "[0-9]{1,2}"
_TEXT = re.compile(
    rf"scrypt\$(?P<cost>{_NUMBER})\$(?P<block>{_NUMBER})\$(?P<parallel>{_NUMBER})"
    rf"\$(?P<salt>{_BASE64})\$(?P<digest>{_BASE64})"
)
_COST, _BLOCK, _PARALLEL = 15, 8, 3  # 32 MiB and some tenths of a second, as OWASP recommends
_SALT, _DIGEST = 16, 32  # bytes
_MOST_MEMORY = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """The hash of a password.

    Attributes:
        cost: The binary logarithm of scrypt's N.
        block: Its r.
        parallel: Its p.
        salt: Its salt.
        digest: What comes out for the right password.
    """

    cost: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> PasswordHash:
        """Read a hash.

        Raises:
            ValueError: It is none, or one that would take more than 256 MiB to check.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError("no hash of a password: make one with python -m wstwist.auth")
        salt, digest = (base64.b64decode(found[part]) for part in ("salt", "digest"))
        parsed = cls(int(found["cost"]), int(found["block"]), int(found["parallel"]), salt, digest)
        numbers = (parsed.cost, parsed.block, parsed.parallel, len(digest))
        if not all(numbers) or parsed.memory > _MOST_MEMORY:
            raise ValueError("a hash of a password that takes more than 256 MiB to check, or none at all")
        return parsed

    @classmethod
    def of(cls, password: str) -> PasswordHash:
        """Hash a password, with a salt of its own."""
        empty = cls(_COST, _BLOCK, _PARALLEL, secrets.token_bytes(_SALT), b"")
        return cls(_COST, _BLOCK, _PARALLEL, empty.salt, empty.compute(password))

    def nobodys(self) -> PasswordHash:
        """Give one that takes as long to check and is no password's."""
        salt, digest = secrets.token_bytes(len(self.salt)), secrets.token_bytes(len(self.digest))
        return PasswordHash(self.cost, self.block, self.parallel, salt, digest)

    @property
    def memory(self) -> int:
        """The bytes that it takes to compute."""
        return 128 * self.block * ((1 << self.cost) + self.parallel + 2)

    def compute(self, password: str) -> bytes:
        """Compute what comes out for a password; this takes a while, and a thread of its own."""
        return hashlib.scrypt(
            unicodedata.normalize("NFC", password).encode(),
            salt=self.salt,
            n=1 << self.cost,
            r=self.block,
            p=self.parallel,
            maxmem=self.memory,
            dklen=len(self.digest) or _DIGEST,
        )

    def is_of(self, password: str) -> bool:
        """Tell whether a password is the right one, in a time that does not depend on it."""
        return hmac.compare_digest(self.compute(password), self.digest)

    def __str__(self) -> str:
        """Write it."""
        salt, digest = (base64.b64encode(part).decode("ascii") for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.block}${self.parallel}${salt}${digest}"


def hash_password(password: str) -> str:
    """Give what may be kept in place of a password; blocking, for some tenths of a second."""
    return str(PasswordHash.of(password))


def verify_password(password: str, password_hash: str) -> bool:
    """Tell whether a password is that of which `hash_password` made this; blocking likewise.

    Raises:
        ValueError: It is no hash of a password.
    """
    return PasswordHash.parse(password_hash).is_of(password)
