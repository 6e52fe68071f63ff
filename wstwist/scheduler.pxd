# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist cimport native

cdef double _TURN

cdef class Scheduler:
    cdef readonly object reactor
    cdef readonly object loop
    cdef readonly object outside
    cdef readonly object call_next_turn
    cdef public object spare_driver
    cdef public object cancelled_driver
    cdef public double now
    cdef public object account
    cdef object _ready
    cdef bint _running
    cdef bint _wanted
    cdef double _began
    cdef double _spent
    cdef object _arrived
    cdef bint _woken
    cdef unsigned long _thread

    cpdef bint on_reactor_thread(self) except -1
    cpdef post(self, step)
    cpdef post_from_anywhere(self, step)
    cpdef run(self)
    cpdef bint begin(self) except -1
    cpdef end(self)
    cdef _run_until(self, double end)
    cdef _run_one(self, step)
