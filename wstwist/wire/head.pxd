# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

cdef class Head:
    cdef readonly bytes method
    cdef readonly bytes path
    cdef readonly bytes query
    cdef readonly bytes version
    cdef readonly object fields
    cdef readonly dict headers
    cdef dict _values

    cpdef values(self, bytes name)
    cpdef tokens(self, str name)

cdef tuple _request_line(bytes line)
cdef _check_method(bytes method)
cdef tuple _split_target(bytes method, bytes target)
cdef tuple _field(bytes line)
cdef bytes _name(bytes name)
cdef bytes _value(bytes value)
cdef _check_host(Head head)
cdef _check_length(Head head)
