# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the log shows of errors in authors' events."""

import gc
import json
import re
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.logger import capturedLogs, eventAsText
from twisted.logger._json import eventAsJSON
from twisted.trial.unittest import SynchronousTestCase

from wstwist import Client, Project
from wstwist.exceptions import ProcedureError
from wstwist.host import Host
from wstwist.testing import MemoryServer
from wstwist.tracebacks import EDGE, EventFailure, show


class Unshowable(Exception):
    """An error that raises whatever it is asked for."""

    def __str__(self) -> str:
        raise KeyError("__str__")


class Stubborn(Exception):
    """One that Python cannot format either."""

    @property
    def __cause__(self):
        raise KeyError("__cause__")


class Failing(Project):
    """It fails in the way that the message says."""

    interval = "1 h"
    waits: list[Any] = []

    def on_message(self, client: Client, message: str | bytes) -> Any:
        return getattr(self, f"do_{message}")()

    async def do_at_once(self) -> None:
        raise KeyError("at once")

    async def do_later(self) -> None:
        self.waits.append(Deferred())
        await self.waits[-1]

    @inlineCallbacks
    def callbacks(self):
        yield self.in_thread(str).as_deferred()
        raise KeyError("callbacks")

    def do_blocking(self) -> None:
        raise KeyError("blocking")

    async def do_group(self) -> None:
        try:
            await self.do_at_once()
        except KeyError as error:
            raise ExceptionGroup("two of them", [error, ValueError("the other")]) from None

    async def do_cause(self) -> None:
        try:
            await self.do_at_once()
        except KeyError as error:
            raise ValueError("because of it") from error

    async def do_context(self) -> None:
        try:
            await self.do_at_once()
        except KeyError:
            raise ValueError("meanwhile")  # noqa: B904 - that is the point

    async def do_note(self) -> None:
        error = ValueError("noted")
        error.add_note("a note")
        raise error

    async def do_recursion(self) -> None:
        self.again()

    def again(self) -> None:
        self.again()

    async def do_two_in_turn(self) -> None:
        self.one()

    def one(self) -> None:
        self.other()

    def other(self) -> None:
        self.one()

    async def do_unshowable(self) -> None:
        raise Unshowable

    async def do_stubborn(self) -> None:
        raise Stubborn

    async def do_unseen(self) -> None:
        self.in_thread(int, "x")


class Case(SynchronousTestCase):
    """A client whose events fail."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Failing))
        self.ann = self.server.connect()

    def logged(self, message: str = "") -> str:
        """Give what the log shows of the error with which a message is answered."""
        if message:
            self.ann.send(message)
        _, event, error = self.server.errors.pop()
        with capturedLogs() as events:
            Host.log_error(self.server._host, self.ann.instance._context, event, error)
        self.assertEqual(len(self.flushLoggedErrors(type(error))), 1)
        (self.event,) = events
        return eventAsText(self.event, includeTimestamp=False, includeSystem=False)


class Showing(Case):
    """An error is shown as Python shows it."""

    def test_group(self) -> None:
        """The members of an ExceptionGroup are shown, each with its traceback."""
        text = self.logged("group")
        self.assertIn("Exception Group Traceback (most recent call last):", text)
        self.assertRegex(
            text, r"(?s)two of them.*in do_at_once\n.*KeyError: 'at once'.*ValueError: the other"
        )

    def test_chains(self) -> None:
        """What caused an error is shown before it, and so is what was being handled."""
        for message, between in (("cause", "direct cause"), ("context", "During handling")):
            self.assertRegex(
                self.logged(message), f"(?s)in do_at_once\n.*KeyError: 'at once'\n.*{between}.*ValueError"
            )

    def test_notes(self) -> None:
        """Notes stand below the error."""
        self.assertIn("\nValueError: noted\na note\n", self.logged("note"))

    def test_unshowable(self) -> None:
        """An error that raises when it is looked at is logged all the same."""
        self.assertRegex(
            self.logged("unshowable"), r"in do_unshowable\n.*\n.*Unshowable: <exception str\(\) failed>"
        )
        self.assertIn("Stubborn, which cannot be shown", self.logged("stubborn"))

    def test_json(self) -> None:
        """A log in JSON has the same text, and not all of a recursion's frames."""
        self.logged("group")
        self.assertIn("ValueError: the other", self.json()["text"])
        self.logged("two_in_turn")
        self.assertEqual(len(self.json()["frames"]), 2 * EDGE)

    def json(self) -> Any:
        return json.loads(eventAsJSON(self.event))["log_failure"]

    def test_other_details(self) -> None:
        """Twisted's other ways to show a failure are Twisted's."""
        failure = EventFailure(KeyError("x"))
        self.assertEqual(failure.getTraceback(), "KeyError: 'x'\n")
        self.assertIn("no frames", failure.getTraceback(detail="brief"))


class Recursion(Case):
    """An endless recursion does not fill the log."""

    def test_of_one(self) -> None:
        """Frames that are the same are counted."""
        text = self.logged("recursion")
        self.assertRegex(
            text, r"(?s)in do_recursion\n.*in again\n.*\[Previous line repeated \d+ more times\]"
        )
        self.assertLess(len(text.splitlines()), 30)

    def test_of_two(self) -> None:
        """Of frames that alternate the first and the last are shown, the others counted."""
        text = self.logged("two_in_turn")
        self.assertRegex(
            text, r"(?s)in do_two_in_turn\n.*  \.\.\. \d+ more \.\.\.\n.*RecursionError: maximum"
        )
        self.assertLess(len(text.splitlines()), 2 * EDGE * 3 + 10)


class Beginning(Case):
    """A traceback begins with the author's code."""

    begins = rf'^Traceback \(most recent call last\):\n  File "{re.escape(__file__)}", line \d+, in '

    def check(self, text: str, function: str) -> None:
        self.assertRegex(text.partition("\n")[2], f"{self.begins}{function}\n")
        self.assertEqual(self.event["log_failure"].frames[0][0], function)

    def test_coroutine(self) -> None:
        """That of a coroutine, which failed at once or later."""
        self.check(self.logged("at_once"), "do_at_once")
        self.ann.send("later")
        self.server._do(lambda: self.ann.instance.waits.pop().errback(KeyError("later")))
        self.check(self.logged(), "do_later")

    def test_blocking(self) -> None:
        """That of a def."""
        self.check(self.logged("blocking"), "on_message")

    def test_procedures(self) -> None:
        """That of a procedure, which others are told of, and of one with inlineCallbacks."""
        for procedure in (Failing.other, Failing.callbacks):
            with self.assertRaises(ProcedureError) as caught:
                self.server.run(self.ann.instance.client.execute(procedure))
            first = caught.exception.traceback.splitlines()[1]
            self.assertRegex(first, rf'^  File "{re.escape(__file__)}", line \d+, in {procedure.__name__}$')

    def test_ours(self) -> None:
        """Where there is no code of the author's, all is shown."""
        with capturedLogs() as events:
            self.ann.send("unseen")
            gc.collect()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertRegex(eventAsText(events[-1]), r'File "[^"]*wstwist/events.py", line \d+, in .*work')

    def test_demonstration(self) -> None:
        """The demonstration is an author's code."""
        for module, is_shown in (("wstwist.demo.chat", True), ("wstwist.context", False)):
            space: dict[str, Any] = {"__name__": module}
            exec("def called(function): function()", space)
            try:
                space["called"](lambda: 1 / 0)
            except ZeroDivisionError as error:
                text = show(error.with_traceback(error.__traceback__.tb_next))
            self.assertEqual("in called\n" in text, is_shown)
