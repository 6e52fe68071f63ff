# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The servers that are attacked: each worker starts one of each kind when its first test wants it."""

from collections.abc import Callable, Iterator

import pytest

from soak.served import TRANSPORTS, Served, serve
from tests.attacks.kit import serve_in_a_site

PROJECTS = ("soak.projects:Echo", "soak.projects:Compressed", "tests.attacks.projects:Slow")
START = {
    "server": lambda folder, transport: serve(folder, transport, *PROJECTS),
    "site": serve_in_a_site,
}
Find = Callable[[str, str], Served]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Call a test as it is: around it pytest-twisted would run the reactor, which the tests of trial run."""
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    pyfuncitem.obj(**arguments)
    return True


@pytest.fixture(scope="session")
def find(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Gives the server, or the web site, on a transport."""
    running: dict[tuple[str, str], Served] = {}

    def find(kind: str, transport: str) -> Served:
        if (kind, transport) not in running:
            running[kind, transport] = START[kind](tmp_path_factory.mktemp(f"{kind}-{transport}"), transport)
        return running[kind, transport]

    yield find
    ended = [(server.stop(), server.log) for server in running.values()]
    assert all(status == 0 for status, _ in ended), ended


@pytest.fixture(params=TRANSPORTS)
def served(request: pytest.FixtureRequest, find: Find) -> Iterator[Served]:
    """A server, on Twisted's transports and on the fast ones; it must live on, and log no traceback."""
    yield from _checked(find("server", request.param))


@pytest.fixture(params=TRANSPORTS)
def site(request: pytest.FixtureRequest, find: Find) -> Iterator[Served]:
    """A project in a web site of somebody's own, likewise."""
    yield from _checked(find("site", request.param))


@pytest.fixture(params=[f"{kind} {transport}" for kind in START for transport in TRANSPORTS])
def either(request: pytest.FixtureRequest, find: Find) -> Iterator[Served]:
    """Both, one after the other."""
    yield from _checked(find(*request.param.split()))


def _checked(server: Served) -> Iterator[Served]:
    known = len(server.log)
    yield server
    assert server.is_alive
    assert "Traceback" not in server.log[known:], server.log[known:]
