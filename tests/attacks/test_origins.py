# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Pages of other sites do not get in."""

from __future__ import annotations

import pytest

from soak.frames import handshake
from soak.served import Served
from tests.attacks.kit import Client, bounded, status


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        pytest.param(("https://evil.example",), 403, id="CVE-2026-59950 foreign"),
        pytest.param(("http://localhost.evil.example",), 403, id="beginning alike"),
        pytest.param(("http://evil-localhost",), 403, id="ending alike"),
        pytest.param(("http://localhost:1",), 403, id="another port"),
        pytest.param(("null",), 403, id="CVE-2026-59950 null"),
        pytest.param((), 101, id="missing"),
        pytest.param(("http://localhost",), 101, id="own"),
        pytest.param(("http://localhost", "http://localhost"), 400, id="doubled"),
        pytest.param(("http://localhost", "https://evil.example"), 400, id="own and foreign"),
        pytest.param(("http://localhost https://evil.example",), 403, id="two in one"),
    ],
)
def test_origin(served: Served, origins: tuple[str, ...], expected: int) -> None:
    """A browser's page is let in from the server's own host and port only."""
    assert _statuses(served, origins) == {expected}


@pytest.mark.parametrize(
    ("origins", "expected"), [(("https://evil.example",), 403), (("null",), 403), ((), 101)]
)
def test_origin_in_a_site(site: Served, origins: tuple[str, ...], expected: int) -> None:
    """So it is inside of another web site."""
    assert _statuses(site, origins) == {expected}


def _statuses(served: Served, origins: tuple[str, ...]) -> set[int]:
    request = handshake("/Echo", *(f"Origin: {origin}" for origin in origins))

    def attack() -> set[int]:
        found = set()
        for _ in range(20):
            with Client(served) as client:
                found.add(status(client.send(request).read_head()))
        return found

    statuses: set[int] = bounded(served, attack)
    return statuses
