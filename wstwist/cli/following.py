# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a server tells as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from wstwist.cli.api import Answered, Api
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import ConnectError, ConnectionClosed, HandshakeRefused

STEP = 1.0
"""Seconds between two questions where nothing is told by itself."""


class Topic(NamedTuple):
    """One thing to follow.

    Attributes:
        kind: Its name in the live data.
        names: What it is about: projects, clients.
        path: Where the API has it.
        query: Parameters of both.
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


def follow(api: Api, topic: Topic) -> Iterator[Any]:
    """Give what the API has of a topic, again and again.

    Raises:
        Trouble: The server does not tell it, or has gone.
    """
    return _asked(api, topic) if api.server.startswith("unix:") else _told(api, topic)


def _asked(api: Api, topic: Topic) -> Iterator[Any]:
    """Ask again and again: live data do not come over a Unix socket."""
    query = dict(topic.query)
    while True:
        data = api.get(*topic.path, **query)
        if "next" in data:
            query["after"] = data["next"]
        yield data
        time.sleep(STEP)


def _told(api: Api, topic: Topic) -> Iterator[Any]:
    from wstwist import blocking  # all of the client, needless where nothing is followed

    try:
        connection = blocking.connect(
            f"{api.server.replace('http', 'ws', 1)}/live",
            headers={"Authorization": f"Bearer {api.token.text}"},
            ca_file=api.ca,
            insecure=api.is_insecure,
            message_size=64 * 1024 * 1024,
            proxy=None,
        )
    except HandshakeRefused as error:
        api.get("session")  # which says in words what is wrong with the token
        raise Trouble(str(error)) from None
    except ConnectError as error:
        raise Trouble(f"{error}: is the server running?") from None
    with connection:
        connection.send(json.dumps({"subscribe": [topic.text]}))
        while True:
            try:
                told = json.loads(connection.receive())
            except ConnectionClosed as closed:
                raise Trouble(f"{api.server} has closed the connection: {closed}") from None
            if "error" in told:
                raise Answered(told["error"]["status"], told["error"]["detail"], told["error"])
            yield told["data"]
