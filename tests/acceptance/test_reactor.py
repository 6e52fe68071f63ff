# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""That these tests run on the reactor that was asked for."""

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from tests.acceptance import WANTED
from wstwist.reactors import describe

NAMES = {"asyncio": "asyncio reactor on asyncio", "uvloop": "asyncio reactor on uvloop"}


if WANTED:

    class ReactorTests(TestCase):
        """The reactor of this run."""

        def test_reactor(self):
            """The reactor is the one that WSTWIST_TEST_REACTOR names."""
            self.assertEqual(describe(reactor), NAMES.get(WANTED, f"{WANTED} reactor"))
