# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What waits to leave for other nodes: in order, many frames in one message of NATS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from wstwist.bus.frames import CALLS, FENCED, PART, Frame, encode

_BATCH = 64 * 1024
"""Bytes of frames that travel in one message, about."""

_OVERHEAD = 64
"""Bytes that a frame takes beside its text and bytes, at most, about."""


class Outbox:
    """Frames for other nodes of one project.

    What one context sends to another arrives in order. For that it is enough that what goes to one node, and
    what goes to several, is published in the order in which it was put in; NATS keeps it.

    Args:
        node: This node's id.
        publish: Publishes bytes on a subject.
        largest: Gives how many bytes a message of NATS may have.
    """

    def __init__(self, node: str, publish: Callable[[str, bytes], None], largest: Callable[[], int]) -> None:
        """Begin empty."""
        self._node = node
        self._publish = publish
        self._largest = largest
        self._waiting: list[_Batch] = []
        self._open: dict[str, _Batch] = {}
        self._is_shared = False
        self._numbers = count()
        self.size = 0

    def put(self, subject: str, frame: Frame, *, is_shared: bool = False) -> None:
        """Add a frame.

        Args:
            subject: Whom it is for.
            frame: It.
            is_shared: Whether several nodes listen to that subject.
        """
        if is_shared or self._is_shared:
            # What goes to one node may overtake what goes to another one, but nothing that goes to both.
            self._open = {name: self._open[name] for name in (subject,) if self._is_last(subject)}
        self._is_shared = is_shared
        batch = self._open.get(subject)
        if batch is None or batch.size > _BATCH:
            batch = self._open[subject] = _Batch(subject)
            self._waiting.append(batch)
        size = _size(frame)
        batch.frames.append(frame)
        batch.size += size
        self.size += size

    def _is_last(self, subject: str) -> bool:
        return bool(self._waiting) and self._waiting[-1].subject == subject and subject in self._open

    def flush(self) -> None:
        """Publish everything."""
        waiting, self._waiting, self._open, self.size = self._waiting, [], {}, 0
        for batch in waiting:
            data = encode(self._node, batch.frames)
            if len(data) <= self._largest():
                self._publish(batch.subject, data)
            elif len(batch.frames) > 1:
                for frame in batch.frames:
                    self._publish_one(batch.subject, encode(self._node, [frame]))
            else:
                self._publish_one(batch.subject, data)

    def _publish_one(self, subject: str, data: bytes) -> None:
        largest = self._largest()
        if len(data) <= largest:
            self._publish(subject, data)
            return
        for part in _parts(next(self._numbers), data, largest - 2 * _OVERHEAD):
            self._publish(subject, encode(self._node, [part]))

    def withdraw_calls(self) -> None:
        """Take out what must not arrive late."""
        for batch in self._waiting:
            batch.frames = [frame for frame in batch.frames if not _is_call(frame)]


class _Batch:
    """Frames for one subject."""

    __slots__ = ("frames", "size", "subject")

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.frames: list[Frame] = []
        self.size = 0


def _parts(number: int, data: bytes, largest: int) -> Iterator[Frame]:
    starts = range(0, len(data), largest)
    for index, start in enumerate(starts):
        yield PART, number, index, len(starts), data[start : start + largest]


def _is_call(frame: Frame) -> bool:
    return frame[0] in CALLS or (frame[0] == FENCED and _is_call(frame[2]))


def _size(frame: Frame) -> int:
    """Say about how many bytes a frame takes."""
    size = _OVERHEAD
    for field in frame:
        if isinstance(field, (str, bytes)):
            size += len(field)
        elif isinstance(field, (list, tuple)):
            size += _size(field)
    return size
