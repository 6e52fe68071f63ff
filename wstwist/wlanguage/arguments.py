# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the functions are given, checked; ``called`` is the function's name, for errors."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from datetime import timedelta
from math import isfinite

from wstwist import durations
from wstwist.connection.blocking.tls import Versions

Wait = float | str | timedelta
"""A time: hundredths of a second, a text such as ``"5 s"``, or a timedelta."""

Protocols = str | Iterable[str]
"""Sub-protocols: a list of names, or one text with commas between them."""

TLS1_2, TLS1_3 = 16, 32
"""SSL options: which versions may be spoken. Those before TLS 1.2 are not spoken here."""

_VERSIONS: dict[int, Versions] = {
    TLS1_2: (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    TLS1_3: (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    TLS1_2 + TLS1_3: (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
}
_HUNDREDTHS = 100
_NO_TIME = re.compile(r"\s*0+(\.0+)?\s*(h|min|s|ms)\s*", re.ASCII)
_OF_URLS = frozenset("/?#@\\")


def name_of(called: str, name: object) -> str:
    """Give a socket's name."""
    if not isinstance(name, str):
        raise TypeError(f"{called}: the socket's name is a text, not {name!r}")
    return name


def url_of(called: str, secure: bool, address: str, port: object, path: object) -> str:
    """Put a URL together."""
    if not _OF_URLS.isdisjoint(address):
        instead = "SocketConnecte" if "Connecte" in called else "SocketConnect"
        raise ValueError(
            f"{called}: the server's address is a host's name, not {address!r}; for a URL there is {instead}"
        )
    if port is not None and (type(port) is not int or not 0 < port < 1 << 16):
        raise TypeError(f"{called}: the port is a number from 1 to 65535, not {port!r}")
    if not isinstance(path, str):
        raise TypeError(f"{called}: the path is a text, not {path!r}")
    host = f"[{address}]" if address.count(":") > 1 and not address.startswith("[") else address
    where = host if port is None else f"{host}:{port}"
    return f"{'wss' if secure else 'ws'}://{where}/{path.removeprefix('/')}"


def protocols_of(called: str, protocols: object) -> list[str]:
    """Give the sub-protocols one by one."""
    if not protocols:
        return []
    if isinstance(protocols, str):
        return [name.strip() for name in protocols.split(",") if name.strip()]
    if not isinstance(protocols, Iterable):
        raise TypeError(f"{called}: protocols are a list of names, or a text with commas, not {protocols!r}")
    return list(protocols)


def versions_of(called: str, option: object) -> Versions | None:
    """Give the versions of TLS that an SSL option allows; None: those that are usual."""
    if option is None or option == 0:
        return None
    if type(option) is not int or option not in _VERSIONS:
        raise ValueError(f"{called}: the SSL option is TLS 1.2, TLS 1.3 or both, not {option!r}")
    return _VERSIONS[option]


def flag_of(called: str, wait: object) -> bool:
    """Give whether to wait: True or False, or 1 or 0 as in WLanguage; a time would come after it."""
    if isinstance(wait, int) and wait in {0, 1}:
        return bool(wait)
    raise TypeError(f"{called}: whether to wait is True or False, not {wait!r}; how long comes after it")


def seconds_of(called: str, wait: Wait) -> float:
    """Turn a time into seconds; it may be none at all."""
    try:
        if isinstance(wait, timedelta) and not wait:
            return 0.0
        if isinstance(wait, str) and _NO_TIME.fullmatch(wait):
            return 0.0
        if isinstance(wait, (int, float)) and not isinstance(wait, bool):
            return _seconds(wait)
        return durations.seconds(wait)
    except (ValueError, OverflowError):
        shown = f"{wait!r:.40}"
        right = "write hundredths of a second, or for example '5 s'"
        raise ValueError(f"{called}: the maximum wait: {shown} is no time: {right}") from None


def _seconds(hundredths: float) -> float:
    seconds = hundredths / _HUNDREDTHS
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(hundredths)
    return seconds


def most_of(called: str, most: object) -> int | None:
    """Give how many bytes are wanted at most; None: all there are."""
    if most is not None and (type(most) is not int or most <= 0):
        raise ValueError(f"{called}: the maximum of bytes is a number above 0, not {most!r}")
    return most
