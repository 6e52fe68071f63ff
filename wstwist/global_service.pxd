# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from wstwist.context cimport ExecutionContext

cdef class ServiceContext(ExecutionContext):
    cdef readonly bint is_starting
    cdef object _lease
    cdef object _kept
    cdef readonly bint is_paused
    cdef double _last_run
    cdef object _last_duration
    cdef object _loop
    cdef double _ticked_at
    cdef bint _is_run_due
    cdef bint _is_running
