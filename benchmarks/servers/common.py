# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the servers are told, and what they broadcast."""

from __future__ import annotations

import ssl
from argparse import ArgumentParser, Namespace
from string import ascii_lowercase

HOST = "127.0.0.1"
BROADCAST = (ascii_lowercase * 3)[:64]
"""The message to everybody; a client asks for it with the number of times that it is to be sent at once."""

BACKLOG = 4096


def options() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser()
    parser.add_argument("--mode", choices=("echo", "fan-out"), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--deflate", action="store_true")
    return parser.parse_args()


def tls(given: Namespace) -> ssl.SSLContext | None:
    """Make the context for TLS, where it is asked for."""
    if not given.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.cert, given.key)
    return context
