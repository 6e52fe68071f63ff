# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How long a password is checked tells nothing of it, nor of the users there are."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator

import pytest

from soak.frames import handshake
from soak.served import TRANSPORTS, Served, serve
from tests.attacks.guarded import PASSWORD
from tests.attacks.kit import Client, status
from wstwist.auth import hash_password, verify_password

ATTEMPTS = 5


@pytest.fixture(scope="module", params=TRANSPORTS)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that wants a password."""
    server = serve(tmp_path_factory.mktemp("guarded"), request.param, "tests.attacks.guarded:Guarded")
    yield server
    assert server.stop() == 0, server.log


def answer(served: Served, user: str, password: str) -> int:
    """Try a password, and give the status."""
    credentials = b64encode(f"{user}:{password}".encode()).decode()
    with Client(served) as client:
        client.send(handshake("/Guarded", f"Authorization: Basic {credentials}"))
        return status(client.read_head())


@pytest.mark.parametrize(
    ("user", "password"),
    [
        pytest.param("alice", PASSWORD[:-1] + "x", id="CVE-2021-33880 almost right"),
        pytest.param("alice", "", id="CVE-2021-33880 empty"),
        pytest.param("alice", "x" * 5000, id="CVE-2021-33880 long"),
        pytest.param("mallory", PASSWORD, id="CVE-2021-33880 unknown user"),
    ],
)
def test_time_of_a_wrong_password(guarded: Served, user: str, password: str) -> None:
    """A wrong password, and an unknown user, cost the server as much as any other wrong password."""

    def cost(user: str, password: str) -> float:
        before = guarded.process.cpu
        assert {answer(guarded, user, password) for _ in range(ATTEMPTS)} == {401}
        return guarded.process.cpu - before

    usual = cost("alice", "something else")
    assert 0.5 * usual < cost(user, password) < 2 * usual


def test_right_password(guarded: Served) -> None:
    """The right one lets in."""
    assert answer(guarded, "alice", PASSWORD) == 101


@pytest.mark.parametrize("advisory", ["CVE-2021-33880"])
def test_comparison(advisory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared with the right hash is compared in constant time."""
    known, compared = hash_password("right"), []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    assert not verify_password("wrong", known)
    assert len(compared) == 1
    assert verify_password("right", known)
