# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.wire._codec cimport Cork
from wstwist.wire.corking cimport Corks

cdef class Sender:
    cdef Py_ssize_t _limit
    cdef object _on_closed
    cdef object _clock
    cdef Corks _corks
    cdef Cork _cork
    cdef bint _is_corked
    cdef object _transport
    cdef bint _takes_views
    cdef object _deflater
    cdef bint _open
    cdef bint _is_over
    cdef double _full_since
    cdef list _on_room
    cdef object _messages
    cdef Py_ssize_t _size
    cdef bint _is_fresh
    cdef object _ping
    cdef object _close

    cpdef bint send(self, message) except -1
    cpdef bint send_prepared(self, prepared) except -1
    cpdef flush(self)
    cdef _uncork_soon(self, Py_ssize_t size)
    cdef bint _keep(self, message) except -1
