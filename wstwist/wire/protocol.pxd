# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.traffic cimport Traffic
from wstwist.wire._codec cimport Decoder
from wstwist.wire.corking cimport Corks
from wstwist.wire.sending cimport Sender
from wstwist.wire.vigil cimport Vigil

import cython

cdef class Connection:
    cdef object _application
    cdef object _site
    cdef object _address
    cdef object _limits
    cdef Corks _corks
    cdef readonly object state
    cdef readonly Traffic traffic
    cdef Sender _sender
    cdef Decoder _decoder
    cdef object _early_data
    cdef object _early_close
    cdef object _upgrade
    cdef object _receiver
    cdef object _transport
    cdef bint _is_paused
    cdef bint _is_lost
    cdef object _closing
    cdef object _pacer
    cdef Vigil _vigil
    cdef object _last_wait
    cdef object _loss

    cpdef dataReceived(self, data)
    cpdef bufferReceived(self, bytearray buffer, Py_ssize_t size)
    cdef _read(self, data, Py_ssize_t size=*)
    @cython.locals(decoder=Decoder)
    cdef _decode(self, data, Py_ssize_t size)
    cdef _pause_or_resume(self)
    cpdef send(self, message)
    cpdef send_keyed(self, message, key)
    cdef bint _may_send(self)
    cpdef send_prepared(self, prepared)
