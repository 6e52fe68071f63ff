# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

import cython

from wstwist cimport native
from wstwist.scheduler cimport Scheduler

@cython.freelist(64)
cdef class Event:
    cdef readonly object context
    cdef readonly object variables
    cdef readonly str name
    cdef readonly bint is_over
    cdef public double began
    cdef readonly object ran_since
    cdef public object value
    cdef public object error
    cdef Scheduler _scheduler
    cdef object _handler
    cdef tuple _args
    cdef object _kwargs
    cdef object _then
    cdef object _driver
    cdef Py_ssize_t _threads
    cdef bint _has_ended
    cdef object _waits

    cpdef bint start(self) except -1
    cdef bint _step(self, function, tuple args, kwargs) except -1
    cdef bint _go_on(self, value) except -1
    cpdef bint may_end(self)
    cpdef let_go(self)

@cython.locals(event=Event)
cpdef Event make_event(context, name, handler, tuple args, kwargs, then)
