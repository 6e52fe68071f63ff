# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Corks:
    cdef public object reader
    cdef object _call_next_turn
    cdef list _corked
    cdef bint _is_due

    cpdef add(self, corked)
    cpdef flush(self)
