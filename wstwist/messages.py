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


LONGEST_GROUP = 200
"""Characters that the name of a group has at most."""


def check_group(what: str, group: object) -> None:
    """Refuse what cannot be the name of a group."""
    if not isinstance(group, str):
        raise TypeError(f'{what}: a group is named by a str, such as "room 7", not {type(group).__name__}')
    if not 0 < len(group) <= LONGEST_GROUP:
        raise ValueError(f"{what}: the name of a group has 1 to {LONGEST_GROUP} characters, not {len(group)}")
    try:
        group.encode()
    except UnicodeEncodeError as error:
        lone = ascii(error.object[error.start])
        raise ValueError(f"{what}: the name of the group has the lone surrogate {lone}") from None


def no_text(what: str, error: UnicodeEncodeError) -> ValueError:
    """Say why a text cannot be sent that could not be encoded."""
    lone = ascii(error.object[error.start])
    return ValueError(
        f"{what}: the message is a str with the lone surrogate {lone}, which is no text: give bytes"
    )
