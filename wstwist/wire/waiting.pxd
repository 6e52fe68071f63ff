# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Waiting:
    cdef object _messages
    cdef readonly Py_ssize_t size
    cdef Py_ssize_t _number
    cdef Py_ssize_t _limit
    cdef Py_ssize_t _bound
    cdef bint _drops
    cdef object _count
    cdef readonly double began

    cpdef bint is_full(self)
    cpdef bint put(self, message, key) except -1
    cpdef take(self)
    cpdef trim(self)
    cdef _drop(self, Py_ssize_t bound, Py_ssize_t least)
