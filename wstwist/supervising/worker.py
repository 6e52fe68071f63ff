# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a worker knows of its supervisor: which one it is, and the sockets that it is given.

``python -m wstwist.supervising.worker ...`` is ``twistd ...``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

from twisted.internet import tcp, unix

from wstwist.exceptions import ConfigurationError

VARIABLE = "WSTWIST_WORKER"
"""The environment variable that names the file which says all of it."""

READY = b"r"
"""What a worker writes when it serves."""

RESTART = b"a"
"""What it writes when all workers are to be replaced."""


@dataclass(frozen=True)
class Worker:
    """A worker, as its supervisor describes it.

    Attributes:
        slot: Its number, from 0 on; its successor has the same.
        workers: How many there are.
        sockets: The descriptors of sockets that listen, by what they are for.
        telling: The descriptor of a pipe to the supervisor.
        living: The descriptor of a pipe that ends with the supervisor.
        nats: Where the cluster's NATS is, if the supervisor runs one.
        nats_token: Its token.
    """

    slot: int
    workers: int
    sockets: Mapping[str, int]
    telling: int
    living: int
    nats: Sequence[str] = ()
    nats_token: str | None = field(default=None, repr=False)

    def write(self, path: Path) -> None:
        """Write it for the process that is to be this worker."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))

    def tell(self, word: bytes) -> None:
        """Tell the supervisor something."""
        with suppress(OSError):  # it has gone, which `end_with_supervisor` notices
            os.write(self.telling, word)

    def end_with_supervisor(self) -> None:
        """End as SIGTERM does when the supervisor has gone, however it went."""
        Thread(target=self._wait, name="wstwist supervisor", daemon=True).start()

    def _wait(self) -> None:
        with suppress(OSError):
            while os.read(self.living, 1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)


@cache
def this_worker() -> Worker | None:
    """Tell which worker this process is; None: it is none."""
    path = os.environ.pop(VARIABLE, "")
    if not path:
        return None
    try:
        return Worker(**json.loads(Path(path).read_text()))
    except (OSError, ValueError, TypeError):
        raise ConfigurationError(f"{VARIABLE} is for workers alone: unset it") from None


class Adopting:
    """A reactor that listens on a socket which is there already.

    Args:
        reactor: The reactor.
        descriptor: The socket's.
    """

    def __init__(self, reactor: Any, descriptor: int) -> None:
        """Adopt nothing yet."""
        self._reactor = reactor
        self._descriptor = descriptor

    def __getattr__(self, name: str) -> Any:
        """Give what the reactor has."""
        return getattr(self._reactor, name)

    def adopt(self, kind: Any, factory: Any) -> Any:
        """Make a port of this kind of the socket."""
        with socket.socket(fileno=os.dup(self._descriptor)) as listening:
            family = listening.family
        port = kind._fromListeningDescriptor(self._reactor, self._descriptor, family, factory)
        port.startListening()
        return port

    def listenTCP(self, _port: int, factory: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - Twisted's name
        """Listen on it."""
        return self.adopt(tcp.Port, factory)

    def listenUNIX(self, _address: str, factory: Any, *_: Any, **__: Any) -> Any:  # noqa: N802 - likewise
        """Likewise."""
        port = _UnixPort._fromListeningDescriptor(self._reactor, self._descriptor, factory)  # type: ignore[no-untyped-call]
        port.mode = stat.S_IMODE(os.stat(port._bindPath).st_mode)  # noqa: PTH116 - which may be no text
        port.backlog = socket.SOMAXCONN  # it listens once more
        port.startListening()
        return port


class _UnixPort(unix.Port):
    """A port whose file belongs to the supervisor."""

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Leave the file where it is."""
        tcp.Port.connectionLost(self, reason)


def reactor_for(reactor: Any, name: str) -> Any:
    """Give the reactor on which to listen.

    Args:
        reactor: The reactor.
        name: What it is for.
    """
    worker = this_worker()
    if worker is None or name not in worker.sockets:
        return reactor
    return Adopting(reactor, worker.sockets[name])


def main() -> None:
    """Be ``twistd``."""
    from twisted.scripts.twistd import run  # noqa: PLC0415 - after what makes it a worker is read

    with suppress(OSError):  # it is the first of its group already
        os.setpgid(0, 0)  # Ctrl-C is for the supervisor, which tells the others
    sys.argv = ["twistd", *sys.argv[1:]]
    run()


if __name__ == "__main__":
    main()
