# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which reactor `twistd wsproject` runs on."""

from __future__ import annotations

import asyncio
import importlib
import selectors
import sys
import time
from typing import Any

from twisted.application.reactors import NoSuchReactor, getReactorTypes, installReactor
from twisted.python.runtime import seconds as time_of_day

from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest


def install(name: str | None = None, *, daemon: bool = False) -> None:
    """Install the reactor, unless there is one already, as after ``twistd --reactor``.

    Args:
        name: As in ``twistd --reactor``; None is asyncio's, on uvloop where that is installed.
        daemon: Whether the process will fork before the reactor runs.

    Raises:
        ConfigurationError: There is no such reactor, or not here.
    """
    if "twisted.internet.reactor" not in sys.modules:
        if name is None:
            _install_asyncio(new_loop(daemon=daemon))
        else:
            _install_named(name)
    _leave_time_of_day(sys.modules["twisted.internet.reactor"])


def new_loop(*, daemon: bool = False) -> asyncio.AbstractEventLoop:
    """Make the fastest event loop that can be had.

    Args:
        daemon: Whether the process will fork before the loop runs. A kqueue (macOS) does not live on in a
            forked process; a loop that polls does.
    """
    if sys.platform == "win32":
        return asyncio.SelectorEventLoop()
    if daemon and hasattr(selectors, "KqueueSelector"):
        return asyncio.SelectorEventLoop(selectors.PollSelector())
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return asyncio.SelectorEventLoop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def describe(reactor: object) -> str:
    """Name a reactor for the log: ``asyncio reactor on uvloop``, ``epoll reactor``."""
    loop = getattr(reactor, "_asyncioEventloop", None)
    if loop is not None:
        own = type(loop).__module__.startswith("asyncio")
        return f"asyncio reactor on {'asyncio' if own else type(loop).__module__.partition('.')[0]}"
    return f"{type(reactor).__name__.removesuffix('Reactor').lower()} reactor"


def _leave_time_of_day(reactor: Any) -> None:
    """Have timers go by a clock that nobody sets: those of Twisted's own reactors go by the time of day.

    That would hold all of them up when it is set back, and end all time limits when it is set forward.
    """
    if reactor.seconds is time_of_day and not reactor.running and not reactor.getDelayedCalls():
        reactor.seconds = time.monotonic


def _install_asyncio(loop: asyncio.AbstractEventLoop) -> None:
    if type(loop).__module__.startswith("asyncio"):
        from twisted.internet import asyncioreactor  # noqa: PLC0415 - needless where another reactor is chosen

        asyncio.set_event_loop(loop)
        asyncioreactor.install(loop)
    else:
        from wstwist import uvloop_reactor  # noqa: PLC0415 - likewise

        uvloop_reactor.install(loop)


def _install_named(name: str) -> None:
    try:
        installReactor(name)
    except NoSuchReactor:
        known = sorted(kind.shortName for kind in getReactorTypes())
        meant = nearest(name, known)
        advice = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
        raise ConfigurationError(f"no reactor {name!r}; {advice}") from None
    except Exception as error:
        raise ConfigurationError(f"the reactor {name!r} cannot run here: {error}") from error
