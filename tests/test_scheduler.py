# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The order in which contexts get the reactor's thread."""

import contextvars
import threading
import time

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from wstwist import scheduler
from wstwist.scheduler import Scheduler

variable = contextvars.ContextVar("variable", default="unset")


class Order(TestCase):
    """Steps run in the order in which they were posted, and never inside of each other."""

    def setUp(self):
        self.clock = Clock()
        self.scheduler = Scheduler(self.clock)
        self.log: list[str] = []

    def test_a_step_that_is_posted_by_a_step_runs_after_it(self):
        """What a step posts runs in the same turn, when the step has returned."""

        def outer() -> None:
            self.scheduler.post(lambda: self.log.append("inner"))
            self.scheduler.run()
            self.log.append("outer")

        self.scheduler.post(outer)
        self.scheduler.run()
        self.assertEqual(self.log, ["outer", "inner"])

    def test_what_is_posted_from_outside_waits_for_the_next_turn(self):
        """A step that nobody runs at once runs when the reactor comes to it."""
        self.scheduler.post(lambda: self.log.append("step"))
        self.assertEqual(self.log, [])
        self.clock.advance(0)
        self.assertEqual(self.log, ["step"])

    def test_one_turn_has_one_budget_however_often_run_is_called(self):
        """After 5 ms in one turn the rest waits until the reactor has had its thread back."""
        for number in range(20):
            self.scheduler.post(lambda: time.sleep(0.002))
            self.scheduler.post(lambda number=number: self.log.append(number))
            self.scheduler.run()
        self.assertLess(len(self.log), 10)
        for _ in range(20):
            self.clock.advance(0)
        self.assertEqual(self.log, list(range(20)))

    def test_steps_run_without_the_callers_context_variables(self):
        """A step sees nothing of the context variables of whoever happens to run it."""
        variable.set("the caller's")
        self.scheduler.post(lambda: self.log.append(variable.get()))
        self.scheduler.run()
        self.assertEqual(self.log, ["unset"])

    def test_a_step_that_fails_does_not_stop_the_others(self):
        """An exception of a step is logged, and the next one runs."""
        self.scheduler.post(lambda: 1 / 0)
        self.scheduler.post(lambda: self.log.append("next"))
        self.scheduler.run()
        self.clock.advance(0)  # another turn, if logging took all of this one
        self.assertEqual(self.log, ["next"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_steps_from_other_threads_cost_one_wake_up(self):
        """A batch of steps from a thread wakes the reactor once, and keeps its order."""
        wakes = []
        self.clock.callFromThread = wakes.append  # type: ignore[attr-defined] # a Clock has none

        def send() -> None:
            for number in range(10):
                self.scheduler.post_from_anywhere(lambda number=number: self.log.append(number))

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()
        self.assertEqual(len(wakes), 1)
        wakes[0]()
        self.assertEqual(self.log, list(range(10)))

    def test_the_budget(self):
        """The budget is the 5 ms that the design promises."""
        self.assertEqual(scheduler.TURN, 0.005)
