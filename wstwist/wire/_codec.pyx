# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The compiled twins of `wstwist.wire.decoding` and `wstwist.wire.encoding`, which say what all this is for.

A payload is unmasked once, on its way into the object that is handed on: a ``bytes``, or a ``str`` if it is ASCII.
Where it comes in parts, they are added to that very object.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from wstwist.wire._octets cimport (
    Buffer,
    Utf8,
    buffer_clear,
    buffer_reserve,
    buffer_start,
    buffer_take,
    unmask,
    utf8_check,
    utf8_size,
    utf8_write,
)

import zlib

from wstwist.wire import rules
from wstwist.wire.decoding import _ignore

cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 largest)
    void* PyUnicode_DATA(PyObject* text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    object PyUnicode_DecodeUTF8(const char* data, Py_ssize_t size, const char* errors)

cdef enum:
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PONG = 0xA

    OPCODE = 0x0F
    CONTROL = 0x08
    RESERVED = 0x70
    COMPRESSED = 0x40
    FINAL = 0x80
    MASKED = 0x80
    LENGTH = 0x7F
    SHORT = 125
    MEDIUM = 126
    LONG = 127

    LEAST = 512  # what a buffer for several frames has at least

cdef object zlib_error = zlib.error
cdef object check_close = rules.check_close
cdef object Violation = rules.Violation
cdef object ignore = _ignore
cdef int PROTOCOL_ERROR = rules.PROTOCOL_ERROR
cdef int INVALID_DATA = rules.INVALID_DATA
cdef object too_big = rules.too_big
cdef object frame_too_big = rules.frame_too_big
cdef object too_many_frames = rules.too_many_frames


@cython.final
cdef class Decoder:
    """Takes a peer's frames apart: see `wstwist.wire.decoding.Decoder`."""

    def __init__(
        self, deliver, control, fail, Py_ssize_t message_size, inflater=None, *, bint masked=True,
        Py_ssize_t frame_size=1 << 20, Py_ssize_t fragments=1024
    ):
        self.deliver = deliver
        self._control = control
        self._fail = fail
        self._message_size = message_size
        self._inflater = inflater
        self._masked = MASKED if masked else 0
        self._frame_size = frame_size
        self._fragments = fragments

    def __dealloc__(self):
        buffer_clear(&self._message)
        buffer_clear(&self._control_payload)

    @property
    def waiting(self):
        return self._waiting()

    cpdef feed(self, data):
        cdef Py_buffer view
        self.heard = True
        if self.is_over:
            return
        if self._decoding or self.held or self._waiting():
            if self._later is None:
                self._later = bytearray()
            self._later += data
            self._go_on()
        elif type(data) is bytes:
            self._decode_read(<const unsigned char*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        else:
            PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
            try:
                self._decode_read(<const unsigned char*>view.buf, view.len)
            finally:
                PyBuffer_Release(&view)

    cpdef feed_buffer(self, bytearray buffer, Py_ssize_t size):
        if self.is_over or self._decoding or self.held or self._waiting():
            self.feed(memoryview(buffer)[:size])
        else:
            self.heard = True
            self._decode_read(<const unsigned char*>PyByteArray_AS_STRING(buffer), size)

    def hold(self):
        self.held = True

    def resume(self):
        if self.held:
            self.held = False
            self._go_on()

    def stop(self):
        self._finish()
        self._inflater = None
        self.deliver = self._control = self._fail = ignore

    cdef Py_ssize_t _waiting(self) noexcept:
        return self._end - self._at + (0 if self._later is None else len(self._later))

    cdef int _finish(self) except -1:
        """Drop what is not decoded, and what is not whole: nothing is decoded any more."""
        self.is_over = True
        self._at = self._end = self._left = 0
        self._head_size = self._kind = 0
        self._now = self._later = None
        buffer_clear(&self._message)
        buffer_clear(&self._control_payload)

    cdef int _violate(self, int code, reason) except -1:
        """Tell that a rule is broken, after which nothing is decoded."""
        fail = self._fail
        self._finish()
        fail(code, reason)

    cdef int _too_big(self) except -1:
        """Tell that a message is too big."""
        violation = too_big(self._message_size)
        return self._violate(violation.code, violation.reason)

    cdef int _too_much(self, uint64_t length) except -1:
        """Tell why the frame that has begun is not taken."""
        if self._frames > self._fragments:
            violation = too_many_frames(self._fragments)
        elif length > <uint64_t>self._frame_size:
            violation = frame_too_big(self._frame_size)
        else:
            return self._too_big()
        return self._violate(violation.code, violation.reason)

    cdef int _decode_read(self, const unsigned char* data, Py_ssize_t size) except -1:
        """Decode the caller's bytes; what it is held before is copied."""
        self._at = 0
        self._end = size
        self._decoding = True
        try:
            self._decode(data)
        finally:
            self._decoding = False
            if self._at < self._end:
                self._now = PyByteArray_FromStringAndSize(<const char*>data + self._at, self._end - self._at)
                self._end -= self._at
                self._at = 0
        if self._later is not None:
            self._go_on()

    cdef int _go_on(self) except -1:
        """Decode what was kept, until it is held or over, or there is no more."""
        cdef bytearray now
        if self._decoding:
            return 0
        self._decoding = True
        try:
            while not self.held and not self.is_over and self._has_more():
                now = self._now  # a callback may drop it
                self._decode(<const unsigned char*>PyByteArray_AS_STRING(now))
        finally:
            self._decoding = False

    cdef bint _has_more(self) noexcept:
        """Whether there are bytes to decode among those that were kept."""
        if self._at == self._end:
            self._now, self._later = self._later, None
            self._at = 0
            self._end = 0 if self._now is None else len(self._now)
        return self._at < self._end

    cdef int _decode(self, const unsigned char* data) except -1:
        """Decode from where it is, until it is held or over, or all is decoded."""
        while self._at < self._end and not self.held and not self.is_over:
            if self._left:
                self._take_payload(data + self._at, self._end - self._at)
            elif self._head_size or not self._begin_whole(data + self._at, self._end - self._at):
                self._take_head(data)

    cdef int _begin_whole(self, const unsigned char* head, Py_ssize_t available) except -1:
        """Begin with a frame whose header is whole; 0: it is not."""
        if available < 2 or available < head_size(head[1]):
            return 0
        self._at += head_size(head[1])
        self._begin(head)
        return 1

    cdef int _take_head(self, const unsigned char* data) except -1:
        """Collect a header; its first two bytes are checked as soon as they are there."""
        while self._at < self._end:
            self._head[self._head_size] = data[self._at]
            self._head_size += 1
            self._at += 1
            if self._head_size == 2:
                rule = self._broken_rule(self._head[0], self._head[1])
                if rule is not None:
                    return self._violate(PROTOCOL_ERROR, rule)
            if self._head_size >= 2 and self._head_size == head_size(self._head[1]):
                self._head_size = 0
                return self._begin(self._head)
        return 0

    cdef object _broken_rule(self, unsigned char first, unsigned char second):
        """Give the rule that a header's first two bytes break, or None."""
        cdef unsigned char opcode = first & OPCODE
        cdef unsigned char reserved = first & RESERVED
        cdef bint begins = opcode == TEXT or opcode == BINARY
        if reserved and not (self._inflater is not None and reserved == COMPRESSED and begins):
            return rules.RESERVED_BITS
        if second & MASKED != self._masked:
            return rules.UNMASKED if self._masked else rules.MASKED
        if opcode > PONG or BINARY < opcode < CLOSE:
            return rules.UNKNOWN_OPCODE
        if opcode & CONTROL:
            if not first & FINAL:
                return rules.FRAGMENTED_CONTROL
            if second & LENGTH > SHORT:
                return rules.LONG_CONTROL
            if opcode == CLOSE and second & LENGTH == 1:
                return rules.SHORT_CLOSE
        elif self._kind and begins:
            return rules.NOT_ENDED
        elif not self._kind and not begins:
            return rules.NOT_BEGUN
        return None

    cdef int _begin(self, const unsigned char* head) except -1:
        """Begin with a frame whose header is whole; what is too big is refused before it comes."""
        cdef int i, size = length_size(head[1] & LENGTH)
        cdef uint64_t length = head[1] & LENGTH
        rule = self._broken_rule(head[0], head[1])
        if rule is not None:
            return self._violate(PROTOCOL_ERROR, rule)
        if length > SHORT:
            length = 0
            for i in range(2, size):
                length = length << 8 | head[i]
            if length >> 63:
                return self._violate(PROTOCOL_ERROR, rules.NEGATIVE_LENGTH)
            if length <= (SHORT if size == 4 else 0xFFFF):
                return self._violate(PROTOCOL_ERROR, rules.LONG_LENGTH)
        if self._masked:
            memcpy(self._mask, head + size, 4)
        else:
            memset(self._mask, 0, 4)
        self._opcode = head[0] & OPCODE
        self._is_final = head[0] & FINAL
        if not self._opcode & CONTROL and not self._expect(head[0], length):
            return self._too_much(length)
        self._left = length
        return 0 if length else self._finish_frame()

    cdef bint _expect(self, unsigned char first, uint64_t length) noexcept:
        """Know how much is to come of a message, whether it begins with it or not; False: too much."""
        cdef uint64_t most = self._message_size
        if not self._kind:
            self._kind = first & OPCODE
            self._is_compressed = first & COMPRESSED
            self._expected = 0
            self._frames = 0
            self._message.is_text = self._kind == TEXT
            self._not_ascii = self._is_compressed
        if self._is_compressed:
            most += most // 8 + 1024
        self._frames += 1
        if self._frames > self._fragments or length > <uint64_t>self._frame_size or length > most - self._expected:
            return False
        self._expected += length
        return True

    cdef int _take_payload(self, const unsigned char* data, Py_ssize_t available) except -1:
        """Take some of a frame's payload."""
        cdef Py_ssize_t size = min(self._left, available)
        self._at += size
        self._left -= size
        if self._opcode & CONTROL:
            unmask(buffer_reserve(&self._control_payload, size, size + self._left), data, size, self._mask)
            self._control_payload.size += size
            self._turn_mask(size)
        elif self._is_compressed:
            self._add_compressed(data, size)
        elif self._is_final and <uint64_t>size == self._expected:
            return self._finish_whole(data, size)
        else:
            self._add(data, size)
        return 0 if self._left or self.is_over else self._finish_frame()

    cdef void _turn_mask(self, Py_ssize_t size) noexcept:
        """Have the mask begin with the byte that is for the next byte of the payload."""
        cdef unsigned char mask[4]
        cdef Py_ssize_t i
        memcpy(mask, self._mask, 4)
        for i in range(4):
            self._mask[i] = mask[(i + size) % 4]

    cdef int _finish_whole(self, const unsigned char* data, Py_ssize_t size) except -1:
        """Hand on a message that is whole, all of it being here."""
        cdef bint is_text = self._kind == TEXT
        self._kind = 0
        if not is_text:
            message = PyBytes_FromStringAndSize(NULL, size)
            unmask(<unsigned char*>PyBytes_AS_STRING(message), data, size, self._mask)
        else:
            message = masked_text(data, size, self._mask)
            if message is None:
                return self._violate(INVALID_DATA, rules.NOT_UTF8)
        return self._hand_on(message)

    cdef int _hand_on(self, message) except -1:
        """Deliver a message, and hear whether more is wanted."""
        if self.discard:
            return 0
        self.delivered = True
        deliver = self.deliver
        if not deliver(message):
            self.held = True
        return 0

    cdef int _add(self, const unsigned char* data, Py_ssize_t size) except -1:
        """Add a part to a message."""
        cdef unsigned char* room = self._room(size)
        cdef uint64_t not_ascii = unmask(room, data, size, self._mask)
        self._message.size += size
        self._turn_mask(size)
        if self._kind == TEXT and (not_ascii or self._utf8.left):
            self._not_ascii = True
            return self._check(room, size)
        return 0

    cdef int _add_compressed(self, const unsigned char* data, Py_ssize_t size) except -1:
        """Add a part to a compressed message."""
        cdef Py_ssize_t left = self._message_size - self._message.size
        cdef bytes inflated, part = PyBytes_FromStringAndSize(NULL, size)
        cdef unsigned char* room
        unmask(<unsigned char*>PyBytes_AS_STRING(part), data, size, self._mask)
        self._turn_mask(size)
        try:
            inflated = self._inflater.inflate(part, left)
        except zlib_error:
            return self._violate(INVALID_DATA, rules.NOT_DEFLATE)
        size = len(inflated)
        if self.is_over or not size:
            return 0
        if size > left:
            return self._too_big()
        room = self._room(size)
        memcpy(room, PyBytes_AS_STRING(inflated), size)
        self._message.size += size
        return self._check(room, size) if self._kind == TEXT else 0

    cdef unsigned char* _room(self, Py_ssize_t size) except NULL:
        """Give room for a part: at most some times what has come, and at most what is to come.

        What has not come takes addresses, and no memory; each time that a buffer grows it may be copied.
        """
        cdef bint is_known = self._is_final and not self._is_compressed
        cdef Py_ssize_t needed = self._message.size + size
        cdef Py_ssize_t most = self._expected if is_known else self._message_size
        try:
            return buffer_reserve(&self._message, size, min((16 if is_known else 2) * needed, most))
        except MemoryError:
            self._finish()
            raise

    cdef int _check(self, const unsigned char* data, Py_ssize_t size) except -1:
        """Check that a text is UTF-8 so far."""
        if utf8_check(&self._utf8, data, size) < 0:
            return self._violate(INVALID_DATA, rules.NOT_UTF8)
        return 0

    cdef int _finish_frame(self) except -1:
        """Hand on what is whole now."""
        if self._opcode & CONTROL:
            return self._finish_control(self._opcode, buffer_take(&self._control_payload))
        return self._finish_message() if self._is_final else 0

    cdef int _finish_control(self, int opcode, bytes payload) except -1:
        """Hand on a control frame; a close frame is the last one."""
        control = self._control
        if opcode == CLOSE:
            try:
                check_close(payload)
            except Violation as violation:
                return self._violate(violation.code, violation.reason)
            self._finish()
        control(opcode, payload)
        return 0

    cdef int _finish_message(self) except -1:
        """Hand on a message that came in parts."""
        if self._is_compressed:
            try:
                self._inflater.finish()
            except zlib_error:
                return self._violate(INVALID_DATA, rules.NOT_DEFLATE)
            if self.is_over:
                return 0
        if self._kind == TEXT and self._utf8.left:
            return self._violate(INVALID_DATA, rules.NOT_UTF8)
        self._kind = 0
        return self._hand_on(self._take_message())

    cdef object _take_message(self):
        """Take out what came in parts."""
        if not (self._message.is_text and self._not_ascii and self._message.size):
            return buffer_take(&self._message)
        text = PyUnicode_DecodeUTF8(<char*>buffer_start(&self._message), self._message.size, NULL)
        buffer_clear(&self._message)
        return text


cdef inline int head_size(unsigned char second) noexcept:
    """Give the bytes of a header from its second byte."""
    return length_size(second & LENGTH) + (4 if second & MASKED else 0)


cdef inline int length_size(int length) noexcept:
    """Give the bytes of a header without its mask, from what its second byte says of the length."""
    return 2 if length <= SHORT else 4 if length == MEDIUM else 10


cdef object masked_text(const unsigned char* data, Py_ssize_t size, const unsigned char* mask):
    """Give a text as it is under its mask; None: it is not UTF-8."""
    text = PyUnicode_New(size, 127)
    cdef char* room = <char*>PyUnicode_DATA(<PyObject*>text)
    if not unmask(<unsigned char*>room, data, size, mask):
        return text
    try:
        return PyUnicode_DecodeUTF8(room, size, NULL)
    except UnicodeDecodeError:
        return None


cdef inline int own_head_size(Py_ssize_t size) noexcept:
    """Give the bytes of a header that we send."""
    return 2 if size <= SHORT else 4 if size <= 0xFFFF else 10


cdef unsigned char* write_head(unsigned char* to, unsigned char first, Py_ssize_t size) noexcept:
    """Write a header, and give the place behind it."""
    cdef int i, count = own_head_size(size) - 2
    to[0] = first
    to[1] = size if count == 0 else MEDIUM if count == 2 else LONG
    for i in range(count):
        to[2 + i] = (<uint64_t>size >> 8 * (count - 1 - i)) & 0xFF
    return to + 2 + count


cdef inline unsigned char first_byte(int opcode, bint compressed) noexcept:
    """Give the first byte of a final frame."""
    return FINAL | opcode | (COMPRESSED if compressed else 0)


cdef Py_ssize_t text_size(message) except -1:
    """Give the bytes of a text in UTF-8."""
    cdef Py_ssize_t size = utf8_size(message)
    if size < 0:
        message.encode("utf-8")  # raises UnicodeEncodeError
    return size


cdef Py_ssize_t bytes_size(payload) except -1:
    """Give the size of bytes, of a subclass too."""
    if not isinstance(payload, bytes):
        raise TypeError(f"a payload is bytes, not {type(payload).__name__}")
    return PyBytes_GET_SIZE(payload)


cdef bytes payload_frame(unsigned char first, payload):
    """Make a frame of a payload as it is."""
    cdef Py_ssize_t size = bytes_size(payload)
    frame = PyBytes_FromStringAndSize(NULL, own_head_size(size) + size)
    memcpy(write_head(<unsigned char*>PyBytes_AS_STRING(frame), first, size), PyBytes_AS_STRING(payload), size)
    return frame


def header(int opcode, Py_ssize_t size, *, bint compressed=False):
    """Encode a header: see `wstwist.wire.encoding.header`."""
    head = PyBytes_FromStringAndSize(NULL, own_head_size(size))
    write_head(<unsigned char*>PyBytes_AS_STRING(head), first_byte(opcode, compressed), size)
    return head


def encode(message, deflater=None):
    """Encode a message as one frame: see `wstwist.wire.encoding.encode`."""
    cdef bint is_text = isinstance(message, str)
    cdef Py_ssize_t size
    if deflater is not None:
        payload = deflater.compress(message.encode("utf-8") if is_text else message)
        return payload_frame(first_byte(TEXT if is_text else BINARY, True), payload)
    if not is_text:
        return payload_frame(first_byte(BINARY, False), message)
    size = text_size(message)
    frame = PyBytes_FromStringAndSize(NULL, own_head_size(size) + size)
    utf8_write(message, write_head(<unsigned char*>PyBytes_AS_STRING(frame), first_byte(TEXT, False), size))
    return frame


def masked_frame(int opcode, payload, bytes key not None, *, bint compressed=False):
    """Encode a client's frame: see `wstwist.wire.encoding.masked_frame`."""
    cdef Py_ssize_t size = bytes_size(payload)
    cdef unsigned char* to
    if len(key) != 4:
        raise ValueError("a key has four bytes")
    frame = PyBytes_FromStringAndSize(NULL, own_head_size(size) + 4 + size)
    to = write_head(<unsigned char*>PyBytes_AS_STRING(frame), first_byte(opcode, compressed), size)
    (<unsigned char*>PyBytes_AS_STRING(frame))[1] |= MASKED
    memcpy(to, PyBytes_AS_STRING(key), 4)
    unmask(to + 4, <const unsigned char*>PyBytes_AS_STRING(payload), size, to)
    return frame


def utf8_view(text):
    """Give the UTF-8 of a text: see `wstwist.wire.encoding.utf8_view`."""
    return memoryview(Ascii(text)) if PyUnicode_IS_COMPACT_ASCII(text) else text.encode("utf-8")


@cython.final
cdef class Ascii:
    """The characters of an ASCII text as bytes."""

    cdef object _text

    def __cinit__(self, text):
        self._text = text

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, PyUnicode_DATA(<PyObject*>self._text), len(self._text), True, flags)


@cython.final
cdef class Cork:
    """Frames that leave in one write: see `wstwist.wire.encoding.Cork`."""

    def __dealloc__(self):
        buffer_clear(&self._buffer)

    @property
    def size(self):
        return self._buffer.size

    cpdef Py_ssize_t add(self, message) except -1:
        cdef Py_ssize_t size
        if isinstance(message, str):
            size = text_size(message)
            utf8_write(message, self._begin(first_byte(TEXT, False), size))
        else:
            self._add_payload(first_byte(BINARY, False), message)
        return self._buffer.size

    def add_frame(self, int opcode, payload, *, bint compressed=False):
        self._add_payload(first_byte(opcode, compressed), payload)
        return self._buffer.size

    cpdef Py_ssize_t add_encoded(self, bytes frame) except -1:
        cdef Py_ssize_t size = len(frame)
        if self._buffer.data != NULL:
            memcpy(self._room(size), PyBytes_AS_STRING(frame), size)
        else:
            Py_INCREF(frame)
            self._buffer.data = <PyObject*>frame
            self._buffer.capacity = size
            self._is_shared = True
        self._buffer.size += size
        return self._buffer.size

    cpdef bytes take(self):
        self._is_shared = False
        return buffer_take(&self._buffer)

    cdef int _add_payload(self, unsigned char first, payload) except -1:
        """Add a frame."""
        cdef Py_ssize_t size = bytes_size(payload)
        memcpy(self._begin(first, size), PyBytes_AS_STRING(payload), size)
        return 0

    cdef unsigned char* _begin(self, unsigned char first, Py_ssize_t size) except NULL:
        """Add a frame's header, and give room for its payload."""
        cdef Py_ssize_t whole = own_head_size(size) + size
        cdef unsigned char* room = self._room(whole)
        self._buffer.size += whole
        return write_head(room, first, size)

    cdef unsigned char* _room(self, Py_ssize_t size) except NULL:
        """Give room for a frame: exactly that for the first one, for each next one twice what is needed."""
        cdef Py_ssize_t needed = self._buffer.size + size
        if self._buffer.data == NULL:
            return buffer_reserve(&self._buffer, size, size)
        if self._is_shared:
            self._unshare(max(2 * needed, LEAST))
        return buffer_reserve(&self._buffer, size, max(2 * needed, LEAST))

    cdef int _unshare(self, Py_ssize_t capacity) except -1:
        """Copy the frame that others have, too."""
        cdef Buffer own = Buffer(NULL, 0, 0, False)
        memcpy(buffer_reserve(&own, capacity, capacity), PyBytes_AS_STRING(<object>self._buffer.data), self._buffer.size)
        own.size = self._buffer.size
        buffer_clear(&self._buffer)
        self._buffer = own
        self._is_shared = False
        return 0
