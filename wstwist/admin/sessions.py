# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who has signed in with a browser: a random id, which is all that the cookie holds."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256

from wstwist.admin.tokens import Role

IDLE_TIME = 12 * 3600.0
"""Seconds without a request after which a session ends."""

MOST = 1000
"""Sessions of a role that there are at most; the one that was not used for longest goes for a new one."""


TOLD_AGAIN = 600.0
"""Seconds after which a browser that goes on is told again how long its cookie is good."""


class Session:
    """One browser that has signed in.

    Attributes:
        role: What it may do.
        fingerprint: Of the token that it signed in with.
        used_at: When it was used last, by the sessions' clock.
        told_at: When the browser was told last how long its cookie is good.
    """

    __slots__ = ("fingerprint", "role", "told_at", "used_at")

    def __init__(self, role: Role, fingerprint: bytes, used_at: float) -> None:
        """Keep all of it."""
        self.role = role
        self.fingerprint = fingerprint
        self.used_at = self.told_at = used_at


class Sessions:
    """The sessions, by a digest of their ids: nothing here could be put into a cookie.

    Args:
        seconds: The clock.
        fingerprint: Gives what changes when the token of a role does; sessions end with their token.
    """

    def __init__(self, seconds: Callable[[], float], fingerprint: Callable[[Role], bytes]) -> None:
        """Begin with none."""
        self._seconds = seconds
        self._fingerprint = fingerprint
        self._sessions: dict[bytes, Session] = {}  # the one that was not used for longest comes first

    def __len__(self) -> int:
        """Count them, those included that nobody has noticed to be over."""
        return len(self._sessions)

    def begin(self, role: Role) -> str:
        """Begin a session, and give its id."""
        identity = secrets.token_urlsafe(32)
        same = [key for key, session in self._sessions.items() if session.role is role]
        for key in same[: max(0, len(same) - MOST + 1)]:
            del self._sessions[key]
        self._sessions[_key(identity)] = Session(role, self._fingerprint(role), self._seconds())
        return identity

    def find(self, identity: str) -> Session | None:
        """Give a session that goes on, without using it."""
        key = _key(identity)
        session = self._sessions.get(key)
        if session is None:
            return None
        is_idle = self._seconds() - session.used_at >= IDLE_TIME
        if is_idle or session.fingerprint != self._fingerprint(session.role):
            del self._sessions[key]
            return None
        return session

    def use(self, identity: str) -> Session | None:
        """Give a session that goes on, and from now on for another `IDLE_TIME`."""
        session = self.find(identity)
        if session is not None:
            session.used_at = self._seconds()
            key = _key(identity)
            self._sessions[key] = self._sessions.pop(key)
        return session

    def is_to_be_told(self, identity: str) -> bool:
        """Whether the browser's cookie would end before the session does; then it is told again."""
        session = self.find(identity)
        if session is None or session.used_at - session.told_at < TOLD_AGAIN:
            return False
        session.told_at = session.used_at
        return True

    def end(self, identity: str) -> None:
        """End a session, if it goes on."""
        self._sessions.pop(_key(identity), None)


def _key(identity: str) -> bytes:
    return sha256(identity.encode("utf-8", "surrogatepass")).digest()
