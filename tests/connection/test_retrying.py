# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of when to try again, without network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wstwist import (
    CertificateRefused,
    ConfigurationError,
    ConnectError,
    ConnectionClosed,
    ConnectionFailed,
    ConnectTimeout,
    HandshakeRefused,
    HostNotFound,
    NotWebSocket,
    ProxyRefused,
    Reconnect,
)
from wstwist.connection.awaited.keeping import Keeper
from wstwist.connection.awaited.retrying import Backoff, asked_for, is_final

LOST = ConnectionClosed(1006, "", was_clean=False)
DOWN = ConnectionFailed("ws://x/", "it is down")


def refused(status: int, **headers: str) -> HandshakeRefused:
    """Give the error of a server that answers with a status."""
    return HandshakeRefused(
        "ws://x/", status, "", {name.replace("_", "-"): headers[name] for name in headers}, ""
    )


class BackoffTests(SynchronousTestCase):
    """How long to wait."""

    def test_delays(self) -> None:
        """The longest wait doubles up to the most that is wanted, and chance takes a part of it."""
        whole = Backoff(Reconnect(least="0.5 s", most=3, random=lambda: 1.0))
        self.assertEqual([whole.delay() for _ in range(6)], [0.5, 1, 2, 3, 3, 3])
        self.assertEqual(Backoff(Reconnect(least=3, most=3, random=lambda: 0.25)).delay(), 0.75)

    def test_jitter(self) -> None:
        """The waits of many are spread over the whole time."""
        delays = sorted(Backoff(Reconnect(least=1)).delay() for _ in range(1000))
        self.assertGreaterEqual(delays[0], 0)
        self.assertLessEqual(delays[-1], 1)
        for tenth in range(10):
            self.assertLess(abs(delays[tenth * 100 + 50] - (tenth / 10 + 0.05)), 0.1)

    def test_lasting(self) -> None:
        """After a connection that has lasted it begins anew; after a short one it goes on."""
        backoff = Backoff(Reconnect(least=1, lasting="10 s", random=lambda: 1.0))
        self.assertEqual([backoff.delay(), backoff.delay()], [1, 2])
        backoff.lasted(9)
        self.assertEqual(backoff.delay(), 4)
        backoff.lasted(10)
        self.assertEqual(backoff.delay(), 1)

    def test_asked_for(self) -> None:
        """What the server asks for comes on top, within reason."""
        backoff = Backoff(Reconnect(least=1, longest_wait="1 min", random=lambda: 0.5))
        self.assertEqual(backoff.delay(10), 10.5)
        self.assertEqual(backoff.delay(1e9), 61)

    def test_wrong(self) -> None:
        """What cannot be is an error that names it."""
        with self.assertRaises(ValueError) as caught:
            Reconnect(least="soon")
        self.assertIn("Reconnect: least: ", str(caught.exception))
        with self.assertRaises(ValueError) as caught:
            Reconnect(least="5 s", most=1)
        self.assertIn("Reconnect: least, 5 s, is more than most, 1 s", str(caught.exception))
        self.assertRaises(TypeError, Reconnect, on_loss=3)


class JudgementTests(SynchronousTestCase):
    """What is final."""

    def test_codes(self) -> None:
        """Some close codes say that the server may be there again."""
        codes = [*range(1000, 1016), 3000, 3999, 4000, 4999]
        passing = [code for code in codes if not is_final(ConnectionClosed(code, "", was_clean=True))]
        self.assertEqual(passing, [1001, 1006, 1011, 1012, 1013, 1014])

    def test_statuses(self) -> None:
        """Some statuses, too; those of a proxy likewise."""
        statuses = (200, 301, 400, 401, 403, 404, 407, 408, 410, 426, 429, 500, 502, 503, 504)
        passing = [status for status in statuses if not is_final(refused(status))]
        self.assertEqual(passing, [408, 429, 500, 502, 503, 504])
        self.assertTrue(is_final(ProxyRefused("ws://x/", "no", 407)))
        self.assertFalse(is_final(ProxyRefused("ws://x/", "no", 502)))

    def test_errors(self) -> None:
        """A server that cannot be reached may come back; one that is not trusted stays so."""
        for error in (
            DOWN,
            HostNotFound("ws://x/", "no"),
            ConnectTimeout("ws://x/", "no"),
            ProxyRefused("ws://x/", "away"),
        ):
            self.assertFalse(is_final(error), error)
        for error in (
            NotWebSocket("ws://x/", "SSH"),
            CertificateRefused("ws://x/", "expired"),
            ConfigurationError("no file"),
        ):
            self.assertTrue(is_final(error), error)

    def test_retry_after(self) -> None:
        """It is a number of seconds or a date; anything else is nothing."""
        now = datetime(2026, 11, 22, 21, 0, 0, tzinfo=UTC)
        for value, seconds in (
            ("120", 120.0),
            ("Sun, 22 Nov 2026 21:01:00 GMT", 60.0),
            ("Sun, 22 Nov 2026 20:01:00 GMT", 0.0),
            ("Sunday, 22-Nov-26 21:00:30 GMT", 30.0),
            ("Sun, 32 Nov 2026 20:01:00 GMT", 0.0),
            ("soon", 0.0),
            ("-1", 0.0),
            ("9" * 400, float("inf")),
            ("", 0.0),
        ):
            self.assertEqual(asked_for(refused(503, retry_after=value), lambda: now), seconds, value)
        self.assertEqual(asked_for(DOWN), 0.0)


