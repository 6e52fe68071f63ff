# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who of those that connect may come in, before anything of the author's runs: numbers, rates, origins."""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from collections.abc import Callable

from wstwist.exceptions import Refuse
from wstwist.limits import Limits
from wstwist.wire import origin
from wstwist.wire.interface import Request
from wstwist.wire.origin import Origins
from wstwist.wire.rates import Bucket

BURST = 5.0
"""Seconds' worth of connections that may come at once."""

_LATER = "5"  # seconds after which those should try again for whom there was no room
_PREFIX = 64  # bits of an IPv6 address that belong to one customer, at least


class NotAdmitted(Refuse):
    """A client is turned away before its context is made.

    Args:
        status: The HTTP status of the answer.
        reason: What the client is told.
        kind: What it is counted as.
        advice: What the operator is told.
        retry_after: The value of Retry-After, in seconds.
    """

    def __init__(self, status: int, reason: str, kind: str, advice: str, retry_after: str = "") -> None:
        """Keep all of it."""
        super().__init__(status, reason, {"Retry-After": retry_after} if retry_after else None)
        self.kind = kind
        self.advice = advice


class Admission:
    """The clients of one project, as far as their numbers go.

    Args:
        seconds: Gives the time, of a clock that does not jump.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Begin with nobody."""
        self._seconds = seconds
        self._clients: Counter[str] = Counter()
        self._buckets: dict[str, tuple[float, Bucket]] = {}  # in the order in which they were last used

    def check(self, request: Request, clients: int, limits: Limits, origins: Origins) -> None:
        """See whether a client may come in.

        Args:
            request: What it asks for.
            clients: How many the project has.
            limits: Those of the project.
            origins: Likewise.

        Raises:
            NotAdmitted: It may not: 403, 429 or 503.
        """
        address = key(request.address, request.port)
        if limits.connects_per_second is not None and address:
            self._check_rate(address, limits.connects_per_second)
        if limits.clients is not None and clients >= limits.clients:
            raise _full(503, "there are as many clients as may be", "clients", limits.clients)
        most = limits.clients_per_address
        if most is not None and address and self._clients[address] >= most:
            raise _full(429, "too many clients come from your address", "clients_per_address", most)
        if request.origin is not None and not origins.admit(request.origin, request.headers.get("host", "")):
            advice = origin.advice(request.origin, origins)
            raise NotAdmitted(403, "this page may not connect", "origin", advice)

    def enter(self, address: str, port: int | None) -> None:
        """Count a client."""
        self._clients[key(address, port)] += 1

    def leave(self, address: str, port: int | None) -> None:
        """Count it no more."""
        counted = key(address, port)
        self._clients[counted] -= 1
        if self._clients[counted] <= 0:
            del self._clients[counted]

    def _check_rate(self, address: str, rate: float) -> None:
        """Count one that connects, and turn it away where they come too fast."""
        now = self._seconds()
        self._forget_old(now)
        used = self._buckets.pop(address, None)
        bucket = Bucket(rate, rate * BURST, now) if used is None else used[1]
        self._buckets[address] = now, bucket
        if not bucket.take(now):
            reason = "too many connections from your address"
            advice = f"{reason}: more than {rate:g} a second (limits: connects_per_second)"
            raise NotAdmitted(429, reason, "connects_per_second", advice, str(math.ceil(1 / rate)))

    def _forget_old(self, now: float) -> None:
        """Forget those who have had the time to fill their buckets again."""
        while self._buckets:
            address, (used, _) = next(iter(self._buckets.items()))
            if now - used < BURST:
                return
            del self._buckets[address]


def key(address: str, port: int | None) -> str:
    """Give what an address is counted as: of IPv6 the customer's network; empty for a Unix socket."""
    if port is not None and ":" not in address:
        return address
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "" if port is None else address
    if parsed.version == 4:  # noqa: PLR2004 - of IP
        return address
    return str(ipaddress.ip_network((parsed, _PREFIX), strict=False))


def _full(status: int, reason: str, limit: str, most: int) -> NotAdmitted:
    return NotAdmitted(status, reason, limit, f"{reason}: {most} (limits: {limit})", _LATER)
