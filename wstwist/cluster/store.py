# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the nodes of a cluster keep together: a key-value bucket of JetStream, changed by compare-and-set."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from nats.errors import Error
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import APIError, BucketNotFoundError, NotFoundError

if TYPE_CHECKING:
    from wstwist.cluster.link import Link

_PATIENCE = 1.0
"""Seconds in which JetStream must answer."""

_OTHERS_FIRST = frozenset({10071, 10164})
"""JetStream's codes for a revision that is not the last one."""

_COPIES = 3
"""Servers of a NATS cluster that keep the bucket."""


class StoreError(Exception):
    """The bucket cannot be read or written for now; a write that fails so may have been made."""


class Entry(NamedTuple):
    """A value of the bucket; the revision grows with each change of anything in it."""

    revision: int
    value: bytes


NOTHING = Entry(0, b"")
"""There is no such key."""


class Store:
    """The bucket of a cluster.

    Args:
        link: The way to NATS.
        cluster: The cluster's name, which is the bucket's.
    """

    def __init__(self, link: Link, cluster: str) -> None:
        """Open nothing yet."""
        self._link = link
        self._bucket = cluster
        self._opening = asyncio.Lock()
        self._is_open = False

    async def read(self, key: str) -> Entry:
        """Read a value; `NOTHING` where there is none.

        Raises:
            StoreError: It cannot be read.
        """
        await self._open()
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._jetstream().get_last_msg(
                    f"KV_{self._bucket}", self._subject(key), direct=True
                )
        except NotFoundError:
            return NOTHING
        except (Error, TimeoutError, OSError) as error:
            raise self._failed(error) from None
        return Entry(found.seq or 0, found.data or b"")

    async def write(self, key: str, value: bytes, revision: int) -> int | None:
        """Write a value in the place of the one with this revision (0: of nothing).

        Returns:
            The new revision; None: somebody else has written meanwhile, and nothing was changed.

        Raises:
            StoreError: It is not known whether it was written.
        """
        await self._open()
        headers = {"Nats-Expected-Last-Subject-Sequence": str(revision)}
        try:
            async with asyncio.timeout(_PATIENCE):
                done = await self._jetstream().publish(self._subject(key), value, headers=headers)
        except APIError as error:
            if error.err_code in _OTHERS_FIRST:
                return None
            raise self._failed(error) from None
        except (Error, TimeoutError, OSError) as error:
            raise self._failed(error) from None
        return int(done.seq)

    def _subject(self, key: str) -> str:
        return f"$KV.{self._bucket}.{key}"

    def _jetstream(self) -> Any:
        if not self._link.is_up:  # else nats-py would keep it, and send it too late
            raise StoreError("NATS is away")
        return self._link.connection.jetstream(timeout=_PATIENCE)

    def _failed(self, error: Exception) -> StoreError:
        self._is_open = False
        return StoreError(" ".join(str(error).split()) or type(error).__name__)

    async def _open(self) -> None:
        """See to it that there is a bucket."""
        async with self._opening:
            if self._is_open:
                return
            jetstream = self._jetstream()
            try:
                async with asyncio.timeout(2 * _PATIENCE):
                    try:
                        await jetstream.key_value(self._bucket)
                    except (BucketNotFoundError, NotFoundError):
                        await self._create(jetstream)
            except (Error, TimeoutError, OSError) as error:
                raise self._failed(error) from None
            self._is_open = True

    async def _create(self, jetstream: Any) -> None:
        has_peers = bool(self._link.connection._server_info.get("cluster"))
        for copies in (_COPIES, 1) if has_peers else (1,):
            try:
                await jetstream.create_key_value(
                    KeyValueConfig(
                        self._bucket, history=1, storage=StorageType.FILE, replicas=copies, direct=True
                    )
                )
            except APIError:
                if copies == 1:
                    raise
            else:
                return
