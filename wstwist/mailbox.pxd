# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Mailbox:
    cdef list _items
    cdef Py_ssize_t _taken
    cdef Py_ssize_t _most
    cdef Py_ssize_t _most_bytes
    cdef Py_ssize_t _count
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t high_water

    cpdef bint is_empty(self)
    cpdef bint put_message(self, message) except -1
    cpdef put_call(self, call)
    cpdef put_always(self, work)
    cpdef put_first(self, work)
    cpdef take(self)
