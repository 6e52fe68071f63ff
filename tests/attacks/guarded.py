# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project that wants a password."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from wstwist import Project
from wstwist.auth import basic

SALT = b"sixteen bytes of"
PASSWORD = "correct horse battery staple"
DIGEST = hashlib.scrypt(PASSWORD.encode(), salt=SALT, n=1 << 13, r=8, p=1, maxmem=1 << 25, dklen=32)


class Guarded(Project):
    """Lets in one user."""

    authenticate = basic({"alice": f"scrypt$13$8$1${b64encode(SALT).decode()}${b64encode(DIGEST).decode()}"})
