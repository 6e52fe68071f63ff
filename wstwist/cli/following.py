# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a server tells as it happens."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

from wstwist.cli.api import Answered, Api
from wstwist.cli.trouble import Trouble
from wstwist.wire.closing import GOING_AWAY

STEP = 1.0
"""Seconds between two questions where nothing is told by itself."""

_LARGEST = 64 * 1024 * 1024  # bytes of what is told at once


class Topic(NamedTuple):
    """One thing to follow.

    Attributes:
        kind: Its name in the live data.
        names: What it is about: a project, or a project and a client.
        path: Where the API has it.
        query: Parameters of both; those that are None are left out.
    """

    kind: str
    names: tuple[str, ...]
    path: tuple[str, ...]
    query: dict[str, Any]

    @property
    def text(self) -> str:
        """Name it, as the live data do."""
        names = "/".join(quote(name, safe="") for name in self.names)
        query = urlencode({key: value for key, value in self.query.items() if value is not None})
        return self.kind + (f":{names}" if names else "") + (f"?{query}" if query else "")


class Told(NamedTuple):
    """What is told of a topic.

    Attributes:
        topic: Which.
        data: It, as the API gives it.
        error: Why there is nothing; None: there is.
    """

    topic: Topic
    data: Any
    error: Answered | None = None


class Follower(ABC):
    """One who follows topics; it is used in a ``with``."""

    @abstractmethod
    def follow(self, topics: Sequence[Topic]) -> None:
        """Follow these from now on, and no others."""

    @abstractmethod
    def next(self, timeout: float | None = None) -> Told | None:
        """Wait for what is told next; None: nothing in so many seconds."""

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Follow nothing any more."""
        return


def follower(api: Api) -> Follower:
    """Give who follows what a server tells.

    Raises:
        Trouble: The server lets nobody follow, or there is none.
    """
    return Questioner(api) if api.server.startswith("unix:") else Listener(api)


def follow(api: Api, topic: Topic) -> Iterator[Any]:
    """Give what is told of one topic, for ever.

    Raises:
        Trouble: The server does not tell it, or has gone.
    """
    with follower(api) as following:
        following.follow([topic])
        while True:
            told = following.next()
            if told is not None:
                if told.error is not None:
                    raise told.error
                yield told.data


class Questioner(Follower):
    """Asks again and again: over a Unix socket there are no live data.

    Args:
        api: Whom.
    """

    def __init__(self, api: Api) -> None:
        """Begin with nothing to ask."""
        self._api = api
        self._topics: list[Topic] = []
        self._waiting: list[Topic] = []
        self._due = 0.0

    def follow(self, topics: Sequence[Topic]) -> None:
        """Ask about these."""
        before = {topic[:3]: topic for topic in self._topics}
        self._topics = [before.get(topic[:3], topic) if "after" in topic.query else topic for topic in topics]
        self._due = 0.0

    def next(self, timeout: float | None = None) -> Told | None:
        """Ask, when it is time."""
        if not self._waiting:
            wait = self._due - time.monotonic()
            if timeout is not None and wait > timeout:
                time.sleep(timeout)
                return None
            time.sleep(max(0.0, wait))
            self._waiting = list(self._topics)
            self._due = time.monotonic() + STEP
        return self._ask(self._waiting.pop(0)) if self._waiting else None

    def _ask(self, topic: Topic) -> Told:
        try:
            data = self._api.get(*topic.path, **topic.query)
        except Answered as error:
            return Told(topic, None, error)
        if "next" in data:
            topic.query["after"] = data["next"]
        return Told(topic, data)


class Listener(Follower):
    """Listens to a server's live data.

    Args:
        api: Whose.

    Raises:
        Trouble: There is no connection.
    """

    def __init__(self, api: Api) -> None:
        """Connect."""
        from wstwist import blocking  # all of the client, needless where nothing is followed
        from wstwist.exceptions import ConnectError, HandshakeRefused

        self._server = api.server
        self._topics: dict[str, Topic] = {}
        try:
            self._connection = blocking.connect(
                f"{api.server.replace('http', 'ws', 1)}/live",
                headers={"Authorization": f"Bearer {api.token.text}"},
                ca_file=api.ca,
                insecure=api.is_insecure,
                message_size=_LARGEST,
                proxy=None,
            )
        except HandshakeRefused as error:
            api.get("session")  # which says in words what is wrong with the token
            raise Trouble(str(error)) from None
        except ConnectError as error:
            raise Trouble(f"{error}: is the server running?") from None

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def follow(self, topics: Sequence[Topic]) -> None:
        """Say what is to be told."""
        self._topics = {topic.text: topic for topic in topics}
        self._connection.send(json.dumps({"subscribe": list(self._topics)}))

    def next(self, timeout: float | None = None) -> Told | None:
        """Wait for a message."""
        from wstwist.exceptions import ConnectionClosed, ReceiveTimeout

        try:
            message = json.loads(self._connection.receive(timeout))
        except ReceiveTimeout:
            return None
        except ConnectionClosed as closed:
            why = "the server stops, or restarts" if closed.code == GOING_AWAY else str(closed)
            raise Trouble(f"{self._server} tells no more: {why}; once it is back, follow it again") from None
        problem = message.get("error")
        error = None if problem is None else Answered(problem["status"], problem["detail"], problem)
        topic = self._topics.get(message.get("topic"))
        if topic is None:
            if error is not None and "topic" not in message:
                raise error
            return None  # one that is not followed any more
        return Told(topic, message.get("data"), error)
