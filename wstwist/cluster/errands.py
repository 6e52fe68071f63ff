# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the administration of one node has another one do: a request in JSON, and its answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from nats import errors

from wstwist.exceptions import BusUnavailable

if TYPE_CHECKING:
    from wstwist.cluster.link import Link

Errand = Mapping[str, Any]

PATIENCE = 70.0
"""Seconds that somebody waits for an answer: a procedure may take a minute."""

_TOO_LARGE = {"status": 503, "detail": "the answer is larger than NATS takes: ask for less"}


class Errands:
    """Sends errands, and does those of others.

    Args:
        link: The way to NATS.
        cluster: The cluster's name.
        node: This node.
    """

    def __init__(self, link: Link, cluster: str, node: str) -> None:
        """Do nothing yet."""
        self._link = link
        self._cluster = cluster
        self._node = node
        self._do: Callable[[Errand], Awaitable[Errand]] | None = None
        self._is_listening = False
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, do: Callable[[Errand], Awaitable[Errand]]) -> None:
        """Do others' errands from now on; the function never fails."""
        self._do = do

    async def listen(self) -> None:
        """Be there for errands, once there is a connection."""
        if not self._is_listening:
            self._is_listening = True
            try:
                await self._link.connection.subscribe(self._subject(self._node), cb=self._asked)
            except (errors.Error, OSError):  # the connection has ended again; the next one is used
                self._is_listening = False

    async def send(self, node: str, errand: Errand) -> Errand:
        """Have a node do something; gives its answer.

        Raises:
            BusUnavailable: There is none.
        """
        if not self._link.is_up:
            raise BusUnavailable("NATS is away: other nodes cannot be asked")
        data = json.dumps(errand).encode("ascii")
        try:
            answer = await self._link.connection.request(self._subject(node), data, timeout=PATIENCE)
        except (errors.Error, TimeoutError, OSError) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise BusUnavailable(f"node {node} does not answer: {why}") from None
        found: Errand = json.loads(answer.data)
        return found

    def _subject(self, node: str) -> str:
        return f"{self._cluster}.errands.{node}"

    async def _asked(self, message: Any) -> None:
        """Do an errand; others wait for nothing meanwhile."""
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, message: Any) -> None:
        if self._do is None:
            answer: Errand = {"status": 503, "detail": "this node is still starting"}
        else:
            answer = await self._do(json.loads(message.data))
        data = json.dumps(answer).encode("ascii")
        if len(data) > self._link.largest:
            data = json.dumps(_TOO_LARGE).encode("ascii")
        try:
            await message.respond(data)
        except (errors.Error, OSError):
            return  # whoever asked is told that there is no answer
