# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who may ask the administration for what: host names, tokens, sessions, origins."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import NamedTuple

from twisted.logger import Logger

from wstwist.admin.failures import FREE, Failures
from wstwist.admin.problems import Problem
from wstwist.admin.sessions import IDLE_TIME, Sessions
from wstwist.admin.tokens import Role, Tokens
from wstwist.wire.origin import Origins

_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)
_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?")
_OWN_ORIGIN = Origins()

_log = Logger(namespace="wstwist.admin")


class Asker(NamedTuple):
    """Where a request comes from, and what it shows.

    Attributes:
        headers: Its header fields, names in lower case.
        address: The peer's address; "" on a Unix socket.
        secure: Whether it came over TLS.
    """

    headers: Mapping[str, str]
    address: str
    secure: bool


class Who(NamedTuple):
    """Somebody who has been recognised.

    Attributes:
        role: What they may do.
        address: Where they are.
        session: The id of their session; None where each request shows the token.
        is_current: Tells whether they still may: a session may end, and a token be replaced.
    """

    role: Role
    address: str
    session: str | None
    is_current: Callable[[], bool]

    def __str__(self) -> str:
        """Say role and address, for the log."""
        return f"{self.role.value} at {self.address or 'a Unix socket'}"

    def require(self, role: Role) -> None:
        """Refuse somebody who may not."""
        if not self.role.may(role):
            raise Problem(403, f"this needs the token {role.value!r}; yours is {self.role.value!r}")


class Gate:
    """Lets in who has a token.

    Args:
        tokens: The tokens.
        seconds: The clock.
        names: Names by which the administration may be asked, beside ``localhost`` and IP addresses.
    """

    def __init__(self, tokens: Tokens, seconds: Callable[[], float], names: Iterable[str] = ()) -> None:
        """Begin with nobody."""
        self._tokens = tokens
        self._names = frozenset({"localhost", *(name.lower().rstrip(".") for name in names)})
        self._failures = Failures(seconds)
        self.sessions = Sessions(seconds, tokens.fingerprint)

    def check_host(self, asker: Asker) -> None:
        """Refuse a Host that anybody may have given to this machine's address (DNS rebinding).

        An address is no name, and cannot be bound to another.
        """
        place = _PLACE.fullmatch(asker.headers.get("host", "").lower())
        name = "" if place is None else place[1].strip("[]").rstrip(".")
        if name not in self._names and not _is_address(name):
            raise Problem(
                421,
                f"the administration is not asked by the name {name[:100]!r}; if it is to be, start the "
                f"server with --admin-host {name[:100] or 'NAME'} (admin_hosts)",
            )

    def who(self, asker: Asker) -> Who:
        """Recognise who asks.

        Raises:
            Problem: 401, or 429 after too many wrong tokens.
        """
        authorization = asker.headers.get("authorization")
        if authorization is not None:
            bearer = _BEARER.fullmatch(authorization)
            if bearer is None:
                raise _unknown("the Authorization must be: Bearer, a blank, and a token")
            return self._by_token(bearer[1], asker)
        identity = self.session_of(asker)
        session = None if identity is None else self.sessions.use(identity)
        if identity is None or session is None:
            raise _unknown("show a token, or sign in" if identity is None else "the session is over: sign in")
        return Who(session.role, asker.address, identity, lambda: self.sessions.find(identity) is not None)

    def sign_in(self, token: str, asker: Asker) -> tuple[Role, str]:
        """Begin a session for a browser; gives its role, and the header field with the cookie."""
        role = self._by_token(token, asker).role
        _log.info("{who} signed in", who=str(Who(role, asker.address, None, bool)))
        return role, _cookie(asker, self.sessions.begin(role), int(IDLE_TIME))

    def renewed_cookie(self, asker: Asker, who: Who) -> str | None:
        """Give the header field that makes a browser's cookie last as long as its session; None: it does."""
        if who.session is None or not self.sessions.is_to_be_told(who.session):
            return None
        return _cookie(asker, who.session, int(IDLE_TIME))

    def sign_out(self, asker: Asker) -> str:
        """End a browser's session; gives the header field that takes the cookie back."""
        identity = self.session_of(asker)
        if identity is not None:
            self.sessions.end(identity)
        return _cookie(asker, "", 0)

    def check_own_page(self, asker: Asker) -> None:
        """Refuse what does not come from a page of ours: a browser adds the cookie for any (CSRF)."""
        origin = asker.headers.get("origin")
        if origin is None:
            raise Problem(403, "a request with a cookie that changes something needs an Origin")
        self.check_origin(asker)

    def check_origin(self, asker: Asker) -> None:
        """Refuse pages of others; programs send no Origin."""
        origin = asker.headers.get("origin")
        if origin is not None and not _OWN_ORIGIN.admit(origin, asker.headers.get("host", "")):
            raise Problem(403, f"pages of {origin[:200]} may not use the administration")

    def session_of(self, asker: Asker) -> str | None:
        """Give the id of a session, as the cookie says it."""
        # Not http.cookies: it gives up where another service of this host has set what it does not like.
        pairs = (pair.partition("=") for pair in re.split("[;,]", asker.headers.get("cookie", "")))
        own = [value.strip() for name, _, value in pairs if name.strip() == cookie_name(asker)]
        current = [value for value in own if self.sessions.find(value) is not None]
        return next(iter(current or own), None) or None

    def _by_token(self, token: str, asker: Asker) -> Who:
        """Recognise who has a token; a wrong one is counted, logged, and costs time from the sixth on."""
        wait = self._failures.wait(asker.address)
        if wait > 0:
            after = math.ceil(wait)
            raise Problem(
                429,
                f"there were too many wrong tokens from {asker.address or 'here'}: try again in {after} s",
                headers={"Retry-After": str(after)},
            )
        role = self._tokens.role_of(token)
        if role is None:
            count = self._failures.failed(asker.address)
            _log.warn(
                "{address}: a wrong token{times}",
                address=asker.address or "a Unix socket",
                times=f", the {count}th" if count > FREE else "",
            )
            raise _unknown("the token is wrong")
        if role is Role.FULL:  # whoever reads only could try others for the rest, and begin again each time
            self._failures.succeeded(asker.address)
        fingerprint = self._tokens.fingerprint(role)
        return Who(role, asker.address, None, lambda: self._tokens.fingerprint(role) == fingerprint)


def cookie_name(asker: Asker) -> str:
    """Name the cookie by the port: browsers send a host's cookies to all of its ports."""
    place = _PLACE.fullmatch(asker.headers.get("host", "").lower())
    port = place[2] if place is not None and place[2] else "443" if asker.secure else "80"
    return f"wstwist-admin-{port}"


def _cookie(asker: Asker, value: str, seconds: int) -> str:
    secure = "; Secure" if asker.secure else ""
    return f"{cookie_name(asker)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _unknown(detail: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="wstwist"'})


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
