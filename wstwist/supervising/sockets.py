# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The sockets on which workers listen: bound once, by their supervisor, and kept open by it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory

from wstwist.wire import endpoints

SPREADS = hasattr(socket, "SO_REUSEPORT") and sys.platform.startswith("linux")
"""Whether the system spreads connections over several sockets of one port; elsewhere workers share one."""


class _Bound(NamedTuple):
    sockets: list[socket.socket]
    is_for_all: bool


class Sockets:
    """Sockets by what they are for.

    Args:
        slots: How many workers there are.
    """

    def __init__(self, slots: int) -> None:
        """Bind nothing yet."""
        self._slots = slots
        self._bound: dict[str, _Bound] = {}
        self._paths: list[Path] = []

    def bind(
        self, name: str, endpoint: Callable[[Any], Any], description: str, *, is_for_all: bool = True
    ) -> None:
        """Bind what an endpoint describes.

        Args:
            name: What it is for.
            endpoint: Makes the endpoint, of a reactor.
            description: What the operator calls it.
            is_for_all: Whether all workers listen there; else only the first one.

        Raises:
            ConfigurationError: It cannot be bound.
        """
        binding = Binding(self._slots if is_for_all else 1)
        endpoints.listen(endpoint(binding), Factory(), description)
        self._bound[name] = _Bound(binding.sockets, is_for_all)
        self._paths += binding.paths

    def of(self, slot: int) -> dict[str, int]:
        """Give the descriptors of a slot's sockets."""
        return {
            name: bound.sockets[min(slot, len(bound.sockets) - 1)].fileno()
            for name, bound in self._bound.items()
            if bound.is_for_all or slot == 0
        }

    def close(self) -> None:
        """Close all of them."""
        for bound in self._bound.values():
            for each in bound.sockets:
                each.close()
        for path in self._paths:
            with suppress(OSError):
                path.unlink()


class Binding:
    """A reactor that binds for others, and never accepts. What it gives as a port is itself.

    Args:
        slots: How many sockets there are to be of each port.

    Attributes:
        sockets: What was bound.
        paths: The files of Unix sockets.
    """

    def __init__(self, slots: int) -> None:
        """Bind nothing yet."""
        self._slots = slots if SPREADS else 1
        self.sockets: list[socket.socket] = []
        self.paths: list[Path] = []

    def listenTCP(  # noqa: N802 - Twisted's name
        self,
        port: int,
        factory: Any,  # noqa: ARG002
        backlog: int = 50,
        interface: str = "",
    ) -> Binding:
        """Bind a port, once for each slot."""
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        try:
            port = _free(family, interface, port)
            for _ in range(self._slots):
                bound = socket.socket(family, socket.SOCK_STREAM)
                self.sockets.append(bound)
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if self._slots > 1:
                    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                bound.bind((interface, port))
                bound.listen(backlog)
                bound.setblocking(False)
        except OSError as error:
            raise CannotListenError(interface, port, error) from None
        return self

    def listenUNIX(  # noqa: N802 - Twisted's name
        self,
        address: str,
        factory: Any,  # noqa: ARG002
        backlog: int = 50,
        mode: int = 0o666,
        wantPID: bool = False,  # noqa: ARG002, N803
    ) -> Binding:
        """Bind a Unix socket, once."""
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            bound.bind(address)
            if not address.startswith("\0"):
                self.paths.append(Path(address))
                self.paths[-1].chmod(mode)
            bound.listen(backlog)
        except OSError as error:
            raise CannotListenError(None, address, error) from None
        bound.setblocking(False)
        self.sockets.append(bound)
        return self

    def getHost(self) -> IPv4Address | IPv6Address:  # noqa: N802 - as Twisted's ports
        """Give the address that was bound last."""
        host, port, *_ = self.sockets[-1].getsockname()
        kind = IPv6Address if self.sockets[-1].family == socket.AF_INET6 else IPv4Address
        return kind("TCP", host, port)


def _free(family: int, interface: str, port: int) -> int:
    """Give a port that nobody listens on, not even somebody who would share it."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((interface, port))
        found: int = probe.getsockname()[1]
        return found
