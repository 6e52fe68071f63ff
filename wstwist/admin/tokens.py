# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The two tokens of the administration: one to read, one to do all; in a file that only its owner reads."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from wstwist.exceptions import ConfigurationError

NAME = "wstwist.tokens"
"""The file's name."""

SHORTEST = 20
"""Characters that a token has at least; ours have 43."""

_log = Logger(namespace="wstwist.admin")


class Role(Enum):
    """What somebody may do."""

    READ = "read"
    FULL = "full"

    def may(self, needed: Role) -> bool:
        """Whether this is enough where ``needed`` is wanted."""
        return self is needed or self is Role.FULL


class Tokens:
    """The tokens of a file. One that is changed holds from then on, and what it replaces holds no more.

    Args:
        path: The file, which is made where it is not there.

    Attributes:
        path: As given.

    Raises:
        ConfigurationError: It cannot be made or read, is none, or others may read it.
    """

    def __init__(self, path: Path) -> None:
        """Read the tokens, or make them."""
        self.path = path
        self._stamp: object = None
        self._digests: dict[Role, bytes] = {}
        if not path.exists():
            _make(path)
        self._read()

    def role_of(self, token: str) -> Role | None:
        """Tell what whoever has this token may do; None: it is none of ours."""
        self._follow()
        digest = _digest(token)
        found = None
        for role, own in self._digests.items():  # all of them, so that the time tells nothing
            if hmac.compare_digest(own, digest):
                found = role
        return found

    def fingerprint(self, role: Role) -> bytes:
        """Give what changes when the token of a role does."""
        self._follow()
        return self._digests[role]

    def _follow(self) -> None:
        """Read the file again where it is another than before; what cannot be read changes nothing."""
        try:
            stamp = _stamp(self.path.stat())
            if stamp != self._stamp:
                self._stamp = stamp  # what is wrong with it is said once
                self._read()
        except ConfigurationError as error:
            _log.error("the tokens stay as they were: {error}", error=error)
        except OSError:
            pass  # it is being replaced, or has gone: the tokens hold until there are others

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                data = file.read(64 * 1024)
        except OSError as error:
            raise ConfigurationError(f"{self.path}: cannot be read: {error.strerror}") from None
        if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"{self.path}: others may read the tokens: chmod 600 {self.path}, or remove it for new ones"
            )
        if os.name == "posix" and status.st_uid not in (os.geteuid(), 0):
            raise ConfigurationError(f"{self.path}: belongs to somebody else: remove it")
        self._digests = {role: _digest(token) for role, token in _parse(data, self.path).items()}
        self._stamp = _stamp(status)


def default_folder(environment: Mapping[str, str]) -> Path:
    """Give where the tokens are of a server without a configuration file.

    Raises:
        ConfigurationError: There is no such place.
    """
    state = environment.get("XDG_STATE_HOME", "")
    try:
        base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:
        raise ConfigurationError(
            "there is no home folder for the administration's tokens: set XDG_STATE_HOME, or use --config"
        ) from None
    return base / "wstwist"


def _make(path: Path) -> None:
    """Make a file with new tokens; one that somebody else makes at the same time stays."""
    content = {role.value: secrets.token_urlsafe(32) for role in Role}
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(json.dumps(content, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(draft, path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the administration's tokens cannot be written: {error.strerror}"
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _put_in_place(draft: Path, path: Path) -> None:
    """Give a file its name, unless there is one of that name."""
    with suppress(FileExistsError):
        try:
            os.link(draft, path)
        except (PermissionError, NotImplementedError, AttributeError):  # a file system without hard links
            draft.replace(path)


def _parse(data: bytes, path: Path) -> dict[Role, str]:
    try:
        content: Any = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    names = [role.value for role in Role]
    if not isinstance(content, dict) or sorted(content) != sorted(names):
        raise ConfigurationError(
            f'{path}: must be {{"read": "…", "full": "…"}}; remove it, and new tokens are made'
        )
    for name, token in content.items():
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError(f"{path}: the token {name!r} must be printable ASCII without blanks")
        if len(token) < SHORTEST:
            raise ConfigurationError(f"{path}: the token {name!r} must have at least {SHORTEST} characters")
    if content["read"] == content["full"]:
        raise ConfigurationError(f"{path}: the two tokens must differ")
    return {role: content[role.value] for role in Role}


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _stamp(status: os.stat_result) -> object:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
