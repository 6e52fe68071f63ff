# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N803, N815 - the names are Autobahn's and Twisted's
"""Taking a client's frames apart: Autobahn's protocol with safe settings, and nothing unbounded in it.

What is decoded is handed to the methods at the end of `Framing`, which a subclass fills in.
"""

from __future__ import annotations

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from wstwist.wire import closing, compression
from wstwist.wire.handshake import Upgrade
from wstwist.wire.quiet import QuietLogger

CONNECTING = WebSocketProtocol.STATE_CONNECTING
OPEN = WebSocketProtocol.STATE_OPEN
CLOSING = WebSocketProtocol.STATE_CLOSING
CLOSED = WebSocketProtocol.STATE_CLOSED


class ConnectionFactory(WebSocketServerFactory):  # type: ignore[misc] # Autobahn's types are not followed
    """What Autobahn's protocol wants to find in its factory."""

    log = QuietLogger()
    noisy = False

    def __init__(self, reactor: IReactorTime) -> None:
        """Tell nobody which server this is."""
        super().__init__(reactor=reactor, server="")


class Framing(WebSocketServerProtocol):  # type: ignore[misc] # Autobahn's types are not followed
    """Autobahn's part of a connection.

    Its life is Autobahn's ``state``: CONNECTING while the application decides, OPEN, CLOSING once the
    application has asked for the end, CLOSED when nothing of the peer is decoded any more.

    Args:
        factory: Autobahn's factory, shared by all connections.
        message_size: Bytes of a message, after decompression. Beyond: close code 1009.
    """

    # Autobahn would copy these from its factory for each connection, and format all of them for a debug
    # line: three quarters of a handshake's time.
    CONFIG_ATTRS = ()
    log = QuietLogger()
    logOctets = logFrames = trackTimings = False
    utf8validateIncoming = True
    requireMaskedClientFrames = True
    applyMask = True
    maskServerFrames = False
    autoFragmentSize = 0
    failByDrop = False
    echoCloseCodeReason = True
    openHandshakeTimeout = 0  # the guard's business
    autoPingInterval = 0  # the heartbeat's business
    perMessageCompressionAccept = staticmethod(compression.accept)

    def __init__(self, factory: ConnectionFactory, message_size: int) -> None:
        """Set up what does not depend on the transport."""
        super().__init__()
        self.factory = factory
        self._message_size = message_size
        # One more than is allowed: where its decompression stops at the very limit Autobahn may not see that
        # there is more, and would hand on a message that is cut.
        self.maxFramePayloadSize = self.maxMessagePayloadSize = message_size + 1
        self._payload: bytes | bytearray = b""
        self._held = False
        self._decoding = False

    def connectionMade(self) -> None:
        """Set up Autobahn's state, and no more of what it does here."""
        self.peer = ""
        if hasattr(self.transport, "setTcpNoDelay"):
            self.transport.setTcpNoDelay(True)
        WebSocketProtocol._connectionMade(self)

    def _prepare(self, upgrade: Upgrade, rest: bytes, *, compress: bool) -> None:
        """Give Autobahn what its own reading of the request would have found."""
        self.data = rest
        self._wskey = upgrade.key
        self.websocket_version = 13
        self.websocket_protocols = upgrade.protocols
        offered = self._parseExtensionsHeader(upgrade.extensions) if compress else []
        self.websocket_extensions = compression.acceptable(offered)

    def consumeData(self) -> None:
        """Decode until the data end, the application wants no more, or the connection is over."""
        if self._decoding:
            return
        self._decoding = True
        try:
            while not self._held and self.state in (OPEN, CLOSING) and self.processData():
                pass
        finally:
            self._decoding = False

    def _onMessageBegin(self, isBinary: bool) -> None:
        """Begin a message."""
        self.message_is_binary = isBinary
        self.message_data_total_length = 0
        self._payload = b""

    def _onMessageFrameBegin(self, length: int) -> None:
        """Refuse a message that becomes too long before any more of it is read."""
        self.message_data_total_length += length
        if self.message_data_total_length > self._message_size:
            self._too_big()

    def _too_big(self) -> None:
        self._fail_connection(1009, f"a message has at most {self._message_size} bytes")

    def _onMessageFrameData(self, payload: bytes) -> None:
        """Collect a part in one buffer: an object for each tiny or empty fragment would be unbounded."""
        if not self._payload:
            self._payload = payload
        elif isinstance(self._payload, bytearray):
            self._payload += payload
        else:
            self._payload = bytearray(self._payload) + payload
        if len(self._payload) > self._message_size:
            self._too_big()

    def _onMessageFrameEnd(self) -> None:
        """Nothing is to be done at the end of a frame."""

    def _onMessageEnd(self) -> None:
        """Hand on a message, unless the application has asked for the end."""
        payload, self._payload = self._payload, b""
        if self.state == OPEN:
            self._deliver(bytes(payload) if self.message_is_binary else str(payload, "utf-8"))

    def _onPing(self, payload: bytes) -> None:
        """Answer a ping."""
        if self.state == OPEN:
            self._pong(payload)

    def _onPong(self, payload: bytes) -> None:
        """Take a pong for what every received byte is: a sign of life."""

    def _onOpen(self) -> None:
        """Know that the 101 is written."""
        self._opened()

    def _protocol_violation(self, reason: str) -> bool:
        """Fail the connection with 1002; True: nothing further is to be decoded."""
        self._fail_connection(1002, reason)
        return True

    def _invalid_payload(self, reason: str) -> bool:
        """Fail the connection with 1007; True: nothing further is to be decoded."""
        self._fail_connection(1007, reason)
        return True

    def _max_message_size_exceeded(self, size: int, limit: int, reason: str) -> None:
        """Fail the connection with 1009, a message having become too long in its decompression."""
        del size, limit, reason
        self._too_big()

    def _fail_connection(self, code: int = closing.GOING_AWAY, reason: str = "") -> None:
        """Fail the connection (RFC 6455, section 7.1.7): nothing further is decoded."""
        if self.state in (OPEN, CLOSING):
            self.failedByMe = True
            self._failed(code, reason)

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """Answer the peer's close frame."""
        del isReply
        self._answer_close(b"" if code is None else code.to_bytes(2, "big") + (reasonUtf8 or b""))
        self.state = CLOSING

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write Autobahn's 101."""
        del sync, chopsize
        self.transport.write(data)

    def dropConnection(self, abort: bool = False) -> None:
        """Leave, now that the peer's close frame has been judged and answered."""
        del abort
        code = closing.NO_STATUS if self.remoteCloseCode is None else self.remoteCloseCode
        self._peer_closed(code, self.remoteCloseReason or "")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Know that the transport is gone; Autobahn's own way has nothing left to do."""
        del reason
        self._transport_lost()

    # What a subclass fills in.

    def _opened(self) -> None:
        """Know that the 101 is written."""
        raise NotImplementedError

    def _deliver(self, message: str | bytes) -> None:
        """Take a message."""
        raise NotImplementedError

    def _pong(self, payload: bytes) -> None:
        """Answer a ping."""
        raise NotImplementedError

    def _failed(self, code: int, reason: str) -> None:
        """Tell the peer why its frames are wrong, and leave."""
        raise NotImplementedError

    def _answer_close(self, payload: bytes) -> None:
        """Answer the peer's close frame."""
        raise NotImplementedError

    def _peer_closed(self, code: int, reason: str) -> None:
        """Leave, the peer's close frame having come, and ours having been sent."""
        raise NotImplementedError

    def _transport_lost(self) -> None:
        """Know that the transport is gone."""
        raise NotImplementedError
