# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""permessage-deflate (RFC 7692): as a server we take no context over, and have a window of 4 KiB.

No other extension is ever accepted, Autobahn's brotli, bzip2 and snappy included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autobahn.websocket.compress_deflate import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponse,
)
from autobahn.websocket.protocol import WebSocketProtocol

from wstwist.wire.deflate import Deflater, Inflater

_NAME = "permessage-deflate"
_MAX_WINDOW_BITS = 15
_WINDOW_BITS = 12
_MEMORY_LEVEL = 5  # as much memory for the hash chains as that window needs

Extensions = Sequence[tuple[str, Mapping[str, Sequence[Any]]]]


class _Accept(PerMessageDeflateOfferAccept):  # type: ignore[misc] # Autobahn's types are not followed
    """An accepted offer, whose answer always tells what we limit ourselves to."""

    def get_extension_string(self) -> str:
        """Write both of our own parameters: RFC 7692 (7.1.1.1, 7.1.2.1) allows them without an offer."""
        return f"{self.EXTENSION_NAME}; server_no_context_takeover; server_max_window_bits={self.window_bits}"


def acceptable(extensions: Extensions) -> list[tuple[str, Mapping[str, Sequence[Any]]]]:
    """Keep the well-formed offers of permessage-deflate: the others are declined (RFC 7692, section 5.1)."""
    return [(name, params) for name, params in extensions if name == _NAME and _parse(params)]


def accept(offers: Sequence[Any]) -> PerMessageDeflateOfferAccept | None:
    """Accept the first offer, Autobahn's ``perMessageCompressionAccept``."""
    for offer in offers:
        asked = offer.request_max_window_bits or _WINDOW_BITS
        return _Accept(
            offer,
            no_context_takeover=True,
            window_bits=min(asked, _WINDOW_BITS),
            mem_level=_MEMORY_LEVEL,
        )
    return None


def _parse(params: Mapping[str, Sequence[Any]]) -> bool:
    """Whether Autobahn understands an offer's parameters; zlib cannot do a window of 8 bits."""
    try:
        PerMessageDeflateOffer.parse(params)
    except Exception:  # noqa: BLE001 - Autobahn raises bare Exceptions
        return False
    return True


def agreed(deflate: Any) -> tuple[Inflater | None, Deflater | None]:
    """Give what decompresses and compresses a connection's messages.

    Args:
        deflate: Autobahn's `PerMessageDeflate`, ``None`` where compression was not agreed on.
    """
    if deflate is None:
        return None, None
    inflater = Inflater(
        deflate.client_max_window_bits or _MAX_WINDOW_BITS, not deflate.client_no_context_takeover
    )
    deflater = Deflater(
        deflate.server_max_window_bits, not deflate.server_no_context_takeover, deflate.mem_level
    )
    return inflater, deflater


def agreed_by_server(value: str, *, offered: bool) -> tuple[Inflater | None, Deflater | None]:
    """Give what decompresses a server's messages and compresses a client's.

    Args:
        value: The Sec-WebSocket-Extensions of a 101.
        offered: Whether the client has offered permessage-deflate, without conditions.

    Raises:
        ValueError: The server has chosen what was not offered, or what is malformed.
    """
    chosen = WebSocketProtocol._parseExtensionsHeader(None, value)
    if not chosen:
        return None, None
    if not offered or len(chosen) > 1 or chosen[0][0] != _NAME:
        raise ValueError(f"it chooses the extensions {value!r}, which were not offered")
    try:
        response = PerMessageDeflateResponse.parse(chosen[0][1])
    except Exception as error:  # noqa: BLE001 - Autobahn raises bare Exceptions
        raise ValueError(f"it agrees on {value!r}: {error}") from None
    inflater = Inflater(
        response.server_max_window_bits or _MAX_WINDOW_BITS, not response.server_no_context_takeover
    )
    deflater = Deflater(
        response.client_max_window_bits or _MAX_WINDOW_BITS, not response.client_no_context_takeover
    )
    return inflater, deflater
