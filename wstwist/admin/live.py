# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Live data over WebSocket: `/live`, which the projects' own wire serves.

A viewer says ``{"subscribe": ["projects", "client:Chat/abc"]}``, as often as it likes, and is told
``{"topic": …, "data": …}`` at once and then each second, the log more often; ``{"topic": …, "error": …}``
where there is no such thing. Whoever does not read what was sent is told nothing until that is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from wstwist.admin.access import Asker, Gate, Who
from wstwist.admin.panel import Panel
from wstwist.admin.problems import Problem
from wstwist.admin.tokens import Role
from wstwist.admin.topics import Topic
from wstwist.exceptions import Refuse
from wstwist.limits import Limits
from wstwist.traffic import Traffic
from wstwist.wire.interface import Channel, Opening, Request, WireSettings

PATH = "/live"

TICK = 0.25
"""Seconds between two looks whether there are new lines in the log."""

TICKS = 4
"""Looks after which everything else is told, too."""

MOST_VIEWERS = 100
"""Connections at the same time."""

MOST_TOPICS = 50
"""Topics that one of them may follow."""

LARGEST = 256 * 1024
"""Bytes of what a viewer says: all of its topics."""

WISHES = 5
"""Messages of a viewer a second, beyond which they are read later."""

BUDGET = 0.05
"""Seconds for all that is told in a moment; the rest is told in the next one."""

KEEP_FREE = 8
"""File descriptors that stay free: few, for when they run out the administration is needed most."""

Told = dict[tuple[str, bool], str]
"""What was told in this moment, by what it is `Topic.shared_by`."""

_log = Logger(namespace="wstwist.admin")


