# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Echoes what the Autobahn suite's server sends, case after case; `run-autobahn-client` starts it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wstwist import blocking, connect, reactors
from wstwist.exceptions import ConnectionClosed, ConnectionFailed

AGENT = "wstwist"
# Messages of 16 MiB or 65,536 fragments, and servers that are silent for long, are what some cases are about.
OPTIONS = {
    "compress": True,
    "message_size": 1 << 26,
    "fragments": 100_000,
    "queue_size": 1 << 26,
    "ping_interval": None,
    "proxy": None,
}


def run_blocking(url: str, count: int) -> None:
    """Run all cases with the blocking client."""
    for case in range(1, count + 1):
        show(case, count)
        case_url = f"{url}/runCase?case={case}&agent={AGENT}"
        with blocking.connect(case_url, **OPTIONS) as connection, suppress(ConnectionClosed):
            for message in connection:
                connection.send(message)


def run_twisted(url: str, count: int) -> None:
    """Run all cases with the client for Twisted programs."""
    reactors.install(os.environ.get("CLIENT_REACTOR"))
    from twisted.internet.defer import ensureDeferred
    from twisted.internet.task import react

    async def run(_reactor: object) -> None:
        for case in range(1, count + 1):
            show(case, count)
            async with connect(f"{url}/runCase?case={case}&agent={AGENT}", **OPTIONS) as connection:
                with suppress(ConnectionClosed):
                    async for message in connection:
                        await connection.send(message)

    with suppress(SystemExit):
        react(lambda reactor: ensureDeferred(run(reactor)))


CLIENTS: dict[str, Callable[[str, int], None]] = {"blocking": run_blocking, "twisted": run_twisted}


def show(case: int, count: int) -> None:
    """Show how far it is."""
    print(f"\r{case}/{count} ", end="", file=sys.stderr, flush=True)


def ask(url: str) -> str | bytes:
    """Give what the suite's server says first."""
    with blocking.connect(url, proxy=None) as connection:
        return connection.receive(30)


def serve(wstest: str, out: Path, cases: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the suite's server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{probe.getsockname()[1]}"
    specification = {"url": url, "outdir": str(out), "cases": cases.split(","), "exclude-cases": []}
    (out / "specification.json").write_text(json.dumps(specification))
    log = (out / "run.log").open("wb")
    command = [wstest, "-m", "fuzzingserver", "-s", str(out / "specification.json"), "--webport", "0"]
    return subprocess.Popen(command, stdout=log, stderr=log), url


def count_cases(url: str) -> int:
    """Ask how many cases there are, as soon as the server answers."""
    end = time.monotonic() + 30
    while True:
        try:
            return int(ask(f"{url}/getCaseCount"))
        except ConnectionFailed:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def judge(out: Path, count: int) -> int:
    """Print what is not as it should be, and the sums; 0 if all is."""
    results = json.loads((out / "index.json").read_text())[AGENT]
    right = ("OK", "INFORMATIONAL")
    for case, result in results.items():
        if result["behavior"] not in right or result["behaviorClose"] not in right:
            print(f"{case}: {result['behavior']}, close {result['behaviorClose']}")
    verdicts = Counter(result["behavior"] for result in results.values())
    closes = Counter(result["behaviorClose"] for result in results.values())
    print(f"{len(results)} cases:", ", ".join(f"{n} {v}" for v, n in verdicts.most_common()))
    wrong = sum(n for v, n in (verdicts + closes).items() if v not in right)
    return 1 if wrong or len(results) != count else 0


def main(client: str, wstest: str, out: str, cases: str) -> int:
    """Run the cases, and judge them."""
    folder = Path(out).resolve()
    server, url = serve(wstest, folder, cases)
    try:
        count = count_cases(url)
        CLIENTS[client](url, count)
        with suppress(ConnectionClosed):
            ask(f"{url}/updateReports?agent={AGENT}")
        print(file=sys.stderr)
        return judge(folder, count)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
