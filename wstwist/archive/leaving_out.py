# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What no archive has: caches, version control, tokens, private keys."""

from __future__ import annotations

import json
import re
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_der_private_key

from wstwist.archive import manifest

TOKENS = "wstwist.tokens"

TEMPORARY = ".wstwist-export-"
"""What the name of an archive begins with that is not complete."""

_CACHES = (
    *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache", ".tox", ".nox"),
    *(".eggs", "*.egg-info", "_trial_temp*", "node_modules", "htmlcov"),
)
_CONTROL = (".git", ".hg", ".svn", ".bzr", ".jj", "CVS", "_darcs")
_LITTER = (
    *("*.pyc", "*.pyo", "*~", ".*.sw?", ".DS_Store", "Thumbs.db", ".coverage"),
    *("twistd.log", "twistd.log.*", "*.pid", f"{TEMPORARY}*"),
)
_SECRETS = (".env", ".env.*", "wstwist.tokens*")
_KEYS = ("*.key", "*.p8", "*.pk8", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.ppk")

SIDECARS = ("-wal", "-shm", "-journal")
"""What the names of files end with that belong to an SQLite database."""

_PEM = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:\s|\\[rn])*(?:Proc-Type|[A-Za-z0-9+/=]{16})"
    rb"|PuTTY-User-Key-File-\d"
)
_LARGEST_KEY = 1024 * 1024  # bytes of a file that is searched for one
_LARGEST_DER = 64 * 1024
_LARGEST_TOKENS = 4096
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55"
_SQLITE = b"SQLite format 3\0"

DATA = "it is a database, and no data were asked for"
SECRET = "it has a private key"  # noqa: S105 - what is said of one


def why_no_folder(path: Path) -> str:
    """Say why a folder is left out with all that is in it; empty: it is not."""
    if _is_one(path.name, _CONTROL):
        return "version control"
    if _is_one(path.name, _CACHES) or _has_tag(path / "CACHEDIR.TAG"):
        return "a cache"
    if (path / "pyvenv.cfg").is_file():
        return "a virtual environment"
    return ""


def why_no_file(path: Path) -> str:
    """Say why a file is left out; empty: it is not.

    Raises:
        OSError: It cannot be read.
    """
    name = path.name
    if name == TOKENS or _has_tokens(path):
        return "the administration's tokens"
    if _is_one(name, _SECRETS):
        return "it is for secrets"
    if _is_one(name, _LITTER):
        return "of no use elsewhere"
    if _is_one(name, _KEYS) or _has_key(path):
        return SECRET
    if name.endswith(".zip") and _is_export(path):
        return "an export itself"
    return ""


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def is_sidecar(path: Path) -> bool:
    """Whether a file is a part of the database beside it."""
    for suffix in SIDECARS:
        if path.name.endswith(suffix):
            database = path.with_name(path.name.removesuffix(suffix))
            return database.is_file() and is_database(database)
    return False


def _is_one(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _has_tag(path: Path) -> bool:
    """Whether somebody has tagged a folder as a cache (https://bford.info/cachedir)."""
    try:
        with path.open("rb") as file:
            return file.read(len(_CACHE_TAG)) == _CACHE_TAG
    except OSError:
        return False


def _has_key(path: Path) -> bool:
    with path.open("rb") as file:
        content = file.read(_LARGEST_KEY)
    return bool(_PEM.search(content)) or (len(content) <= _LARGEST_DER and _is_der_key(content))


def _has_tokens(path: Path) -> bool:
    """Whether it is a copy of a file of tokens, whatever it is called."""
    if path.stat().st_size > _LARGEST_TOKENS:
        return False
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"read", "full"} <= content.keys()


def _is_der_key(content: bytes) -> bool:
    if not content.startswith(b"\x30"):
        return False
    try:
        load_der_private_key(content, None)
    except TypeError:  # it is encrypted
        return True
    except Exception:  # noqa: BLE001 - whatever it is, it is no key
        return False
    return True


def _is_export(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return manifest.NAME in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
