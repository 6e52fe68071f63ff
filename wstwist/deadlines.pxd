# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Deadlines

cdef class Deadline:
    cdef public object expired
    cdef public double moment
    cdef public Deadlines _deadlines

    cpdef cancel(self)

cdef class Deadlines:
    cdef object _clock
    cdef double _seconds
    cdef dict _waiting
    cdef object _timer

    cpdef Deadline add(self, expired)
    cpdef forget(self, Deadline deadline)

cdef class AllDeadlines:
    cdef object _clock
    cdef dict _by_seconds

    cpdef Deadline add(self, seconds, expired)
