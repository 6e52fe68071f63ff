# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

import cython

cdef class Histogram:
    cdef double[::1] _bounds
    cdef long long[::1] _counts
    cdef Py_ssize_t _most
    cdef readonly long long count
    cdef readonly double total
    cdef readonly double longest

    @cython.locals(bucket=Py_ssize_t)
    cpdef observe(self, double seconds)
