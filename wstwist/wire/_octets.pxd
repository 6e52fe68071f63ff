# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the compiled codec does to many bytes at a time, in C, and the buffers that it fills."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject
from libc.stdint cimport uint64_t

cdef extern from *:
    """
    /* Copy bytes and undo their masking, from the mask's first byte on. The high bits of the result are set where
       a byte has its high bit set: none, and all of it is ASCII. */
    static inline uint64_t unmask(unsigned char *restrict to, const unsigned char *restrict from,
                                  Py_ssize_t size, const unsigned char *mask)
    {
        unsigned char turns[12];
        uint64_t masks, word, seen = 0;
        Py_ssize_t i;
        for (i = 0; i < 12; i++)
            turns[i] = mask[i % 4];
        if (size < 8) {
            for (i = 0; i < size; i++)
                seen |= to[i] = from[i] ^ turns[i];
            return seen & 0x80;
        }
        memcpy(&masks, turns, 8);
        for (i = 0; i <= size - 8; i += 8) {
            memcpy(&word, from + i, 8);
            word ^= masks;
            seen |= word;
            memcpy(to + i, &word, 8);
        }
        /* The last eight bytes, some of them a second time. */
        memcpy(&masks, turns + size % 4, 8);
        memcpy(&word, from + size - 8, 8);
        word ^= masks;
        seen |= word;
        memcpy(to + size - 8, &word, 8);
        return seen & 0x8080808080808080u;
    }

    /* Where a text is cut: the bytes that a character still lacks, and what the next may be. */
    typedef struct {
        unsigned char left, low, high;
    } Utf8;

    /* Know from its first byte what a character lacks; -1: it is none. */
    static inline int utf8_begin(Utf8 *state, unsigned char first)
    {
        state->low = 0x80;
        state->high = 0xBF;
        if (first < 0x80)
            state->left = 0;
        else if (first >= 0xC2 && first <= 0xDF)
            state->left = 1;
        else if ((first & 0xF0) == 0xE0) {
            state->left = 2;
            if (first == 0xE0)
                state->low = 0xA0; /* shorter forms */
            if (first == 0xED)
                state->high = 0x9F; /* surrogates */
        }
        else if (first >= 0xF0 && first <= 0xF4) {
            state->left = 3;
            if (first == 0xF0)
                state->low = 0x90; /* shorter forms */
            if (first == 0xF4)
                state->high = 0x8F; /* above U+10FFFF */
        }
        else
            return -1;
        return 0;
    }

    /* Check the next bytes of a text; -1: they are not UTF-8. */
    static inline int utf8_check(Utf8 *state, const unsigned char *data, Py_ssize_t size)
    {
        Utf8 now = *state;
        Py_ssize_t i = 0;
        uint64_t word;
        while (i < size) {
            if (now.left) {
                if (data[i] < now.low || data[i] > now.high)
                    return -1;
                now.left--;
                now.low = 0x80;
                now.high = 0xBF;
                i++;
            }
            else if (i <= size - 8 && (memcpy(&word, data + i, 8), !(word & 0x8080808080808080u)))
                i += 8;
            else if (utf8_begin(&now, data[i++]) < 0)
                return -1;
        }
        *state = now;
        return 0;
    }

    #define UTF8_SIZE(type) \\
        for (i = 0; i < length; i++) { \\
            Py_UCS4 c = ((const type *)data)[i]; \\
            size += 1 + (c >= 0x80) + (c >= 0x800) + (c >= 0x10000); \\
            lone |= (c & 0xFFFFF800u) == 0xD800; \\
        }

    /* Give the bytes that a text has in UTF-8; -1: it has lone surrogates. */
    static inline Py_ssize_t utf8_size(PyObject *text)
    {
        Py_ssize_t i, size = 0, length = PyUnicode_GET_LENGTH(text);
        const void *data = PyUnicode_DATA(text);
        int lone = 0;
        if (PyUnicode_IS_ASCII(text))
            return length;
        switch (PyUnicode_KIND(text)) {
            case PyUnicode_1BYTE_KIND: UTF8_SIZE(Py_UCS1) break;
            case PyUnicode_2BYTE_KIND: UTF8_SIZE(Py_UCS2) break;
            default: UTF8_SIZE(Py_UCS4)
        }
        return lone ? -1 : size;
    }

    #define UTF8_WRITE(type) \\
        for (i = 0; i < length; i++) { \\
            Py_UCS4 c = ((const type *)data)[i]; \\
            if (c < 0x80) \\
                *to++ = c; \\
            else { \\
                if (c < 0x800) \\
                    *to++ = 0xC0 | c >> 6; \\
                else { \\
                    if (c < 0x10000) \\
                        *to++ = 0xE0 | c >> 12; \\
                    else { \\
                        *to++ = 0xF0 | c >> 18; \\
                        *to++ = 0x80 | (c >> 12 & 0x3F); \\
                    } \\
                    *to++ = 0x80 | (c >> 6 & 0x3F); \\
                } \\
                *to++ = 0x80 | (c & 0x3F); \\
            } \\
        }

    /* Write a text in UTF-8; PyUnicode_AsUTF8 would leave a copy in the str. */
    static inline void utf8_write(PyObject *text, unsigned char *to)
    {
        Py_ssize_t i, length = PyUnicode_GET_LENGTH(text);
        const void *data = PyUnicode_DATA(text);
        if (PyUnicode_IS_ASCII(text)) {
            memcpy(to, data, length);
            return;
        }
        switch (PyUnicode_KIND(text)) {
            case PyUnicode_1BYTE_KIND: UTF8_WRITE(Py_UCS1) break;
            case PyUnicode_2BYTE_KIND: UTF8_WRITE(Py_UCS2) break;
            default: UTF8_WRITE(Py_UCS4)
        }
    }
    """
    ctypedef struct Utf8:
        unsigned char left

    uint64_t unmask(unsigned char* to, const unsigned char* masked, Py_ssize_t size, const unsigned char* mask) noexcept
    int utf8_check(Utf8* state, const unsigned char* data, Py_ssize_t size) noexcept
    Py_ssize_t utf8_size(object text) noexcept
    void utf8_write(object text, unsigned char* to) noexcept

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** data, Py_ssize_t size) except -1
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 largest)
    int PyUnicode_Resize(PyObject** text, Py_ssize_t size) except -1
    void* PyUnicode_DATA(PyObject* text) noexcept
    char* PyBytes_AS_STRING(PyObject* data) noexcept