class KeeperTests(SynchronousTestCase):
    """A keeper with a clock of the test's, and a network that fails as it is told."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.outcomes: list[Any] = []
        self.dialed: list[float] = []
        self.failures: list[tuple[ConnectError, float]] = []
        self.losses: list[ConnectionClosed] = []

    def dial(self) -> Deferred[Any]:
        self.dialed.append(self.clock.seconds())
        outcome = self.outcomes.pop(0)
        return fail(outcome) if isinstance(outcome, Exception) else succeed(outcome)

    def keeper(self, **changes: Any) -> Keeper:
        reconnect = Reconnect(
            least=1,
            most=4,
            random=lambda: 1.0,
            on_failure=lambda error, delay: self.failures.append((error, delay)),
            on_loss=self.losses.append,
        )
        return Keeper(self.dial, self.clock, Reconnect(**{**vars(reconnect), **changes}))

    def test_attempts(self) -> None:
        """It tries until it succeeds, after ever longer waits, and tells each failure."""
        self.outcomes = [DOWN, DOWN, refused(503, retry_after="7"), DOWN, "reached"]
        reaching = Deferred.fromCoroutine(self.keeper().reach())
        self.clock.pump([0.5] * 60)
        self.assertEqual(self.successResultOf(reaching), "reached")
        self.assertEqual(self.dialed, [0, 1, 3, 14, 18])
        self.assertEqual([delay for _, delay in self.failures], [1, 2, 11, 4])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_final(self) -> None:
        """An error that is final is raised at once; without Reconnect every one is."""
        self.outcomes = [DOWN, refused(403)]
        reaching = Deferred.fromCoroutine(self.keeper().reach())
        self.clock.pump([0, 1])
        self.assertEqual(self.failureResultOf(reaching, HandshakeRefused).value.status, 403)
        self.outcomes = [DOWN]
        once = Deferred.fromCoroutine(Keeper(self.dial, self.clock, None).reach())
        self.failureResultOf(once, ConnectionFailed)

    def test_again(self) -> None:
        """After a loss it waits before the first attempt, too: many clients lose a server at once."""
        self.outcomes = ["first", "second", "third"]
        keeper = self.keeper()
        self.successResultOf(Deferred.fromCoroutine(keeper.reach()))
        for seconds, wait in ((5, 1), (5, 2), (10, 1)):
            self.outcomes = ["again"]
            self.clock.advance(seconds)
            again = Deferred.fromCoroutine(keeper.reach_again(LOST))
            self.clock.advance(wait - 0.1)
            self.assertNoResult(again)
            self.clock.advance(0.1)
            self.assertEqual(self.successResultOf(again), "again")
        self.assertEqual(self.losses, [LOST] * 3)

    def test_cancelled(self) -> None:
        """Cancelled, it leaves no timer."""
        self.outcomes = [DOWN]
        reaching = Deferred.fromCoroutine(self.keeper().reach())
        self.clock.advance(0)
        reaching.cancel()
        self.failureResultOf(reaching, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_hooks_that_fail(self) -> None:
        """What a hook raises is logged, and the attempts go on; it may be a coroutine."""

        def broken(*_: object) -> None:
            raise KeyError("first")

        async def also_broken(*_: object) -> None:
            raise KeyError("second")

        for hook in (broken, also_broken):
            self.outcomes = [DOWN, "reached"]
            reaching = Deferred.fromCoroutine(self.keeper(on_failure=hook).reach())
            self.clock.advance(1)
            self.assertEqual(self.successResultOf(reaching), "reached")
            self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
