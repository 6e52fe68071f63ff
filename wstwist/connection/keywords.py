# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The options of a connection as keyword arguments, for editors and type checkers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TypedDict

from wstwist.connection.options import Duration

File = str | PathLike[str]


class Keywords(TypedDict, total=False):
    """What `wstwist.connection.options.Options` takes; that class says what each means."""

    protocols: Iterable[str]
    headers: Mapping[str, str]
    origin: str | None
    compress: bool
    message_size: int
    fragments: int
    queue_size: int
    ping_interval: Duration | None
    ping_timeout: Duration
    connect_timeout: Duration
    close_timeout: Duration
    ca_file: File | None
    certificate: File | None
    key: File | None
    insecure: bool
    proxy: str | bool | None
