# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

import cython

from wstwist.life cimport ClientContext
from wstwist.scheduler cimport Scheduler

cdef class LocalBus:
    cdef object _project
    cdef Scheduler _scheduler
    cdef dict _contexts

    @cython.locals(context=ClientContext)
    cpdef send(self, client, message)

    @cython.locals(context=ClientContext, found=dict, contexts=list)
    cpdef _broadcast(self, prepared, ids, group, excluded, reply)
