# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tokens: JWT (RFC 7519) that somebody else has signed, checked as RFC 8725 asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from wstwist.auth.challenges import Authenticate, challenge
from wstwist.auth.keys import Key, KeyFile, check_algorithms, one_key
from wstwist.exceptions import ConfigurationError
from wstwist.project import HandshakeRequest

PROTOCOL = "bearer"
"""The sub-protocol behind which a browser names its token."""

SOURCES = ("header", "query", "protocol")
"""Where a token may come from."""

_LONGEST = 3600  # seconds by which clocks may differ

_REASONS: Mapping[type[BaseException], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is another issuer's",
    jwt.InvalidSignatureError: "the token's signature is wrong",
}


def bearer(
    *,
    algorithms: Sequence[str],
    audience: str | Sequence[str] | None,
    key: str | bytes | Path | None = None,
    jwks: str | Path | None = None,
    issuer: str | Sequence[str] | None = None,
    leeway: float = 0,
    require_expiry: bool = True,
    sources: Sequence[str] = SOURCES,
    parameter: str = "token",
) -> Authenticate:
    """Let in who has a token; `client.user` is its claims, a dictionary.

    Paths are relative to the folder in which the server is started.

    Args:
        algorithms: What tokens may be signed with, such as ``["ES256"]``.
        audience: For whom tokens have to be (``aud``): one of these; None: whoever they are for.
        key: What they are verified with: a public key or certificate, as PEM or as the path of a file; where
            the algorithms are HS256, HS384 or HS512 the secret, or the `Path` of a file that holds it.
        jwks: In place of that, the path of a JWKS file, which is read again when it has changed.
        issuer: Whose tokens are taken (``iss``): one of these; None: whosever.
        leeway: Seconds by which the clock of who signs them may differ from ours.
        require_expiry: Whether a token must say when it expires (``exp``). One that says so is never taken
            later.
        sources: Where a token is looked for, in this order: ``"header"`` (``Authorization: Bearer TOKEN``),
            ``"query"`` (``?token=TOKEN``), ``"protocol"`` (``new WebSocket(url, ["bearer", TOKEN])``).
        parameter: The name of the field of the query.

    Raises:
        ConfigurationError: A key cannot be read or used, or an argument is not what it should be.
    """
    usable = check_algorithms(algorithms)
    _check_sources(sources)
    if type(leeway) not in (int, float) or not 0 <= leeway < _LONGEST:
        raise ConfigurationError(f"bearer: leeway is a number of seconds below {_LONGEST}, not {leeway!r}")
    find_keys = _keys(key, jwks, usable)
    verifier = Verifier(_listed("audience", audience), _listed("issuer", issuer), leeway, require_expiry)

    async def authenticate(project: Any, request: HandshakeRequest) -> dict[str, Any]:
        realm = type(project).__name__
        token = find_token(request, sources, parameter)
        if not token:
            raise challenge("Bearer", "a token, please", realm=realm)
        try:
            return verifier.claims(token, find_keys())
        except NotAccepted as error:
            reason = str(error)
        raise challenge("Bearer", reason, realm=realm, error="invalid_token", error_description=reason)

    if "protocol" in sources:
        vars(authenticate)["protocols"] = (PROTOCOL,)
    return authenticate


class NotAccepted(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """A token is not accepted; says why, in words that have nothing of it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What tokens have to be like.

    Attributes:
        audience: One of these they are for; None: whoever.
        issuer: One of these has made them; None: whoever.
        leeway: Seconds by which clocks may differ.
        require_expiry: Whether they must say when they expire.
    """

    audience: Sequence[str] | None
    issuer: Sequence[str] | None
    leeway: float
    require_expiry: bool

    def claims(self, token: str, keys: Sequence[Key]) -> dict[str, Any]:
        """Verify a token, and give what it says.

        Raises:
            NotAccepted: It is not one to be trusted.
        """
        try:
            return self._verified(token, keys)
        except NotAccepted:
            raise
        except jwt.MissingRequiredClaimError as error:
            raise NotAccepted(f"the token does not say {error.claim}") from None
        except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes bring about
            raise NotAccepted(_REASONS.get(type(error), "the token is malformed")) from None

    def _verified(self, token: str, keys: Sequence[Key]) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        algorithm, name = header.get("alg"), header.get("kid")
        fitting = [key for key in keys if algorithm in key.algorithms and _may_be(name, key.id)]
        if not fitting:
            raise NotAccepted("the token is signed with a key or an algorithm that is not accepted")
        for key in fitting[:-1]:
            try:
                return self._decoded(token, key)
            except jwt.InvalidSignatureError:
                continue
        return self._decoded(token, fitting[-1])

    def _decoded(self, token: str, key: Key) -> dict[str, Any]:
        return jwt.decode(
            token,
            key.material,
            algorithms=sorted(key.algorithms),
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway,
            options={
                "require": ["exp"] if self.require_expiry else [],
                "verify_aud": self.audience is not None,
            },
        )


def find_token(request: HandshakeRequest, sources: Sequence[str], parameter: str) -> str | None:
    """Give the token that comes with a request, None where there is none."""
    found = {
        "header": _from_header,
        "query": lambda request: request.query.get(parameter),
        "protocol": _from_protocols,
    }
    return next(filter(None, (found[source](request) for source in sources)), None)


def _from_header(request: HandshakeRequest) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_protocols(request: HandshakeRequest) -> str | None:
    offered = request.protocols
    if PROTOCOL not in offered:
        return None
    return next(iter(offered[offered.index(PROTOCOL) + 1 :]), None)


def _may_be(wanted: object, name: str | None) -> bool:
    """Tell whether a key may be the one that a token names; either may have no name."""
    return wanted is None or name is None or wanted == name


def _keys(
    key: str | bytes | Path | None, jwks: str | Path | None, algorithms: frozenset[str]
) -> Callable[[], Sequence[Key]]:
    """Give what gives the keys."""
    if (key is None) == (jwks is None):
        raise ConfigurationError("bearer: give one of key and jwks")
    if jwks is not None:
        return KeyFile(Path(jwks).absolute(), algorithms).keys
    assert key is not None  # noqa: S101 - one of both is there
    keys = [one_key(key, algorithms)]
    return lambda: keys


def _check_sources(sources: Sequence[str]) -> None:
    if isinstance(sources, str) or not sources or not set(sources) <= set(SOURCES):
        raise ConfigurationError(f"bearer: sources is a list of {', '.join(SOURCES)}, not {sources!r}")


def _listed(name: str, value: str | Sequence[str] | None) -> list[str] | None:
    """Make a list of one or several names."""
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value)
    if not names or not all(isinstance(item, str) and item for item in names):
        raise ConfigurationError(f"bearer: {name} is a name or a list of names, not {value!r}")
    return names
