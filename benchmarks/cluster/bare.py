# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""NATS alone: a process that answers requests of nats-py's, or one that makes them and times each.

``python -m benchmarks.cluster.bare answer URL`` answers; ``... ask URL`` reads lines with a number from its
standard input, makes as many requests, one after another, and writes a line of JSON with what each took.
"""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter

import nats
import uvloop
from nats.aio.msg import Msg

_SUBJECT = "benchmark.same"
_PAYLOAD = b"x" * 64


async def _answer(url: str) -> None:
    connection = await nats.connect(url)

    async def asked(message: Msg) -> None:
        await message.respond(message.data)

    await connection.subscribe(_SUBJECT, cb=asked)
    await connection.flush()
    _say("ready")
    await asyncio.Event().wait()


async def _ask(url: str) -> None:
    connection = await nats.connect(url)
    loop = asyncio.get_running_loop()
    _say("ready")
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        seconds = []
        for _ in range(int(line)):
            began = perf_counter()
            await connection.request(_SUBJECT, _PAYLOAD, timeout=10)
            seconds.append(perf_counter() - began)
        _say(json.dumps(seconds))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run({"answer": _answer, "ask": _ask}[sys.argv[1]](sys.argv[2]))
