# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Users and passwords by HTTP Basic (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
import hmac
import inspect
import os
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from twisted.internet.defer import DeferredSemaphore

from wstwist.auth.challenges import Authenticate, challenge, check_realm
from wstwist.auth.passwords import PasswordHash
from wstwist.exceptions import ConfigurationError
from wstwist.project import HandshakeRequest

Check: TypeAlias = Callable[[str, str], Any]
_Check: TypeAlias = Callable[[Any, str, str], Awaitable[Any]]

_AT_ONCE = min(4, os.cpu_count() or 1)  # hashes being computed: each takes a processor, and 32 MiB


def basic(check: Check | Mapping[str, str], *, realm: str | None = None) -> Authenticate:
    """Let in who has a user's name and the password.

    Args:
        check: Called with a user's name and a password; it gives what `client.user` is to be, or None where
            these are wrong. It may be ``async def``; a ``def`` runs in a thread. Or a dictionary of names and
            hashes of passwords, as ``python -m wstwist.auth`` makes them; then `client.user` is the name.
        realm: What a browser tells whoever is to type the password; None: the project's name.

    Raises:
        ConfigurationError: It is neither, or takes something else; the realm cannot stand in a header.
    """
    ask = _asker(check)
    check_realm("basic", realm)

    async def authenticate(project: Any, request: HandshakeRequest) -> Any:
        given = request.headers.get("authorization", "")
        credentials = _credentials(given)
        user = None if credentials is None else await ask(project, *credentials)
        if user is None:
            reason = "the user or the password is wrong" if given else "a user and a password, please"
            raise challenge("Basic", reason, realm=realm or type(project).__name__, charset="UTF-8")
        return user

    return authenticate


def _check_arguments(check: Check) -> None:
    """Refuse a function that cannot be called with a user and a password."""
    try:
        signature = inspect.signature(check)
    except ValueError:  # of what is built in it may not be known
        return
    try:
        signature.bind("user", "password")
    except TypeError:
        name = getattr(check, "__name__", type(check).__name__)
        raise ConfigurationError(
            f"basic: {name} is called with a user and a password, and takes {signature}"
        ) from None


def _asker(check: Check | Mapping[str, str]) -> _Check:
    """Make one kind of function of all that may be given."""
    if isinstance(check, Mapping):
        return _Users(check).check
    if not callable(check):
        raise ConfigurationError(
            f"basic: a function that is given a user and a password, or a dictionary of users and hashes of "
            f"passwords, not {type(check).__name__}"
        )
    _check_arguments(check)
    inner = inspect.unwrap(check)
    is_async = inspect.iscoroutinefunction(check) or inspect.iscoroutinefunction(inner)
    is_async = is_async or inspect.isgeneratorfunction(inner)  # of inlineCallbacks

    async def ask(project: Any, user: str, password: str) -> Any:
        given = check(user, password) if is_async else await project.in_thread(check, user, password)
        return await given if inspect.isawaitable(given) else given

    return ask


def _credentials(header: str) -> tuple[str, str] | None:
    """Give user and password of an Authorization header field, None where it has none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    if not colon or any(unicodedata.category(character) == "Cc" for character in text):
        return None
    return user, password


class _Users:
    """Users and the hashes of their passwords.

    Who gives a wrong password waits as long as who gives an unknown name. A password that was right is known
    by a keyed hash afterwards, which takes no time: clients that come back all at once keep nobody waiting.

    Args:
        hashes: By the users' names.
    """

    def __init__(self, hashes: Mapping[str, str]) -> None:
        """Read the hashes."""
        self._hashes = {user: _parsed(user, text) for user, text in hashes.items()}
        self._nobodys = next(iter(self._hashes.values()), PasswordHash.of("")).nobodys()
        self._turns = DeferredSemaphore(_AT_ONCE)
        self._secret = secrets.token_bytes(32)
        self._were_right: dict[str, bytes] = {}

    async def check(self, project: Any, user: str, password: str) -> str | None:
        """Give the user's name, or None."""
        wanted = self._hashes.get(user)
        seen = hmac.digest(self._secret, f"{user}:{password}".encode(), "sha256")
        if hmac.compare_digest(self._were_right.get(user, b""), seen):
            return user
        await self._turns.acquire()
        try:
            is_right = await project.in_thread((wanted or self._nobodys).is_of, password)
        finally:
            self._turns.release()
        if wanted is None or not is_right:
            return None
        self._were_right[user] = seen
        return user


def _parsed(user: object, text: object) -> PasswordHash:
    if not (isinstance(user, str) and isinstance(text, str)):
        raise ConfigurationError("basic: users and hashes of passwords are texts")
    if not user or ":" in user:
        raise ConfigurationError(f"basic: a user's name has no colon, and is not empty: {user!r}")
    try:
        return PasswordHash.parse(text)
    except ValueError as error:
        raise ConfigurationError(f"basic: what stands for the user {user!r} is {error}") from None
