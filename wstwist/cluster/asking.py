# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Questions to other nodes, calls among them, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from wstwist.bus import frames
from wstwist.cluster.requests import Answered, Requests
from wstwist.exceptions import BusUnavailable, ClientGone, WstwistError

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus


class Asking:
    """What one project asks other nodes.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Ask nothing yet."""
        self._bus = bus
        self._requests = Requests()

    def request(
        self,
        node: str,
        answered: Answered,
        frame: Callable[[int], frames.Frame],
        gone: Callable[[], BaseException],
    ) -> int | None:
        """Ask a node something; gives the request's number, None where it cannot be asked.

        Args:
            node: Whom.
            answered: Called with the answer.
            frame: Makes the frame, of the request's number.
            gone: Says what it means that the node is gone.
        """
        error = self._bus.check_link()
        if error is None and node not in self._bus.node.members:
            error = gone()  # type: ignore[assignment] # an error of wstwist's
        if error is not None:
            answered(None, error)
            return None
        number = self._requests.add(node, answered, gone)
        self._bus.put(node, frame(number))
        return number

    def ask(self, node: str, what: str, arguments: Sequence[Any], answered: Answered) -> None:
        """Ask a node about its clients; what can be asked, `Asked` says."""
        self.request(
            node,
            answered,
            lambda number: (frames.ASK, number, what, list(arguments)),
            lambda: ClientGone(f"node {node} has gone, with its clients"),
        )

    def ask_all(
        self,
        what: str,
        arguments: Sequence[Any],
        answered: Callable[[list[Any], WstwistError | None], None],
    ) -> None:
        """Ask all other nodes that serve the project; those that go meanwhile have no answer."""
        others = self._bus.others()
        error = self._bus.check_link() if others else None
        if error is not None or not others:
            answered([], error)
            return
        answers: list[Any] = []
        missing = [member.id for member in others]

        def one(node: str, value: Any, error: BaseException | None) -> None:
            missing.remove(node)
            if error is None:
                answers.append(value)
            if not missing:
                answered(answers, None)

        for member in others:
            self.ask(member.id, what, arguments, partial(one, member.id))

    def withdraw(self, number: int) -> str | None:
        """Want no answer any more; give who was asked, if there is none yet."""
        return self._requests.withdraw(number)

    # What comes.

    def answered(self, sender: str, number: int, value: Any) -> None:
        """Take an answer."""
        self._requests.answered(sender, number, value, None)

    def failed(self, sender: str, number: int, described: list[str]) -> None:
        """Take what there is instead of one."""
        self._requests.answered(sender, number, None, frames.decode_error(described))

    def gone(self, node: str) -> None:
        """Answer what a node was asked that has gone."""
        self._requests.gone(node)

    def stop(self) -> None:
        """Answer everything."""
        self._requests.stop(BusUnavailable(f"{self._bus.name}: this server stops"))

    # What leaves.

    def answer(self, node: str, number: int, value: Any, error: BaseException | None) -> None:
        """Answer a node."""
        if error is not None:
            self.refuse(node, number, error)
        else:
            self._bus.put(node, (frames.ANSWER, number, value))

    def refuse(self, node: str, number: int, error: BaseException) -> None:
        """Tell a node why there is no answer."""
        self._bus.put(node, (frames.FAILURE, number, frames.encode_error(error)))
