# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How far a peer has come with what was written to it, as far as the system knows."""

from __future__ import annotations

import socket
import struct
import sys
from typing import Any

from twisted.protocols.policies import ProtocolWrapper

# Linux's struct tcp_info: segments that are not acknowledged at 24, the bytes that are at 120, and at 144
# those that the peer's window has no room for.
_FIELDS = struct.Struct("=24xI92xQ16xI")


def taken(transport: Any) -> int | None:
    """Tell how many bytes the peer's system has acknowledged, if it has not acknowledged all.

    Args:
        transport: Any transport of a connection.

    Returns:
        The number, which grows while the peer reads; None: it has all, or there is no knowing (only Linux
        tells, and only of TCP).
    """
    while isinstance(transport, ProtocolWrapper):  # TLS, for example
        transport = transport.transport
    if sys.platform != "linux" or not hasattr(transport, "getHandle"):
        return None
    try:
        told = transport.getHandle().getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _FIELDS.size)
    except (AttributeError, OSError):  # no socket, none of TCP, or none any more
        return None
    if len(told) < _FIELDS.size:
        return None
    in_flight, acknowledged, unsent = _FIELDS.unpack(told)
    return acknowledged if in_flight or unsent else None