# A bytes object, or a str of ASCII, that is being filled: nobody else may see it yet. Without one its size is 0.
cdef struct Buffer:
    PyObject* data
    Py_ssize_t size
    Py_ssize_t capacity
    bint is_text


cdef inline unsigned char* buffer_reserve(Buffer* buffer, Py_ssize_t more, Py_ssize_t capacity) except NULL:
    """Give room for more bytes; the buffer grows to a capacity where it is too small."""
    if buffer.data == NULL:
        room = PyUnicode_New(capacity, 127) if buffer.is_text else PyBytes_FromStringAndSize(NULL, capacity)
        Py_INCREF(room)
        buffer.data = <PyObject*>room
        buffer.capacity = capacity
    elif buffer.capacity - buffer.size < more:
        buffer_resize(buffer, capacity)
    return buffer_start(buffer) + buffer.size


cdef inline unsigned char* buffer_start(Buffer* buffer) noexcept:
    """Give the place of the first byte of a buffer that has room."""
    return <unsigned char*>(PyUnicode_DATA(buffer.data) if buffer.is_text else PyBytes_AS_STRING(buffer.data))


cdef inline int buffer_resize(Buffer* buffer, Py_ssize_t capacity) except -1:
    """Make the buffer larger or smaller; where there is no memory, nothing is left of it."""
    cdef Py_ssize_t size = buffer.size
    buffer.size = 0
    if not buffer.is_text:
        _PyBytes_Resize(&buffer.data, capacity)
    else:
        try:
            PyUnicode_Resize(&buffer.data, capacity)
        except MemoryError:
            buffer_clear(buffer)
            raise
    buffer.size = size
    buffer.capacity = capacity
    return 0


cdef inline object buffer_take(Buffer* buffer):
    """Give what is in the buffer, the buffer's own object, and leave it empty."""
    if buffer.data == NULL:
        return "" if buffer.is_text else b""
    if buffer.capacity != buffer.size:
        buffer_resize(buffer, buffer.size)
    data = <object>buffer.data
    buffer_clear(buffer)
    return data


cdef inline void buffer_clear(Buffer* buffer) noexcept:
    """Drop what is in the buffer."""
    cdef PyObject* data = buffer.data
    buffer.data = NULL
    buffer.size = 0
    Py_XDECREF(data)
