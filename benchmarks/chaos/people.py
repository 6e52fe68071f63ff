# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The clients: some on each node, one after another ordering its context to do something."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Any

from benchmarks.chaos.history import Told
from benchmarks.cluster.process import until
from benchmarks.cluster.witness import Witness

_HISTORY = frozenset({"sent", "ran", "counted", "done"})
ASKED = 3
"""The first clients wait for calls only where it is looked who is reachable."""

_PAUSE = 0.005
"""Seconds between two orders."""


class Person:
    """A client.

    Args:
        node: The number of its node.
        url: Where that is.
        history: Where what it is told goes.

    Attributes:
        node: As given.
        id: Its id; "" until it knows it.
        reached: Numbers that were broadcast to it.
        failures: What its context could not do, the latest ones.
        listed: What was listed for it: by number, who answered, and whom the global service knows.
    """

    def __init__(self, node: int, url: str, history: list[Told]) -> None:
        """Connect."""
        self.node = node
        self.id = ""
        self.reached: set[int] = set()
        self.listed: dict[int, tuple[set[str], set[str]]] = {}
        self.failures: deque[Any] = deque(maxlen=20)
        self._history = history
        self._socket = Witness(url, self._told)

    @property
    def is_connected(self) -> bool:
        """Whether it is known, and its connection has not ended."""
        return bool(self.id) and self._socket.is_connected

    def wait(self) -> None:
        """Wait until it knows its id."""
        until(lambda: self.id or None, "a client's connection")

    def has_failed(self, token: int) -> bool:
        """Whether it could not look who is reachable."""
        return any(order == "reach" and arguments == [token] for order, arguments, *_ in self.failures)

    def order(self, *what: Any) -> None:
        """Have its context do something."""
        self._socket.send(what)

    def leave(self) -> None:
        """End the connection."""
        self._socket.close()

    def _told(self, _at: float, message: Any) -> None:
        what, *rest = message
        if what in _HISTORY:
            self._history.append(Told(self.id, what, *rest))
        elif what == "id":
            (self.id,) = rest
        elif what == "reached":
            self.reached.add(rest[0])
        elif what == "listed":
            token, reached, present = rest
            self.listed[token] = set(reached), set(present)
        else:
            self.failures.append(rest)


class Load:
    """Has the clients' contexts busy, in a thread of its own, while the `with` block lasts.

    Args:
        people: The clients; those that have gone may be replaced meanwhile.
        chance: Chooses who does what.

    Attributes:
        orders: How many orders were given.
    """

    def __init__(self, people: Sequence[Person], chance: Random) -> None:
        """Begin idle."""
        self._people = people
        self._chance = chance
        self._numbers = count(1)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.orders = 0

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """End."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            sender, target = (self._chance.randrange(len(self._people)) for _ in range(2))
            self._order(sender, target, self._chance.random())
            self.orders += 1
            time.sleep(_PAUSE)

    def _order(self, at: int, target_at: int, kind: float) -> None:
        number, sender, target = next(self._numbers), self._people[at], self._people[target_at].id
        if kind < 0.35:  # noqa: PLR2004 - a part of them
            sender.order("send", number, target)
        elif kind < 0.7:  # noqa: PLR2004 - likewise
            sender.order("cast", number, target)
        elif kind < 0.85:  # noqa: PLR2004 - likewise
            sender.order("broadcast", number)
        elif kind < 0.95 and ASKED <= at < target_at:  # noqa: PLR2004 - likewise; in a circle nobody may wait
            sender.order("call", number, target)
        else:
            sender.order("count", number)
