# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT

from libc.stdint cimport uint64_t

from wstwist.wire._octets cimport Buffer, Utf8


cdef class Decoder:
    cdef public object deliver
    cdef public bint heard
    cdef public bint delivered
    cdef public bint discard
    cdef readonly bint held
    cdef readonly bint is_over
    cdef bint _decoding
    cdef object _control
    cdef object _fail
    cdef object _inflater
    cdef Py_ssize_t _message_size
    cdef Py_ssize_t _frame_size
    cdef Py_ssize_t _fragments
    cdef unsigned char _masked  # the bit that a header's second byte has to have, or 0
    # What is being decoded, from where on and how far; it is the caller's while that calls feed, and ours where it
    # is kept. Then what came meanwhile, or while it was held.
    cdef bytearray _now
    cdef Py_ssize_t _at
    cdef Py_ssize_t _end
    cdef bytearray _later
    # A message whose parts are coming: how much there will be, as far as is known, and what there is.
    cdef uint64_t _expected
    cdef Py_ssize_t _frames
    cdef Buffer _message
    cdef Buffer _control_payload
    # A frame: how much of its payload is still to come. A next frame's header that is not whole.
    cdef Py_ssize_t _left
    cdef unsigned char _mask[4]
    cdef unsigned char _opcode
    cdef unsigned char _is_final
    cdef unsigned char _head_size
    cdef unsigned char _head[14]
    # A message: 0 for none.
    cdef unsigned char _kind
    cdef unsigned char _is_compressed
    cdef bint _not_ascii  # maybe: what is compressed is not looked at
    cdef Utf8 _utf8

    cpdef feed(self, data)
    cpdef feed_buffer(self, bytearray buffer, Py_ssize_t size)
    cdef Py_ssize_t _waiting(self) noexcept
    cdef int _finish(self) except -1
    cdef int _violate(self, int code, reason) except -1
    cdef int _too_big(self) except -1
    cdef int _too_much(self, uint64_t length) except -1
    cdef int _decode_read(self, const unsigned char* data, Py_ssize_t size) except -1
    cdef int _go_on(self) except -1
    cdef bint _has_more(self) noexcept
    cdef int _decode(self, const unsigned char* data) except -1
    cdef int _begin_whole(self, const unsigned char* head, Py_ssize_t available) except -1
    cdef int _take_head(self, const unsigned char* data) except -1
    cdef object _broken_rule(self, unsigned char first, unsigned char second)
    cdef int _begin(self, const unsigned char* head) except -1
    cdef bint _expect(self, unsigned char first, uint64_t length) noexcept
    cdef int _take_payload(self, const unsigned char* data, Py_ssize_t available) except -1
    cdef void _turn_mask(self, Py_ssize_t size) noexcept
    cdef int _finish_whole(self, const unsigned char* data, Py_ssize_t size) except -1
    cdef int _hand_on(self, message) except -1
    cdef int _add(self, const unsigned char* data, Py_ssize_t size) except -1
    cdef int _add_compressed(self, const unsigned char* data, Py_ssize_t size) except -1
    cdef unsigned char* _room(self, Py_ssize_t size) except NULL
    cdef int _check(self, const unsigned char* data, Py_ssize_t size) except -1
    cdef int _finish_frame(self) except -1
    cdef int _finish_control(self, int opcode, bytes payload) except -1
    cdef int _finish_message(self) except -1
    cdef object _take_message(self)


cdef class Cork:
    cdef Buffer _buffer
    cdef bint _is_shared  # the buffer is a frame that others have, too

    cpdef Py_ssize_t add(self, message) except -1
    cpdef Py_ssize_t add_encoded(self, bytes frame) except -1
    cpdef bytes take(self)
    cdef int _add_payload(self, unsigned char first, payload) except -1
    cdef unsigned char* _begin(self, unsigned char first, Py_ssize_t size) except NULL
    cdef unsigned char* _room(self, Py_ssize_t size) except NULL
    cdef int _unshare(self, Py_ssize_t capacity) except -1
