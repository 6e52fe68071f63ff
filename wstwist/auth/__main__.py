# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m wstwist.auth`` asks for a password, and prints the hash that `wstwist.auth.basic` wants."""

from __future__ import annotations

import sys
from getpass import getpass

from wstwist.auth.passwords import hash_password


def main() -> None:
    """Ask on the terminal, or take the first line of what is piped in."""
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SystemExit("wstwist: a password, please")
    sys.stdout.write(f"{hash_password(password)}\n")


if __name__ == "__main__":
    main()
