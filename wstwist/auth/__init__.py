# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Ready-made `authenticate` events: tokens (JWT) and passwords (HTTP Basic).

::

    class Chat(Project):
        authenticate = bearer(key="public.pem", algorithms=["ES256"], audience="chat")
"""

from wstwist.auth.basic import basic
from wstwist.auth.bearer import bearer
from wstwist.auth.passwords import hash_password, verify_password

__all__ = ["basic", "bearer", "hash_password", "verify_password"]
