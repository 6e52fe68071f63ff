# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which cluster a process belongs to."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wstwist.exceptions import ConfigurationError

DEFAULT_NAME = "wstwist"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SCHEMES = ("nats", "tls")


@dataclass(frozen=True)
class Cluster:
    """A cluster: all processes that share a NATS and this name.

    Attributes:
        servers: Where NATS is: URLs, ``nats://HOST:PORT`` or ``tls://HOST:PORT``; each may have
            ``USER:PASSWORD@`` or ``TOKEN@`` before its host.
        name: The cluster's name, 1 to 40 letters, digits, ``-`` and ``_``.
        label: What to call this process beside its host's name, such as ``worker 2``; "": its process id.
        token: A token for NATS.
        credentials: A file with a user's JWT and key (``.creds``).
        nkey: A file with the seed of an NKey.
        ca: A PEM file with certificates of who signed the servers'.

    Raises:
        ConfigurationError: Something cannot be so.
    """

    servers: Sequence[str]
    name: str = DEFAULT_NAME
    label: str = ""
    token: str | None = field(default=None, repr=False)
    credentials: Path | None = None
    nkey: Path | None = None
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Check it."""
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"cluster: a name has 1 to 40 letters, digits, - and _, not {self.name[:100]!r}"
            )
        if not self.servers:
            raise ConfigurationError("nats: no URL is given; write nats://HOST:4222")
        for url in self.servers:
            _check(url)
        for what, file in (
            ("nats_credentials", self.credentials),
            ("nats_nkey", self.nkey),
            ("nats_ca", self.ca),
        ):
            if file is not None and not file.is_file():
                raise ConfigurationError(f"{what}: there is no file {file}")

    def options(self) -> dict[str, Any]:
        """Give what nats-py is to connect with."""
        given = {
            "servers": list(self.servers),
            "token": self.token,
            "user_credentials": None if self.credentials is None else str(self.credentials),
            "nkeys_seed": None if self.nkey is None else str(self.nkey),
            "tls": self._tls(),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _tls(self) -> ssl.SSLContext | None:
        if self.ca is None and not any(url.startswith("tls:") for url in self.servers):
            return None
        return ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))

    @property
    def shown(self) -> str:
        """The servers, without passwords."""
        return ", ".join(without_password(url) for url in self.servers)


def without_password(url: str) -> str:
    """Give a URL as others may see it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ConfigurationError(f"nats: {without_password(url)[:200]!r} is no URL such as nats://HOST:4222")
