# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
#
# This is included by the compiled modules that ask for it, and is no module of its own.

from cpython.object cimport PyObject
from cpython.pythread cimport PyThread_get_thread_ident
from cpython.time cimport perf_counter

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(object o)
    PyObject **PyObject_GET_WEAKREFS_LISTPTR(PyObject *o)

cdef inline double now() noexcept:
    return perf_counter()

cdef inline unsigned long thread_ident() noexcept:
    return <unsigned long> PyThread_get_thread_ident()

cdef inline bint is_shared(driver):
    # One reference is the caller's. Whoever has a weak one (anyio) expects that the driver ends with its event.
    return Py_REFCNT(driver) > 1 or PyObject_GET_WEAKREFS_LISTPTR(<PyObject *> driver)[0] is not NULL
