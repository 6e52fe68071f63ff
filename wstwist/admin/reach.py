# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where in a cluster something is done that was asked of one node."""

from __future__ import annotations

from enum import Enum, auto


class Reach(Enum):
    """Where."""

    HERE = auto()
    """On the node that was asked."""
    CLIENT = auto()
    """On the node of the client that the path names."""
    SERVICE = auto()
    """On the node of the project's global service."""
    ALL = auto()
    """Here, and then on all other nodes that serve the project."""


HERE, CLIENT, SERVICE, ALL = Reach