class Live:
    """Whom viewers are for; it is the wire's `Application`.

    Args:
        panel: What there is to see.
        gate: Who may.
        reactor: What measures time.
    """

    def __init__(self, panel: Panel, gate: Gate, reactor: Any) -> None:
        """Begin without viewers."""
        limits = Limits(message_size=LARGEST, free_descriptors=KEEP_FREE, messages_per_second=WISHES)
        self.wire = WireSettings(limits=limits)
        self.panel = panel
        self._gate = gate
        self.path = PATH
        self.traffic = Traffic()
        self._viewers: dict[Viewer, None] = {}
        self._loop = LoopingCall(self._tick)
        self._loop.clock = reactor
        self._ticks = 0
        self._spent = 0.0

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What a line in the log says of whom it concerns."""
        return {"project": "administration"}

    def count(self, what: str, times: int = 1) -> None:
        """Count nothing: these are no clients of a project."""

    def open(self, request: Request, channel: Channel) -> Opening:
        """Let a viewer in."""
        asker = Asker(request.headers, request.address, request.secure)
        try:
            self._gate.check_host(asker)
            self._gate.check_origin(asker)
            who = self._gate.who(asker)
            if who.session is not None:
                self._gate.check_own_page(asker)
        except Problem as problem:
            raise Refuse(problem.status, problem.detail, problem.headers) from None
        if len(self._viewers) >= MOST_VIEWERS and not self._make_room(who):
            raise Refuse(503, f"{MOST_VIEWERS} others are looking already")
        viewer = Viewer(self, who, channel)
        self._viewers[viewer] = None
        if not self._loop.running:
            self._loop.start(TICK, now=False).addErrback(_log_failure)
        return Opening(viewer, succeed({}))

    def _make_room(self, who: Who) -> bool:
        """Send away one who only reads, for one who may do all."""
        readers = (viewer for viewer in self._viewers if not viewer.may(Role.FULL))
        reader = next(readers, None) if who.role is Role.FULL else None
        if reader is None:
            return False
        self.forget(reader)
        reader.channel.close(1013, "somebody else needs the place")
        return True

    def close(self) -> None:
        """Send all viewers away."""
        for viewer in tuple(self._viewers):
            viewer.channel.close(1001, "the server stops")

    def forget(self, viewer: Viewer) -> None:
        """Know that a viewer has gone."""
        self._viewers.pop(viewer, None)
        if not self._viewers and self._loop.running:
            self._loop.stop()

    def _tick(self) -> None:
        self._ticks = (self._ticks + 1) % TICKS
        self._spent = 0.0
        told: Told = {}
        for viewer in tuple(self._viewers):
            had_time = self.has_time
            viewer.tick(told, is_whole=self._ticks == 0)
            if had_time and not self.has_time and viewer in self._viewers:
                # The next time the others come first.
                self._viewers[viewer] = self._viewers.pop(viewer)

    @property
    def has_time(self) -> bool:
        """Whether more may be told before the next tick."""
        return self._spent < BUDGET

    def spend(self, seconds: float) -> None:
        """Know how long it took to tell something."""
        self._spent += seconds


class Viewer:
    """One who looks; it is the wire's `Receiver`.

    Args:
        live: Where it looks.
        who: Who it is.
        channel: The connection.
    """

    def __init__(self, live: Live, who: Who, channel: Channel) -> None:
        """Begin with nothing followed."""
        self.channel = channel
        self._live = live
        self._who = who
        self._topics: dict[str, Topic] = {}
        self._problems: dict[str, object] = {}  # what was told last, where there was one
        self._waited: set[str] = set()  # topics of which an answer is to come
        self._due: dict[str, Topic] = {}
        self._has_read = True

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What a line in the log says of whom it concerns."""
        return self._live.log_fields

    def may(self, role: Role) -> bool:
        """Whether this one may do what a role may."""
        return self._who.role.may(role)

    # What the wire tells.

    def deliver(self, message: str | bytes) -> bool:
        """Follow what a message asks for."""
        try:
            self._subscribe(_wanted(message))
        except Problem as problem:
            self.channel.send(json.dumps({"error": problem.as_dict()}))
        return True

    def delivered(self) -> None:
        """Know that what came was delivered."""

    def closed(self, code: int, reason: str, was_clean: bool) -> None:  # noqa: ARG002 - the wire's names
        """Look no more."""
        self._topics.clear()
        self._live.forget(self)

    # What is told.

    def tick(self, told: Told, *, is_whole: bool) -> None:
        """Tell what there is now, if what was told before has been read.

        Args:
            told: What was told others in this moment.
            is_whole: Whether everything is told, or only what comes in pieces.
        """
        if not self._who.is_current():
            self.channel.close(1008, "the session is over")
        elif self._has_read:
            for text, topic in self._topics.items():
                if is_whole or not topic.is_shared:
                    self._due[text] = topic
            self._tell_due(told)
            self._has_read = False
            self.channel.when_drained(self._was_read)

    def _tell_due(self, told: Told) -> None:
        """Tell what is due, as long as there is time; the rest stays due."""
        while self._due and self._live.has_time:
            text = next(iter(self._due))
            topic = self._due.pop(text)
            if self._topics.get(text) is topic:
                began = perf_counter()
                self._tell(topic, told)
                self._live.spend(perf_counter() - began)

    def _was_read(self, _has_all: bool) -> None:
        self._has_read = True

    def _subscribe(self, wanted: list[str]) -> None:
        before, self._topics = self._topics, {}
        self._problems = {text: self._problems[text] for text in wanted if text in self._problems}
        for text in dict.fromkeys(wanted):
            if text in before:
                self._topics[text] = before[text]
                continue
            try:
                topic = Topic(text, self._who.role)
                self._who.require(topic.role)
            except Problem as problem:
                self._refuse(text, problem)
                continue
            self._topics[text] = self._due[text] = topic
        self._tell_due({})

    def _tell(self, topic: Topic, told: Told) -> None:
        if topic.shared_by in told:
            self._send(topic, told[topic.shared_by])
        elif topic.text not in self._waited:
            self._waited.add(topic.text)
            read: Deferred[Any] = maybeDeferred(topic.read, self._live.panel)
            read.addCallbacks(self._came, self._failed, (topic, told), {}, (topic,), {})
            read.addErrback(_log_failure)

    def _came(self, data: Any, topic: Topic, told: Told) -> None:
        self._waited.discard(topic.text)
        if data is None:
            return
        message = json.dumps({"topic": topic.text, "data": data})
        if topic.is_shared:
            told[topic.shared_by] = message
        self._send(topic, message)

    def _send(self, topic: Topic, message: str) -> None:
        if self._topics.get(topic.text) is topic:
            self._problems.pop(topic.text, None)
            self.channel.send_keyed(message, topic.text) if topic.is_shared else self.channel.send(message)

    def _failed(self, failure: Failure, topic: Topic) -> None:
        self._waited.discard(topic.text)
        if not failure.check(Problem):
            _log_failure(failure)
            failure.value = Problem(500, "a fault in wstwist; the server's log says more")
        if self._topics.get(topic.text) is topic:
            self._refuse(topic.text, failure.value)

    def _refuse(self, text: str, problem: Any) -> None:
        """Tell why there is nothing, once as long as that is so."""
        error = problem.as_dict()
        if self._problems.get(text) != error:
            self._problems[text] = error
            self.channel.send(json.dumps({"topic": text, "error": error}))


def _wanted(message: str | bytes) -> list[str]:
    """Give the topics that a message asks for."""
    try:
        content = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        content = None
    wanted = content.get("subscribe") if isinstance(content, dict) else None
    if not isinstance(wanted, list) or not all(isinstance(text, str) for text in wanted):
        raise Problem(400, 'send {"subscribe": ["projects", …]}, as text')
    if len(wanted) > MOST_TOPICS:
        raise Problem(400, f"at most {MOST_TOPICS} topics can be followed")
    return wanted


def _log_failure(failure: Failure) -> None:
    _log.failure("live data could not be told", failure)
