# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

import cython

from wstwist.life cimport ClientContext
from wstwist.scheduler cimport Scheduler

cdef class LocalBus:
    cdef readonly object _project
    cdef readonly Scheduler _scheduler
    cdef readonly dict _contexts

    cpdef send(self, client, message)

    @cython.locals(context=ClientContext)
    cpdef _send(self, client, message)

    @cython.locals(context=ClientContext, found=dict, contexts=list, others=list)
    cpdef _send_to(self, prepared, ids, excluded)
