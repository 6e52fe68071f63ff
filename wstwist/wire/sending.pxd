# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

import cython

from wstwist.traffic cimport Traffic
from wstwist.wire._codec cimport Cork
from wstwist.wire.corking cimport Corks
from wstwist.wire.waiting cimport Waiting

cdef class Sender:
    cdef object _owner
    cdef object _limits
    cdef object _clock
    cdef Corks _corks
    cdef Traffic _traffic
    cdef Cork _cork
    cdef bint _is_corked
    cdef object _transport
    cdef bint _takes_views
    cdef object _deflater
    cdef bint _open
    cdef bint _is_over
    cdef double _full_since
    cdef list _on_drained
    cdef Waiting _waiting
    cdef bint _keeps_newest
    cdef object _look
    cdef object _ping
    cdef object _close

    cpdef send(self, message)
    cpdef send_keyed(self, message, key)
    cpdef send_prepared(self, prepared)
    cpdef flush(self)
    cdef _uncork_soon(self, Py_ssize_t size)
    @cython.locals(waiting=Waiting)
    cdef _keep(self, message, key)
