# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What can be sent: text and bytes; ``what`` is the function that is to send, for errors."""

from __future__ import annotations


def check_message(what: str, message: object) -> None:
    """Refuse what cannot be sent."""
    if not isinstance(message, (str, bytes)):
        raise TypeError(f"{what}: a message is str (text) or bytes (binary), not {type(message).__name__}")


def check_key(what: str, key: object) -> None:
    """Refuse what cannot be a message's key."""
    if not isinstance(key, str):
        raise TypeError(f'{what}: a key is a str, such as key="price:EURUSD", not {type(key).__name__}')


def no_text(what: str, error: UnicodeEncodeError) -> ValueError:
    """Say why a text cannot be sent that could not be encoded."""
    lone = ascii(error.object[error.start])
    return ValueError(
        f"{what}: the message is a str with the lone surrogate {lone}, which is no text: give bytes"
    )
