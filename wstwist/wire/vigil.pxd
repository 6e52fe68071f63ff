# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.wire._codec cimport Decoder
from wstwist.wire.sending cimport Sender

cdef class Vigil:
    cdef object _bucket
    cdef object _clock
    cdef object _dead
    cdef Decoder _decoder
    cdef object _heart
    cdef object _heartbeats
    cdef bint _is_asked
    cdef Py_ssize_t _part
    cdef object _progress
    cdef double _rate
    cdef Sender _sender
    cdef object _transport
    cdef object _watch
    cdef public bint is_used
