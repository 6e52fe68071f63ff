# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who takes part: how each server is started, in its fastest documented set-up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.servers.common import BACKLOG, HOST

FOLDER = Path(__file__).parent


class Pair(NamedTuple):
    """A certificate and its key, in PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Order:
    """What a server is to do.

    Attributes:
        port: Where it listens.
        serves: ``echo`` or ``fan-out``.
        pair: The certificate, for TLS.
        deflate: Whether messages are compressed.
    """

    port: int
    serves: str
    pair: Pair | None = None
    deflate: bool = False


Command = Callable[[Order], list[str]]


@dataclass(frozen=True)
class Contestant:
    """A server.

    Attributes:
        name: How the command line and the report call it.
        command: Gives the command that starts it.
        packages: Whose versions the report tells.
        lacks: What it has not: ``deflate``.
        path: Gives where clients connect.
    """

    name: str
    command: Command
    packages: tuple[str, ...]
    lacks: frozenset[str] = frozenset()
    path: Callable[[Order], str] = lambda _order: "/"

    @property
    def is_ours(self) -> bool:
        """Whether it is what all others are compared with."""
        return self.name.startswith("wstwist")


def _project(order: Order) -> str:
    if order.serves == "fan-out":
        return "FanOut"
    return "CompressedEcho" if order.deflate else "Echo"


def _wstwist(*start: str) -> Command:
    def command(order: Order) -> list[str]:
        port = "--tls-port" if order.pair else "--port"
        place = ["--interface", HOST, port, str(order.port), *_with_pair(order, "--cert", "--key")]
        return [*start, *place, f"benchmarks.servers.project:{_project(order)}"]

    return command


def _with_pair(order: Order, cert: str, key: str) -> list[str]:
    return [cert, str(order.pair.cert), key, str(order.pair.key)] if order.pair else []


def _server(*start: str) -> Command:
    """Give the command of a server of this folder: they all take the same options."""

    def command(order: Order) -> list[str]:
        deflate = ["--deflate"] if order.deflate else []
        port = ["--port", str(order.port)]
        return [*start, "--mode", order.serves, *port, *_with_pair(order, "--cert", "--key"), *deflate]

    return command


def _module(name: str) -> Command:
    return _server(sys.executable, "-m", f"benchmarks.servers.{name}")


def _application(order: Order) -> str:
    return f"benchmarks.servers.asgi:{order.serves.replace('-', '_')}"


def _asgi(server: str, order: Order) -> list[str]:
    """Give what the ASGI servers call the same."""
    place = ["--host", HOST, "--port", str(order.port), "--backlog", str(BACKLOG)]
    return [
        sys.executable,
        "-m",
        server,
        *place,
        "--loop",
        "uvloop",
        "--no-access-log",
        "--log-level",
        "warning",
    ]


def _uvicorn(order: Order) -> list[str]:
    deflate = str(order.deflate).lower()
    return [
        *_asgi("uvicorn", order),
        *("--http", "httptools", "--ws", "websockets-sansio", "--ws-per-message-deflate", deflate),
        *_with_pair(order, "--ssl-certfile", "--ssl-keyfile"),
        _application(order),
    ]


def _granian(order: Order) -> list[str]:
    return [
        *_asgi("granian", order),
        *("--interface", "asginl", "--http", "1", "--ws", "--runtime-mode", "st"),
        *_with_pair(order, "--ssl-certificate", "--ssl-keyfile"),
        _application(order),
    ]


_NO_DEFLATE = frozenset({"deflate"})

_TWISTD = (str(Path(sys.executable).with_name("twistd")), "--nodaemon", "--pidfile=")


def _project_path(order: Order) -> str:
    return f"/{_project(order)}"


CONTESTANTS = (
    Contestant("wstwist", _wstwist(*_TWISTD, "wsproject"), ("wstwist", "uvloop"), path=_project_path),
    Contestant(
        "wstwist-epoll", _wstwist(*_TWISTD, "--reactor=epoll", "wsproject"), ("Twisted",), path=_project_path
    ),
    Contestant("picows", _module("picows"), ("picows", "aiofastnet"), _NO_DEFLATE),
    Contestant("websockets", _module("websockets"), ("websockets",)),
    Contestant("aiohttp", _module("aiohttp"), ("aiohttp",)),
    Contestant("uvicorn", _uvicorn, ("uvicorn", "httptools")),
    Contestant("granian", _granian, ("granian",), _NO_DEFLATE),
    Contestant("tornado", _module("tornado"), ("tornado",)),
    Contestant("autobahn", _module("autobahn"), ("autobahn",)),
    Contestant("ws", _server("node", str(FOLDER / "servers" / "ws.js")), ()),
)
OURS = tuple(contestant for contestant in CONTESTANTS if contestant.is_ours)
