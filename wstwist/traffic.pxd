# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Traffic:
    cdef Traffic _whole
    cdef public long long messages_in
    cdef public long long messages_out
    cdef public long long bytes_in
    cdef public long long bytes_out

    cpdef message_in(self)
    cpdef message_out(self)
    cpdef read(self, Py_ssize_t size)
    cpdef written(self, Py_ssize_t size)
