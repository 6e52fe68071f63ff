# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Wrong tokens: whoever has tried some waits before the next one, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

FREE = 5
"""Wrong tokens that cost nothing."""

FIRST_DELAY = 1.0
"""Seconds to wait after one more; after each further one twice as long."""

LONGEST_DELAY = 300.0
"""Seconds to wait at most."""

FORGOTTEN = 900.0
"""Seconds after the last wrong token in which it is forgotten that there were any."""

MOST = 10_000
"""Addresses that are remembered; the one that was wrong the longest time ago is forgotten for a new one."""

_NETWORK = 64  # bits of an IPv6 address that one customer of a provider has


class Failures:
    """Who has shown wrong tokens, by address (of IPv6 the network, a /64).

    Args:
        seconds: The clock.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Begin with nobody."""
        self._seconds = seconds
        self._known: dict[str, tuple[int, float]] = {}  # how many, and when the last one was

    def wait(self, address: str) -> float:
        """Give how many seconds an address has to wait before its next token is looked at."""
        count, last = self._find(_origin(address))
        if count < FREE:
            return 0.0
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(count - FREE, 30))
        return max(0.0, last + delay - self._seconds())

    def failed(self, address: str) -> int:
        """Note a wrong token; gives how many there were."""
        origin = _origin(address)
        count, _ = self._find(origin)
        self._known.pop(origin, None)
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[origin] = count + 1, self._seconds()
        return count + 1

    def succeeded(self, address: str) -> None:
        """Forget wrong tokens: there was a right one."""
        self._known.pop(_origin(address), None)

    def _find(self, origin: str) -> tuple[int, float]:
        count, last = self._known.get(origin, (0, 0.0))
        return (0, 0.0) if self._seconds() - last >= FORGOTTEN else (count, last)


def _origin(address: str) -> str:
    """Give what tells one who tries from another."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004 - IP's version
        return address
    return f"{int(parsed) >> (128 - _NETWORK):x}/{_NETWORK}"
