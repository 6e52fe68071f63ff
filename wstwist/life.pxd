# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.context cimport ExecutionContext
from wstwist.events cimport Event
from wstwist.traffic cimport Traffic

cdef class ClientContext(ExecutionContext):
    cdef readonly object state
    cdef readonly object channel
    cdef readonly Traffic traffic
    cdef readonly object accepted
    cdef object _request
    cdef bint _is_full
    cdef object _timer
    cdef bint _is_lost

    cpdef bint deliver(self, message) except -1
    cpdef delivered(self)
    cpdef send(self, message)
    cpdef send_keyed(self, message, key)
    cpdef send_prepared(self, prepared)
    cpdef handle_one(self, item)
    cpdef event_goes_on(self, Event event)
    cpdef event_over(self, Event event)
