# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.histogram cimport Histogram

cdef class Account:
    cdef Account _whole
    cdef readonly double event_time
    cdef readonly double cpu
    cdef readonly double last
    cdef readonly long long errors

    cpdef lasted(self, double seconds, double now, Histogram durations)
    cpdef computed(self, double seconds)
    cpdef failed(self)
