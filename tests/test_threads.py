# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The pool of threads that blocking code runs in."""

import threading
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from wstwist import threads
from wstwist.scheduler import Scheduler
from wstwist.threads import ThreadPool, blocking, blocking_context


class Pool(TestCase):
    """At most so many threads are busy; one that waits for a Reply is not."""

    def setUp(self):
        self.clock = Clock()
        self.pool = ThreadPool(2, "Chat", Scheduler(self.clock))
        self.addCleanup(self.pool.stop)

    def test_no_more_threads_than_size(self):
        """Work beyond the size waits until a thread is free; all of it is done."""
        gate, begun, done = (threading.Semaphore(0) for _ in range(3))
        lock = threading.Lock()
        running = most = 0

        def work() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            begun.release()
            gate.acquire()
            with lock:
                running -= 1
            done.release()

        for _ in range(10):
            self.pool.submit(work)
        for _ in range(2):
            self.assertTrue(begun.acquire(timeout=5))
        gate.release(10)
        for _ in range(10):
            self.assertTrue(done.acquire(timeout=5))
        self.assertEqual(most, 2)
        self.assertEqual(self.pool.late, 8)

    def test_threads_that_wait_do_not_count(self):
        """When all threads wait, others do the work that they wait for."""
        done = threading.Semaphore(0)
        locks = [threading.Lock() for _ in range(6)]
        for lock in locks:
            lock.acquire()

            def wait(lock: threading.Lock = lock) -> None:
                self.pool.wait(lock)
                done.release()

            self.pool.submit(wait)
        for lock in locks:
            self.pool.submit(lock.release)
        for _ in locks:
            self.assertTrue(done.acquire(timeout=5))

    def test_work_that_waits_for_a_thread_is_logged(self):
        """Work that has waited for a second is logged with the setting to change."""
        from twisted.logger import globalLogPublisher

        logged: list[Any] = []
        globalLogPublisher.addObserver(logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, logged.append)
        gate, begun = threading.Semaphore(0), threading.Semaphore(0)

        def work() -> None:
            begun.release()
            gate.acquire()

        for _ in range(3):
            self.pool.submit(work)
        for _ in range(2):
            self.assertTrue(begun.acquire(timeout=5))
        self.clock.advance(0.9)
        self.assertEqual(logged, [])
        self.clock.advance(0.2)
        gate.release(3)
        lines = [event for event in logged if "free thread" in event.get("log_format", "")]
        self.assertEqual([(line["waiting"], line["size"]) for line in lines], [(1, 2)])

    def test_threads_are_used_again_and_end(self):
        """Threads that have nothing to do take the next work, and end after a while."""
        self.patch(threads, "IDLE_TIME", 0.01)
        done = threading.Semaphore(0)
        names = set()

        def work() -> None:
            names.add(threading.current_thread())
            done.release()

        for _ in range(5):
            self.pool.submit(work)
            self.assertTrue(done.acquire(timeout=5))
        for thread in names:
            thread.join(5)
            self.assertFalse(thread.is_alive())

    def test_the_reactor_thread_may_not_wait(self):
        """The reactor's thread may not block; any other may."""
        self.assertFalse(self.pool.may_wait())
        answers: list[bool] = []
        other = threading.Thread(target=lambda: answers.append(self.pool.may_wait()))
        other.start()
        other.join()
        self.assertEqual(answers, [True])

    def test_the_mark_of_blocking_code(self):
        """Blocking code is marked with its context, for its own thread and no longer than it runs."""
        with blocking("outer"):
            with blocking("inner"):
                self.assertEqual(blocking_context(), "inner")
            self.assertEqual(blocking_context(), "outer")
        self.assertIsNone(blocking_context())
