# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From which pages browsers may connect (RFC 6455, section 10.2; RFC 6454)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_HOST = r"\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?"
_ORIGIN = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_PATTERN = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\*|(?:\*\.)?(?:{_HOST}))(?::(?P<port>[0-9]{{1,5}}|\*))?"
)
_MALFORMED = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/?#]*@)?(?P<host>{_HOST})(?::[0-9]*)?(?:[/?#].*)?", re.DOTALL
)
_PLACE = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_NEARLY = re.compile(
    rf"(?:(?P<scheme>[a-z]+)://)?(?P<place>(?:\*\.)?(?:{_HOST})(?::(?:[0-9]{{1,5}}|\*))?)(?P<path>/.*)?"
)


_SHOWN = 200  # characters of an Origin, at most


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that a project admits beside its own.

    Attributes:
        patterns: Each is an origin such as ``https://example.org``, where ``*.`` before the host means all
            hosts below it, and ``*`` in place of host or port any; or ``*`` for everybody; or ``null`` for
            pages that have none, such as files.
    """

    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, patterns: Sequence[str]) -> Origins:
        """Check patterns as an author writes them.

        Raises:
            ValueError: One is no pattern; it says what would be.
        """
        return cls(tuple(_checked(pattern) for pattern in patterns))

    def admit(self, origin: str, host: str) -> bool:
        """Tell whether a page may connect.

        Args:
            origin: The request's Origin.
            host: Its Host: that of the page may be the same, and its port, whatever the scheme. A proxy
                may speak TLS for us.
        """
        origin = origin.lower()
        if "*" in self.patterns:
            return True
        if origin == "null":
            return origin in self.patterns
        found = _ORIGIN.fullmatch(origin)
        if found is None:
            return False
        default = _DEFAULT_PORTS.get(found["scheme"], "")
        port = found["port"] or default
        return (found["host"], port) == _place(host.lower(), default) or any(
            _matches(pattern, found["scheme"], found["host"], port) for pattern in self.patterns
        )


def advice(origin: str, origins: Origins) -> str:
    """Say, for an operator's eyes, how a page that may not connect could be admitted beside others.

    Of an Origin that is none only scheme and host are said: there may be a password in it, or a token.
    """
    if origin != "null" and not _ORIGIN.fullmatch(origin.lower()):
        found = _MALFORMED.fullmatch(origin.lower())
        where = f", {found['scheme']}://{found['host']} with something else"[:_SHOWN] if found else ""
        return f"the Origin is malformed{where}"
    origin = origin[:_SHOWN]
    wanted = json.dumps([*origins.patterns, origin])
    return f"pages of {origin} may not connect; to admit them: origins = {wanted}"


def _matches(pattern: str, scheme: str, host: str, port: str) -> bool:
    """Tell whether an origin is one of those that a pattern means."""
    found = _PATTERN.fullmatch(pattern)
    if found is None or found["scheme"] != scheme:
        return False
    name, wanted = found["host"], found["port"] or _DEFAULT_PORTS.get(scheme, "")
    is_below = name.startswith("*") and host.endswith(name[1:]) and len(host) >= len(name)
    return (host == name or is_below) and wanted in (port, "*")


def _place(host: str, default: str) -> tuple[str, str]:
    """Take apart a request's Host."""
    found = _PLACE.fullmatch(host)
    return (found["host"], found["port"] or default) if found else ("", "")


def _checked(pattern: object) -> str:
    """Give one pattern in lower case."""
    if not isinstance(pattern, str):
        raise ValueError(f"an origin such as 'https://example.org', not {pattern!r}")  # noqa: TRY004
    lower = pattern.lower().strip()
    if lower in ("*", "null") or _PATTERN.fullmatch(lower):
        return lower
    nearly = _NEARLY.fullmatch(lower)
    if nearly is None:
        raise ValueError(
            f"{pattern!r} is no origin: write it as 'https://example.org' or 'https://*.example.org'"
        )
    meant = f"{nearly['scheme'] or 'https'}://{nearly['place']}"
    raise ValueError(f"{pattern!r} is no origin, which has a scheme and no path: write {meant!r}")
