# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# The compiled twins are to a type checker what their references are.

from wstwist.wire.decoding import Decoder as Decoder
from wstwist.wire.encoding import Cork as Cork
from wstwist.wire.encoding import encode as encode
from wstwist.wire.encoding import header as header
from wstwist.wire.encoding import masked_frame as masked_frame
from wstwist.wire.encoding import utf8_view as utf8_view
