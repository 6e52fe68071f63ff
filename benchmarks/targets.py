# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The figures that wstwist is to reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """At most this part of what a peer needs.

    Attributes:
        workload: For which work.
        ours: On which reactor.
        peer: Compared with whom.
        limit: Our median divided by theirs.
    """

    workload: str
    ours: str
    peer: str
    limit: float


TARGETS = (
    Target("echo-64", "wstwist", "picows", 1.05),
    Target("echo-64-binary", "wstwist", "picows", 1.05),
    Target("echo-64", "wstwist-epoll", "autobahn", 0.38),
    Target("burst-16", "wstwist", "picows", 0.2),
    Target("tls-64", "wstwist", "picows", 1.05),
    Target("echo-16k", "wstwist", "picows", 0.85),
    Target("echo-16k-binary", "wstwist", "picows", 0.85),
    Target("echo-1m", "wstwist", "picows", 0.85),
    Target("echo-1m-binary", "wstwist", "picows", 0.85),
    Target("fan-out", "wstwist", "picows", 1.0),
    Target("fan-out-10", "wstwist", "picows", 0.3),
    Target("handshakes", "wstwist", "websockets", 0.8),
    Target("idle", "wstwist", "websockets", 1.1),
    Target("idle", "wstwist-epoll", "websockets", 0.8),
)
