# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.events cimport Event, make_event
from wstwist.mailbox cimport Mailbox
from wstwist cimport native
from wstwist.scheduler cimport Scheduler

cdef int BATCH
cdef double _TURN
cdef double _TOO_LONG

cdef class ExecutionContext:
    cdef readonly object project
    cdef readonly Scheduler scheduler
    cdef readonly str name
    cdef public object client
    cdef public object instance
    cdef readonly Mailbox mailbox
    cdef readonly Event event
    cdef readonly object variables
    cdef readonly object definition
    cdef object _on_message
    cdef object _session
    cdef object _belongings
    cdef bint _has_ended
    cdef bint _is_posted
    cdef object _watch
    cdef object __weakref__

    cpdef run_event(self, name, tuple args, then=*)
    cpdef run_handler(self, name, handler, tuple args, kwargs, then)
    cpdef event_goes_on(self, Event event)
    cpdef end_event(self, Event event)
    cpdef event_over(self, Event event)
    cpdef go_on(self)
    cdef bint _has_turn(self)
    cpdef handle(self)
    cdef _handle_safely(self, item)
    cpdef handle_one(self, item)
