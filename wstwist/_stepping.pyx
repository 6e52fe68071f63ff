# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The compiled twin of stepping.py, which says what all of this means."""

from cpython.object cimport PyObject, PyTypeObject
from types import CoroutineType

from wstwist import stepping

cdef extern from "Python.h":
    ctypedef enum PySendResult:
        PYGEN_RETURN
        PYGEN_ERROR
        PYGEN_NEXT
    PySendResult PyIter_Send(object iter, object arg, PyObject **result) except PYGEN_ERROR
    object PyContext_Copy(object context)
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1
    object PyContextVar_Set(object var, object value)
    void Py_DECREF(PyObject *o)

cdef object current_event = stepping.current_event
cdef object enter_task = stepping.enter_task
cdef object leave_task = stepping.leave_task
cdef object in_task = stepping.in_task
cdef object Suspended = stepping.Suspended
cdef object Returned = stepping.Returned
cdef PyTypeObject *coroutine_type = <PyTypeObject *> CoroutineType


def first_step(event, function, tuple args, kwargs, variables, loop, driver):
    if loop is None:
        return _in_context(event, function, args, kwargs, variables, driver)
    try:
        enter_task(loop, driver)
    except RuntimeError:  # another one is current
        return _in_place_of_another(event, function, args, kwargs, variables, loop, driver)
    try:
        return _in_context(event, function, args, kwargs, variables, driver)
    finally:
        leave_task(loop, driver)


def _in_place_of_another(event, function, args, kwargs, variables, loop, driver):
    # Not in first_step, which would make room for what the lambda holds each time.
    return in_task(loop, driver, lambda: _in_context(event, function, args, kwargs, variables, driver))


cdef object _in_context(event, function, tuple args, kwargs, variables, driver):
    PyContext_Enter(variables)
    try:
        return _step(event, function, args, kwargs, driver)
    finally:
        PyContext_Exit(variables)


cdef object _step(event, function, tuple args, kwargs, driver):
    cdef PyObject *result = NULL
    cdef PySendResult outcome
    PyContextVar_Set(current_event, event)
    value = function(*args, **kwargs) if kwargs else function(*args)
    if (<PyObject *> value).ob_type is not coroutine_type:
        return value
    driver.coroutine = value
    outcome = PyIter_Send(value, None, &result)
    given = <object> result
    Py_DECREF(result)
    if outcome == PYGEN_NEXT:
        return Suspended(value, given)
    return None if given is None else Returned(given)


def run_in_copy(variables, function):
    copy = PyContext_Copy(variables)
    PyContext_Enter(copy)
    try:
        function()
    finally:
        PyContext_Exit(copy)
