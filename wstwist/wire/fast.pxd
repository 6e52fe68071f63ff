# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef bytearray _BUFFER
cdef object _WHOLE

cdef class FastTransport:
    cdef object _arrivals
    cdef object _address
    cdef object _socket
    cdef object _transport
    cdef object _write
    cdef object _deliver
    cdef object _protocol
    cdef object _producer
    cdef object _reason
    cdef bint _takes_buffers
    cdef bint _is_paused
    cdef bint _is_pulled
    cdef bint _is_full
    cdef bint _is_shutting
    cdef bint _is_read_to_end
    cdef bint _is_heard
    cdef bint _is_reset
    cdef public bint connected
    cdef public bint disconnecting

cdef class FastTlsTransport(FastTransport):
    pass
