# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a peer's frames have to keep to, and what it is told when they do not (RFC 6455, RFC 7692)."""

from __future__ import annotations

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0

PROTOCOL_ERROR = 1002
INVALID_DATA = 1007
POLICY = 1008
TOO_BIG = 1009

RESERVED_BITS = "reserved bits are not set"
UNMASKED = "a client's frames are masked"
MASKED = "a server's frames are not masked"
UNKNOWN_OPCODE = "opcodes are 0, 1, 2, 8, 9 and 10"
FRAGMENTED_CONTROL = "a control frame is never fragmented"
LONG_CONTROL = "a control frame has at most 125 bytes"
SHORT_CLOSE = "a close frame's payload has two bytes or more, if any"
CLOSE_CODE = "a close code is 1000 to 1003, 1007 to 1014 or 3000 to 4999"
NOT_BEGUN = "a continuation frame belongs to a message"
NOT_ENDED = "a message ends before the next one begins"
LONG_LENGTH = "a length is written in the fewest bytes"
NEGATIVE_LENGTH = "a length has at most 63 bits"
NOT_UTF8 = "a text is UTF-8"
NOT_DEFLATE = "a compressed message is made by DEFLATE"

# 1004 means nothing; 1005, 1006 and 1015 are never sent. 1012 to 1014 are in IANA's registry.
_CLOSE_CODES = (*range(1000, 1004), *range(1007, 1015))
_OF_LIBRARIES_AND_APPLICATIONS = range(3000, 5000)


class Violation(Exception):  # noqa: N818 - the peer's error, not ours
    """A peer's frames break a rule.

    Args:
        code: The close code that the peer is told.
        reason: The rule, as a short sentence.
    """

    def __init__(self, code: int, reason: str) -> None:
        """Keep code and reason."""
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def too_big(message_size: int) -> Violation:
    """Give the violation of the limit on a message's size."""
    return Violation(TOO_BIG, f"a message has at most {message_size} bytes")


def frame_too_big(frame_size: int) -> Violation:
    """Give the violation of the limit on a frame's size."""
    return Violation(TOO_BIG, f"a frame has at most {frame_size} bytes")


def too_many_frames(fragments: int) -> Violation:
    """Give the violation of the limit on a message's frames."""
    return Violation(POLICY, f"a message has at most {fragments} frames")


def compressed_size(message_size: int) -> int:
    """Give the most bytes that the frames of one compressed message may have together.

    What cannot be compressed becomes longer: by five bytes for each block, or each time it is flushed.
    """
    return message_size + message_size // 8 + 1024


def check_close(payload: bytes) -> None:
    """Check a close frame's payload (RFC 6455, sections 5.5.1 and 7.4); its length is known to be right.

    Raises:
        Violation: when the code may not be sent, or the reason is not UTF-8.
    """
    if not payload:
        return
    code = int.from_bytes(payload[:2], "big")
    if code not in _CLOSE_CODES and code not in _OF_LIBRARIES_AND_APPLICATIONS:
        raise Violation(PROTOCOL_ERROR, CLOSE_CODE)
    try:
        payload[2:].decode("utf-8")
    except UnicodeDecodeError:
        raise Violation(INVALID_DATA, NOT_UTF8) from None
