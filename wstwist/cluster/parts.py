# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Frames that are too large for one message of NATS are put together again."""

from __future__ import annotations

LARGEST = 256 * 1024 * 1024
"""Bytes of one that is put together."""


class Parts:
    """What has come of large messages: of each sender, one at a time, in order."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._pieces: dict[str, tuple[int, list[bytes]]] = {}

    def add(self, sender: str, number: int, index: int, count: int, piece: bytes) -> bytes | None:
        """Take a part; give the whole once it is there.

        A part that is missing takes the whole with it: there is no second attempt.
        """
        if index == 0:
            self._pieces[sender] = number, []
        before = self._pieces.get(sender)
        if before is None or before[0] != number or len(before[1]) != index or count * len(piece) > LARGEST:
            self._pieces.pop(sender, None)
            return None
        pieces = before[1]
        pieces.append(piece)
        if len(pieces) < count:
            return None
        del self._pieces[sender]
        return b"".join(pieces)

    def forget(self, sender: str) -> None:
        """Drop what has come of a node that has gone."""
        self._pieces.pop(sender, None)
